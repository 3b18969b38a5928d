"""How far rounding can have moved what a kernel writes: a running error analysis of its formula.

Every operation is done twice, on values and on bounds of their errors, with NumPy, operation by
operation as the formula is written [Wilkinson 1963; Higham 2002, chapter 3]. A sum of large terms that
nearly cancel keeps the errors of its terms, and that is how a curvature of 1e-17 that is nothing but
rounding differs from one that is meant. The bounds are multiplied with the units of the coordinates
just as the numbers are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy

from toylands.formula import codegen, scalars
from toylands.formula.inertia import UNIT

#: numbers per array below which samples and points are taken together
_ROOM = 2**18

_Pair = tuple[Any, Any]

_UFUNCS: dict[str, Callable[..., Any]] = {
    "abs": np.abs, "sign": np.sign, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "maximum": np.maximum, "minimum": np.minimum,
    **{
        name: getattr(np, name)
        for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log1p", "expm1")
    },
}  # fmt: skip
_COMPARE: dict[str, Callable[..., Any]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "==": np.equal, "!=": np.not_equal,
}  # fmt: skip


class _Step(NamedTuple):
    kind: str
    args: tuple[int, ...]
    extra: Any = None


class Program:
    """Expressions as a list of operations, each on the results of earlier ones."""

    def __init__(self, expressions: Sequence[sympy.Expr], symbols: Sequence[sympy.Symbol]) -> None:
        self._symbols = {symbol: n for n, symbol in enumerate(symbols)}
        self._steps: list[_Step] = []
        self._known: dict[Any, int] = {}
        self._results = [self._add(expression) for expression in expressions]

    def _add(self, node: Any) -> int:
        if node not in self._known:
            step = self._read(node)
            self._known[node] = len(self._steps)
            self._steps.append(step)
        return self._known[node]

    def _all(self, nodes: Sequence[Any]) -> tuple[int, ...]:
        return tuple(self._add(node) for node in nodes)

    def _read(self, node: Any) -> _Step:
        if node in self._symbols:
            return _Step("symbol", (), self._symbols[node])
        if node in (sympy.S.true, sympy.S.false):
            return _Step("truth", (), bool(node))
        if isinstance(node, sympy.Expr) and node.is_number and node.is_real:
            return _Step("number", (), _constant(node))
        if node.is_Add:
            return _Step("add", self._all(node.args))
        if node.is_Mul:
            return _Step("multiply", self._all(node.args))
        if node.is_Pow and node.exp.is_number:
            return _Step("power", self._all(node.args[:1]), float(node.exp))
        if isinstance(node, sympy.exp) or not node.is_Pow:
            return self._read_call(node)
        return _Step("call", self._all(node.args), np.power)

    def _read_call(self, node: Any) -> _Step:
        if isinstance(node, sympy.Piecewise):
            flat = [part for value, condition in node.args for part in (condition, value)]
            return _Step("choose", self._all(flat))
        if isinstance(node, codegen.special.choice):
            condition, yes, no = node.args
            return _Step("choose", self._all([condition, yes, sympy.S.true, no]))
        if type(node) in codegen._RELATIONS:
            return _Step("compare", self._all(node.args), _COMPARE[codegen._RELATIONS[type(node)]])
        if isinstance(node, sympy.And | sympy.Or):
            which = np.logical_and if isinstance(node, sympy.And) else np.logical_or
            return _Step("logic", self._all(node.args), which)
        if isinstance(node, sympy.Not):
            return _Step("not", self._all(node.args))
        return _Step("call", self._all(node.args), _numeric(codegen._CALLS[type(node)]))

    def bounds(
        self, theta: np.ndarray, spread: np.ndarray, rows: np.ndarray, data: np.ndarray
    ) -> np.ndarray:
        """Bound the errors of all results at N points.

        Args:
            theta, spread: the points and how far each coordinate may be off, shape (N, d).
            rows: parameters, shape (P, N) or (P, 1); they are taken as they are, without an error.
            data: columns of the dataset, shape (C, m), also without an error; (0, 0) for none.

        Returns:
            Shape (N, results); infinite where the analysis finds no bound. For a landscape over data
            the results are means over the samples, and so are the bounds, with the errors of the sum.
        """
        m = data.shape[1]
        chunk = max(1, _ROOM // max(m, 1))
        found = np.empty((len(theta), len(self._results)))
        columns: list[_Pair] = [(column[:, None], 0.0) for column in data]
        with np.errstate(all="ignore"):
            for first in range(0, len(theta), chunk):
                here = slice(first, first + chunk)
                given: list[_Pair] = [
                    (theta[here, j], spread[here, j]) for j in range(theta.shape[1])
                ]
                given += [(row if len(row) == 1 else row[here], 0.0) for row in rows]
                values = self._run([*given, *columns])
                for k, result in enumerate(self._results):
                    value, error = values[result]
                    if m:
                        value, error = (np.atleast_2d(part) for part in (value, error))
                        error = error.mean(axis=0) + (m + 2) * UNIT * np.abs(value).mean(axis=0)
                    found[here, k] = error
        return np.where(np.isnan(found), np.inf, found)

    def values(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The results at N points, shape (N, results), of expressions without data (see `bounds`)."""
        columns = [*theta.T, *(row if len(row) == 1 else row[: len(theta)] for row in rows)]
        with np.errstate(all="ignore"):
            done = self._run([(column, 0.0) for column in columns])
        return np.stack([np.broadcast_to(done[k][0], len(theta)) for k in self._results], axis=1)

    def _run(self, given: Sequence[_Pair]) -> list[_Pair]:
        done: list[_Pair] = []
        for kind, args, extra in self._steps:
            if kind == "symbol":
                done.append(given[extra])
            elif kind == "number":
                done.append(extra)
            elif kind == "truth":
                done.append((extra, 0.0))
            elif kind == "choose":
                done.append(_choose([done[n] for n in args]))
            elif kind == "compare":
                done.append((extra(done[args[0]][0], done[args[1]][0]), 0.0))
            elif kind == "logic":
                done.append((extra.reduce(np.broadcast_arrays(*(done[n][0] for n in args))), 0.0))
            elif kind == "not":
                done.append((np.logical_not(done[args[0]][0]), 0.0))
            elif kind == "power":
                done.append(_power(*done[args[0]], extra))
            elif kind == "call":
                done.append(_call(extra, [done[n] for n in args]))
            else:
                done.append((_sum if kind == "add" else _product)([done[n] for n in args]))
        return done


def _constant(node: sympy.Expr) -> _Pair:
    value = float(node.evalf(20))
    exact = node.is_Float or (node.is_Rational and sympy.Rational(value) == node)
    return value, 0.0 if exact else UNIT * abs(value)


def _numeric(name: str) -> Callable[..., Any]:
    if name in _UFUNCS:
        return _UFUNCS[name]
    if name == "guarded_power":
        return lambda coefficient, x, y: np.where(coefficient != 0.0, np.power(x, y), 0.0)
    function = getattr(scalars, name, None) or getattr(math, name)
    return np.vectorize(lambda *values: function(*map(float, values)), otypes=[float])


def _sum(terms: Sequence[_Pair]) -> _Pair:
    value, error, size = 0.0, 0.0, 0.0
    for term, off in terms:
        value, error, size = value + term, error + off, size + np.abs(term)
    return value, error + (len(terms) - 1) * UNIT * size


def _product(factors: Sequence[_Pair]) -> _Pair:
    value, error = factors[0]
    for factor, off in factors[1:]:
        error = _times(error, np.abs(factor)) + _times(off, np.abs(value)) + _times(error, off)
        value = value * factor
    return value, error + (len(factors) - 1) * UNIT * np.abs(value)


def _times(error: Any, size: Any) -> Any:
    """The product, where 0 times something unbounded is 0."""
    return np.where((error == 0) | (size == 0), 0.0, error * size)


def _power(base: Any, off: Any, exponent: float) -> _Pair:
    value, size = np.power(base, exponent), np.abs(base)
    ratio = np.where(off == 0, 0.0, off / np.where(size > 0, size, 1.0))
    if exponent > 0:
        grown = np.abs(value) * np.expm1(exponent * np.log1p(ratio))
        # Below 1 a power falls faster than it rises; near 0 it is bounded by what it can reach.
        fallen = np.where(ratio < 1, -np.expm1(exponent * np.log1p(-np.minimum(ratio, 0.5))), 1.0)
        error = np.maximum(grown, np.abs(value) * np.where(ratio < 0.5, fallen, 1.0))
        error = np.where((size == 0) & (off > 0), np.power(off, exponent), error)
    else:
        safe = np.minimum(ratio, 0.999999)
        error = np.abs(value) * np.expm1(exponent * np.log1p(-safe))
        error = np.where((ratio >= 1) | ((size == 0) & (off > 0)), np.inf, error)
    return value, error + (1 + abs(exponent)) * UNIT * np.abs(value)


def _call(function: Callable[..., Any], given: Sequence[_Pair]) -> _Pair:
    """A function's value; its error is how much it changes when its arguments do, one by one."""
    values = [value for value, _ in given]
    at = function(*values)
    error = 2 * UNIT * np.abs(at)
    for n, (value, off) in enumerate(given):
        if not np.any(off):
            continue
        # A change of less than one unit in the last place would not be seen.
        change = np.where(off == 0, 0.0, np.maximum(off, np.abs(np.spacing(value))))
        both = [
            np.abs(function(*values[:n], moved, *values[n + 1 :]) - at)
            for moved in (value + change, value - change)
        ]
        error = error + np.maximum(*both)
    return at, error


def _choose(parts: Sequence[_Pair]) -> _Pair:
    value: Any = math.nan
    error: Any = 0.0
    pairs = [(parts[n][0], parts[n + 1]) for n in range(0, len(parts), 2)]
    for condition, (yes, off) in reversed(pairs):
        value, error = np.where(condition, yes, value), np.where(condition, off, error)
    return value, error
