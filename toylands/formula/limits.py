"""Values where a formula reads 0/0: limits of the loss and its derivatives at single points.

cos(sqrt(x**2 + y**2)) is smooth, but its gradient -sin(r) x/r is not a number at r = 0; sin(x)/x and
x**2 log|x| are not even themselves. Along a straight line through such a point, x = a + t c, every part of
the expression is a series in t, with powers and with logarithms of t. If the terms of order 0 agree for
several directions c, that is the value; by the mean value theorem a derivative whose limit exists is the
derivative at the point itself. Directions are rational numbers; coefficients are exact, and compared by 40
digits at random values of whatever else they depend on.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import sympy

from toylands.formula import special
from toylands.formula.traced import always_positive

#: terms of a series that are kept, beginning with the first that is not 0
TERMS = 8
#: operations on coefficients that the limits at one point may take (about a second)
WORK = 60_000
#: where a second derivative takes its limit: the base, a square, is rounding error of rounding error
TINY = 1e-200
_DIGITS, _NOTHING = 40, 1e-30
_DIRECTIONS = {
    1: ("1",),
    2: ("3/5 4/5", "-5/13 12/13", "1 0"),
    3: ("1/3 2/3 2/3", "-2/7 3/7 6/7", "1 0 0"),
}


class NoLimitError(ValueError):
    """There is no limit, or none that is found with so much work."""


class Place(NamedTuple):
    """Where something vanishes: the base that does, and the point, {coordinate: expression}."""

    base: sympy.Expr
    point: dict[sympy.Symbol, sympy.Expr]


class _Series:
    """Terms {(power of t, power of log t): coefficient}; unknown from t**order on."""

    def __init__(self, terms: Mapping[tuple[Fraction, int], Any], order: Any) -> None:
        self.terms = {k: c for k, c in terms.items() if k[0] < order}
        self.order = order

    @property
    def first(self) -> Any:
        """The lowest power."""
        return min((p for p, _ in self.terms), default=self.order)


_ZERO, _FOREVER = Fraction(0), Fraction(10**9)


class Expansion:
    """Series of the parts of expressions along x = point + t * direction."""

    def __init__(
        self, along: Mapping[sympy.Symbol, tuple[Any, Any]], symbols: Any, work: list[int]
    ) -> None:
        self.along = along
        self.known: dict[sympy.Basic, _Series] = {}
        self.values: dict[sympy.Expr, Any] = {}
        self.work = work  # what is left, shared by all directions
        rng = random.Random(7)  # any numbers do; the same in every process
        self.sample = {
            s: sympy.Rational(rng.randint(1_000, 9_999), 4_999) for s in sorted(symbols, key=str)
        }

    def spend(self, work: int) -> None:
        """Count operations, and give up when there were too many."""
        self.work[0] -= work
        if self.work[0] < 0:
            raise NoLimitError

    def number(self, c: sympy.Expr) -> Any:
        """A coefficient at a random place."""
        if c not in self.values:
            self.spend(10 * len(list(sympy.preorder_traversal(c))))
            value = sympy.N(c.xreplace(self.sample), _DIGITS)
            if not value.is_real:
                raise NoLimitError
            self.values[c] = value
        return self.values[c]

    def vanishes(self, c: sympy.Expr) -> bool:
        """Whether a coefficient is 0."""
        return c == 0 if c.is_Rational else bool(abs(self.number(c)) < _NOTHING)

    def made(self, terms: dict[tuple[Fraction, int], Any], order: Any) -> _Series:
        """A series without the terms that cancelled, and of bounded length."""
        self.spend(len(terms))
        kept = {k: c for k, c in terms.items() if k[0] < order and not self.vanishes(c)}
        first = min((p for p, _ in kept), default=None)
        return _Series(kept, order if first is None else min(order, first + TERMS))

    def constant(self, c: Any) -> _Series:
        """A series of one number."""
        return self.made({(_ZERO, 0): sympy.sympify(c)}, _FOREVER)

    def plus(self, a: _Series, b: _Series) -> _Series:
        """The sum."""
        terms = dict(a.terms)
        for k, c in b.terms.items():
            terms[k] = terms[k] + c if k in terms else c
        return self.made(terms, min(a.order, b.order))

    def times(self, a: _Series, b: _Series) -> _Series:
        """The product."""
        order = min(a.order + b.first, b.order + a.first)
        order = min(order, a.first + b.first + TERMS) if a.terms and b.terms else order
        terms: dict[tuple[Fraction, int], Any] = {}
        for (p, q), c in a.terms.items():
            for (r, s), d in b.terms.items():
                if p + r < order:
                    self.spend(1)
                    k = (p + r, q + s)
                    terms[k] = terms[k] + c * d if k in terms else c * d
        return self.made(terms, order)

    def leading(self, a: _Series) -> tuple[Fraction, Any, _Series]:
        """The lowest power, its coefficient, and the series divided by that term, less 1."""
        if (
            not a.terms
            or (a.first, 0) not in a.terms
            or any((a.first, q) in a.terms for q in (1, 2))
        ):
            raise NoLimitError
        first, c = a.first, a.terms[a.first, 0]
        rest = {(p - first, q): d / c for (p, q), d in a.terms.items() if p > first}
        return first, c, self.made(rest, a.order - first if a.order < _FOREVER else _FOREVER)

    def composed(self, s: _Series, coefficient: Callable[[int], Any]) -> _Series:
        """sum of coefficient(k) s**k, for a series without a constant term."""
        total, power = self.constant(coefficient(0)), self.constant(1)
        if not s.terms:
            return _Series(total.terms, min(total.order, s.order))
        for k in itertools.count(1):
            if k * s.first >= TERMS:
                return self.made(total.terms, min(total.order, k * s.first))
            power = self.times(power, s)
            c = coefficient(k)
            if c != 0:
                total = self.plus(total, self.times(self.constant(c), power))
            elif power.order < total.order:
                total = self.made(total.terms, power.order)
        raise AssertionError

    def raised(self, a: _Series, e: sympy.Expr) -> _Series:
        """A series to a rational power."""
        if e.is_Integer and 0 <= e <= 4:
            result = self.constant(1)
            for _ in range(int(e)):
                result = self.times(result, a)
            return result
        if not e.is_Rational:
            raise NoLimitError
        if not a.terms and a.order == _FOREVER and e > 0:
            return a
        first, c, rest = self.leading(a)
        if not e.is_Integer and not self.number(c) > 0:
            raise NoLimitError
        made = self.composed(rest, lambda k: sympy.binomial(e, k))
        shift = first * Fraction(int(e.p), int(e.q))
        terms = {(p + shift, q): d * c**e for (p, q), d in made.terms.items()}
        return self.made(terms, made.order + shift)

    def sign(self, a: _Series) -> Any:
        """The sign of a series for small t > 0."""
        if not a.terms:
            raise NoLimitError
        top = max(q for p, q in a.terms if p == a.first)
        c = a.terms[a.first, top] * (-1) ** top
        value = sympy.sign(self.number(c))
        return value if not c.free_symbols else special.sign(c)

    def of(self, node: sympy.Expr) -> _Series:
        """The series of an expression."""
        if node not in self.known:
            self.known[node] = self._of(node)
        return self.known[node]

    def _of(self, node: sympy.Expr) -> _Series:
        if node in self.along:
            a, c = self.along[node]
            return self.made({(_ZERO, 0): a, (Fraction(1), 0): c}, _FOREVER)
        if not node.free_symbols & self.along.keys():
            return self.constant(node)
        if node.is_Add or node.is_Mul:
            join = self.plus if node.is_Add else self.times
            result = self.of(node.args[0])
            for part in node.args[1:]:
                result = join(result, self.of(part))
            return result
        if node.is_Pow:
            return self.raised(self.of(node.base), node.exp)
        if isinstance(node, special.choice):
            condition, yes, no = node.args
            if not isinstance(condition, sympy.Rel):
                raise NoLimitError
            above = self.sign(self.of(condition.gts - condition.lts))
            if above.free_symbols:
                raise NoLimitError
            return self.of(yes if above > 0 else no)
        if isinstance(node, special.maximum | special.minimum):
            first, second = node.args
            ahead = self.sign(self.of(first - second))
            if ahead.free_symbols:
                raise NoLimitError
            return self.of(first if (ahead > 0) == isinstance(node, special.maximum) else second)
        if len(node.args) != 1:
            raise NoLimitError
        return self._function(node, self.of(node.args[0]))

    def _function(self, node: sympy.Expr, inner: _Series) -> _Series:
        kind = type(node)
        if kind is special.flat and inner.terms:
            return self.constant(0)
        if kind in (special.absolute, special.sign):
            turn = self.constant(self.sign(inner))
            return self.times(turn, inner) if kind is special.absolute else turn
        if kind is sympy.log:
            first, c, rest = self.leading(inner)
            made = self.composed(rest, lambda k: sympy.Rational((-1) ** (k + 1), k) if k else 0)
            own = {(_ZERO, 0): sympy.log(c), (_ZERO, 1): sympy.Rational(*first.as_integer_ratio())}
            return self.plus(self.made(own, _FOREVER), made)
        if inner.first < 0 or any((_ZERO, q) in inner.terms for q in (1, 2)) or inner.order <= 0:
            raise NoLimitError
        middle = inner.terms.get((_ZERO, 0), sympy.Integer(0))
        z = sympy.Dummy("z", real=True)
        slopes = [node.func(z)]
        rest = _Series({k: c for k, c in inner.terms.items() if k[0] > 0}, inner.order)

        def coefficient(k: int) -> Any:
            while len(slopes) <= k:
                self.spend(100)
                slopes.append(special.derivative(slopes[-1], z))
            value = _classical(slopes[k].xreplace({z: middle})) / sympy.factorial(k)
            if value.has(sympy.zoo, sympy.nan, sympy.oo, special.flat):
                raise NoLimitError
            return value

        return self.composed(rest, coefficient)

    def limit(self, expression: sympy.Expr) -> sympy.Expr:
        """The limit for t -> 0+."""
        series = self.of(expression)
        if any(p < 0 or (p == 0 and q > 0) for p, q in series.terms) or series.order <= 0:
            raise NoLimitError
        return series.terms.get((_ZERO, 0), sympy.Integer(0))


# --- where ------------------------------------------------------------------------------------------


def suspects(expressions: Sequence[sympy.Expr]) -> Iterator[sympy.Expr]:
    """What is divided by, or taken the logarithm of."""
    stack, seen = list(expressions), set()
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        stack.extend(node.args)
        if isinstance(node, sympy.log) or (node.is_Pow and node.exp.is_number and node.exp < 0):
            inner = node.args[0]
            inner = inner.args[0] if isinstance(inner, special.absolute) else inner
            if not always_positive(inner):
                yield inner


def places(expressions: Sequence[sympy.Expr], coordinates: Sequence[sympy.Symbol]) -> list[Place]:
    """Points, or lines, at which something that must not vanish does: known up to squares."""
    found: list[Place] = []
    for base in sorted(set(suspects(expressions)), key=str):
        inside = [c for c in coordinates if base.has(c)]
        if not inside or not base.is_polynomial(*inside):
            continue
        point = _zero(exact(base), inside)
        if point is not None and all(point != other.point for other in found):
            found.append(Place(base, point))
    return found if len(found) <= 4 else []


def exact(expression: sympy.Expr) -> sympy.Expr:
    """The same with every float as the fraction it is."""
    floats = expression.atoms(sympy.Float)
    return expression.xreplace({f: sympy.Rational(f) for f in floats}) if floats else expression


def _zero(base: sympy.Expr, inside: list[sympy.Symbol]) -> dict[sympy.Symbol, Any] | None:
    polynomial = sympy.Poly(base, *inside)
    degree = polynomial.total_degree()
    if degree == 1:
        for c in inside:
            slope = polynomial.coeff_monomial(c)
            if slope.is_number or len(inside) == 1:
                return {c: sympy.expand(c - base / slope)}
    if degree != 2 or len(inside) > 3:
        return None
    bend = sympy.hessian(polynomial.as_expr(), inside)
    origin = dict.fromkeys(inside, 0)
    slope = sympy.Matrix([sympy.diff(base, c).xreplace(origin) for c in inside])
    if sympy.simplify(bend.det()) == 0:
        return None
    middle = bend.LUsolve(-slope)
    point = {c: sympy.simplify(value) for c, value in zip(inside, middle, strict=True)}
    return point if sympy.simplify(base.xreplace(point)) == 0 else None


def rays(place: Place, symbols: Sequence[sympy.Symbol]) -> list[tuple[Expansion, Expansion]]:
    """Expansions along lines through a place, each with the one in the opposite direction."""
    inside, work = list(place.point), [WORK]
    others = set(symbols) - set(inside)
    made = []
    for words in _DIRECTIONS[len(inside)]:
        steps = dict(zip(inside, map(sympy.Rational, words.split()), strict=True))
        one, other = (
            Expansion({c: (place.point[c], turn * steps[c]) for c in inside}, others, work)
            for turn in (1, -1)
        )
        made.append((one, other))
    return made


def limit(
    expression: sympy.Expr, lines: Sequence[tuple[Expansion, Expansion]]
) -> tuple[sympy.Expr, bool]:
    """The limit of an expression along all lines, and whether it is the same from everywhere.

    If it is not, but opposite directions have the same mean everywhere, that is the value: the slope of |x|
    at 0 counts as 0.

    Raises:
        NoLimitError: when there is neither, or too much work.
    """
    expression = exact(expression)
    found = [[(way.limit(expression), way) for way in pair] for pair in lines]
    numbers = [[way.number(value) for value, way in pair] for pair in found]

    def alike(values: list[Any]) -> bool:
        return all(abs(value - values[0]) <= 1e-20 * (1 + abs(values[0])) for value in values)

    (first, _), (second, _) = found[0]
    if alike([number for pair in numbers for number in pair]):
        return first, True
    if alike([sum(pair) for pair in numbers]):
        return (first + second) / 2, False
    raise NoLimitError


_CLASSICAL: dict[Any, Callable[[Any], Any]] = {
    special.tanh: sympy.tanh,
    special.sech2: lambda x: 1 / sympy.cosh(x) ** 2,
    special.sigmoid: lambda x: 1 / (1 + sympy.exp(-x)),
    special.softplus: lambda x: sympy.log(1 + sympy.exp(x)),
    special.log1p: lambda x: sympy.log(1 + x),
    special.expm1: lambda x: sympy.exp(x) - 1,
    special.normal_cdf: lambda x: sympy.erfc(-x / sympy.sqrt(2)) / 2,
}


def _classical(value: sympy.Expr) -> sympy.Expr:
    """In SymPy's functions, which know their values at 0."""
    for own, other in _CLASSICAL.items():
        value = value.replace(own, other)
    return value


def filled(
    orders: Sequence[Sequence[sympy.Expr]], coordinates: Sequence[sympy.Symbol]
) -> tuple[list[list[sympy.Expr]], list[Place]]:
    """The loss and its derivatives with limits where they read 0/0.

    Args:
        orders: the loss alone, its first derivatives, its second ones, ...: each those of the one before.
        coordinates: what they were taken with respect to.

    Returns:
        The same with the limits that were found, and the places where the loss has one. Where the slopes
        differ from side to side, they are the mean of both sides and nothing is filled in beyond: a kink.
    """
    made = [list(expressions) for expressions in orders]
    everything = [e for expressions in orders for e in expressions]
    symbols = sorted(set().union(*(e.free_symbols for e in everything)), key=str)
    kept = []
    for place in places(everything, coordinates):
        lines = rays(place, symbols)
        for order, expressions in enumerate(orders):
            found = []
            for expression in expressions:
                try:
                    found.append(limit(expression, lines) if _reads_so(expression, place) else None)
                except NoLimitError:
                    found.append((sympy.nan, False))
            smooth = all(one is None or one[1] for one in found)
            if order == 0 and not smooth:
                break
            if order == 0:
                kept.append(place)
            here = _at(place.base, order)
            if order < 2 or smooth:
                for k, one in enumerate(found):
                    if one is not None and one[0] is not sympy.nan:
                        value = _own_functions(one[0])
                        made[order][k] = special.choice(here, value, made[order][k])
            if not smooth:
                break
    return made, kept


def _own_functions(value: sympy.Expr) -> sympy.Expr:
    """In functions that kernels have."""
    return special.of_reals(value.replace(sympy.tanh, special.tanh))


def _reads_so(expression: sympy.Expr, place: Place) -> bool:
    """Whether something that must not vanish does there."""
    return any(
        sympy.simplify(base.xreplace(place.point)) == 0
        for base in dict.fromkeys(suspects([expression]))
        if base.free_symbols & place.point.keys()
    )


def _at(base: sympy.Expr, order: int) -> sympy.Basic:
    """The condition to be at a place; for second derivatives where their fractions would overflow, too."""
    if order < 2:
        return sympy.Eq(base, 0, evaluate=False)
    return sympy.Le(special.absolute(base), TINY, evaluate=False)
