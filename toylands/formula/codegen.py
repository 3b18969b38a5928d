"""SymPy expressions to the Python source of a kernel.

A kernel works on a block of `n` walkers laid out as rows (structure of arrays, row length `ld`), so
that one call through a pointer serves a whole block and the inner loop vectorises:

    kernel(n, ld, theta, p, data, rows, index, m, loss, out)

theta[j*ld + i] is coordinate j of walker i; parameters are p[k*ld + i], or p[k*ld] for all of them in
the shared variant; results go to loss[i] and out[r*ld + i]. For a landscape over data the kernel
averages over the `m` samples listed in `index`, whose columns are data[c*rows + index[s]].
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence

import sympy

from toylands._words import show
from toylands.formula import special
from toylands.formula.derive import Derivation

_CALLS = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.atan: "atan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.erf: "erf",
    sympy.Abs: "abs",
    sympy.sign: "sign",
    special.absolute: "abs",
    **{
        kind: kind.__name__
        for kind in (
            *(special.tanh, special.sech2, special.softplus, special.sigmoid, special.relu),
            *(special.step, special.normal_cdf, special.log1p, special.expm1, special.sign),
            *(
                special.flat,
                special.above_zero,
                special.from_zero,
                special.maximum,
                special.minimum,
                special.guarded_power,
            ),
        )
    },
}
#: functions that are plain arithmetic, comparisons and choices: loops with them vectorise
_LIGHT = {
    *("abs", "sign", "relu", "step", "flat", "above_zero", "from_zero", "maximum", "minimum", "exp")
}
#: those with a quick variant for angles that are not far from 0
_ANGLES = {"sin", "cos"}
_RELATIONS = {
    sympy.StrictLessThan: "<",
    sympy.LessThan: "<=",
    sympy.StrictGreaterThan: ">",
    sympy.GreaterThan: ">=",
    sympy.Equality: "==",
    sympy.Unequality: "!=",
}


class Emitter:
    """Turns expressions into assignments; `varying` symbols differ from walker to walker.

    Subexpressions without a varying symbol go to `before` (computed once per block), the others to
    `inside` (the loop over walkers). How an expression is computed never depends on that, but on whether
    it has a symbol of `own`, which every walker has for itself: so its digits are the same whether the
    block shares its parameters or not. With `quick`, sines and cosines are for angles that are not far.

    Attributes:
        angles: the names of arguments that must not be far from 0 (more than `FAR`).
        vectorises: whether the inside is plain arithmetic.
    """

    def __init__(
        self,
        names: dict[sympy.Symbol, str],
        varying: Iterable[sympy.Symbol],
        own: Iterable[sympy.Symbol],
        *,
        quick: bool = False,
    ) -> None:
        self.names = dict(names)
        self.varying = set(varying)
        self.own = set(own)
        self.quick = quick
        self.angles: list[str] = []
        self.vectorises = True
        self.before: list[str] = []
        self.inside: list[str] = []
        self._temporaries: dict[str, str] = {}

    def assign(self, symbol: sympy.Symbol, expression: sympy.Expr) -> None:
        """Compute a common subexpression under the given symbol."""
        if self.varies(expression):
            self.varying.add(symbol)
        if self.belongs(expression):
            self.own.add(symbol)
        self.names[symbol] = self._store(self.text(expression), self.varies(expression))

    def varies(self, expression: sympy.Basic) -> bool:
        """Whether the expression differs between walkers."""
        return bool(expression.free_symbols & self.varying)

    def belongs(self, expression: sympy.Basic) -> bool:
        """Whether the expression has a symbol that every walker has for itself, in every kernel."""
        return bool(expression.free_symbols & self.own)

    def _store(self, text: str, varies: bool) -> str:
        if text not in self._temporaries:
            name = f"_{len(self._temporaries)}"
            (self.inside if varies else self.before).append(f"{name} = {text}")
            self._temporaries[text] = name
        return self._temporaries[text]

    def text(self, node: sympy.Basic) -> str:
        """The Python text of an expression, as an atom or a parenthesised sum."""
        if isinstance(node, sympy.Symbol):
            return self.names[node]
        if isinstance(node, sympy.Expr) and node.is_number and node.is_real:
            return _number(node)
        if isinstance(node, sympy.Add):
            return "(" + " + ".join(self.text(argument) for argument in node.args) + ")"
        if isinstance(node, sympy.Mul):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return self._power(node.base, node.exp)
        if isinstance(node, sympy.Piecewise):
            return self._piecewise(node)
        if isinstance(node, special.choice):
            condition, yes, no = (self.text(argument) for argument in node.args)
            return f"({yes} if {condition} else {no})"
        if node is sympy.S.true or node is sympy.S.false:
            return str(bool(node))
        if type(node) in _RELATIONS:
            left, right = node.args
            return f"({self.text(left)} {_RELATIONS[type(node)]} {self.text(right)})"
        if isinstance(node, sympy.And | sympy.Or):
            word = " and " if isinstance(node, sympy.And) else " or "
            return "(" + word.join(self.text(argument) for argument in node.args) + ")"
        if isinstance(node, sympy.Not):
            return f"(not {self.text(node.args[0])})"
        name = _CALLS.get(type(node))
        if name is None:
            raise ValueError(
                f"the formula or one of its derivatives contains {node}, which cannot be compiled."
            )
        if not self.varies(node):
            return f"{name}({', '.join(self.text(argument) for argument in node.args)})"
        if self.quick and name in _ANGLES:
            argument = self._store(self.text(node.args[0]), True)
            if argument not in self.angles:
                self.angles.append(argument)
            return f"quick_{name}({argument})"
        self.vectorises = self.vectorises and name in _LIGHT
        return f"{name}({', '.join(self.text(argument) for argument in node.args)})"

    def divides(self, expression: sympy.Expr) -> bool:
        """Whether a term of the sum is divided by something that every walker has for itself."""
        return any(
            factor.is_Pow and factor.exp.is_number and factor.exp < 0 and self.belongs(factor.base)
            for term in sympy.Add.make_args(expression)
            for factor in sympy.Mul.make_args(term)
        )

    def by_multiplication(self, expression: sympy.Expr) -> str:
        """The text of a sum whose terms are divided by multiplication (see `toylands.formula.division`)."""
        return " + ".join(
            self._product(term, "quotient({}, {})") if self.divides(term) else self.text(term)
            for term in sympy.Add.make_args(expression)
        )

    def _product(self, node: sympy.Mul, division: str = "({} / ({}))") -> str:
        # Constants such as 2*pi are multiplied exactly before they become one float.
        coefficient = sympy.Mul(*(factor for factor in node.args if factor.is_number))
        above, below = [], []
        for factor in node.args:
            if factor.is_number:
                continue
            base, exponent = factor.as_base_exp() if isinstance(factor, sympy.Pow) else (factor, 1)
            if sympy.sympify(exponent).is_number and exponent < 0:
                below.append((base, -exponent))
            else:
                above.append(factor)
        # A reciprocal of something that a block may share is multiplied with.
        kept = [(base, power) for base, power in below if self.belongs(base)]
        shared = [(base, power) for base, power in below if not self.belongs(base)]
        texts = [self.text(factor) for factor in above]
        if shared:
            divisor = " * ".join(self._power(base, power) for base, power in shared)
            varies = any(self.varies(base) for base, _ in shared)
            texts.append(self._store(f"1.0 / ({divisor})", varies))
        if coefficient != 1 or not texts:
            texts.insert(0, _number(coefficient))
        product = " * ".join(texts)
        if not kept:
            return f"({product})"
        divisor = " * ".join(self._power(base, power) for base, power in kept)
        return division.format(product, divisor)

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> str:
        exponent = sympy.sympify(exponent)
        if isinstance(exponent, sympy.Float) and float(2 * exponent).is_integer():
            exponent = sympy.Rational(int(2 * exponent), 2)
        if exponent.is_Rational and exponent < 0:
            reciprocal = f"1.0 / ({self._power(base, -exponent)})"
            varies = self.varies(base)
            return f"({reciprocal})" if varies else self._store(reciprocal, False)
        if exponent == 0:
            return "1.0"
        if exponent == 1:
            return self.text(base)
        if exponent == sympy.Rational(1, 2):
            return f"sqrt({self.text(base)})"
        if exponent.is_Rational and exponent.q in (1, 2) and exponent <= 64:
            varies = self.varies(base)
            text = self.text(base)
            atom = text if isinstance(base, sympy.Symbol) else self._store(text, varies)
            whole = int(exponent)
            result = self._integer_power(atom, whole, varies)
            return result if exponent.q == 1 else f"({result} * sqrt({atom}))"
        self.vectorises = self.vectorises and not self.varies(base**exponent)
        return f"pow({self.text(base)}, {self.text(exponent)})"

    def _integer_power(self, atom: str, exponent: int, varies: bool) -> str:
        if exponent == 1:
            return atom
        half = self._integer_power(atom, exponent // 2, varies)
        square = self._store(f"{half} * {half}", varies)
        return square if exponent % 2 == 0 else self._store(f"{square} * {atom}", varies)

    def _piecewise(self, node: sympy.Piecewise) -> str:
        text = "nan"
        for value, condition in reversed(node.args):
            chosen = self.text(value)
            text = (
                chosen
                if condition is sympy.S.true
                else f"({chosen} if {self.text(condition)} else {text})"
            )
        return text


def _number(constant: sympy.Expr) -> str:
    """The 64-bit float nearest to a constant, as Python text."""
    try:
        value = float(constant.evalf(20))  # 15 digits, the default, may miss the nearest float
    except (OverflowError, TypeError):
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(
            f"the constant {show(str(constant))} in the formula or one of its derivatives is not a "
            "number that fits into a 64-bit float (the largest is about 1.8e308)."
        )
    return repr(value)


def shared_parts(
    expressions: Sequence[sympy.Expr],
) -> tuple[list[tuple[sympy.Symbol, sympy.Expr]], list[sympy.Expr]]:
    """Common subexpressions as (symbol, expression), each after those it needs; and what is left.

    SymPy writes twice a difference as 2*y - 2*x**2, in which no search for common subexpressions
    finds y - x**2 again. So sums are first freed of their numerical factor. (Else what rounding does to
    y - x**2 would differ between two entries of a gradient, where most of it cancels in Newton's step.)
    """
    sums: dict[sympy.Expr, sympy.Symbol] = {}

    def free(total: sympy.Expr) -> sympy.Expr:
        factor, rest = total.primitive()
        sizes = {abs(term.as_coeff_Mul()[0]) for term in sympy.Add.make_args(rest)}
        if len(sizes) == 1 and (size := sizes.pop()).is_Float:  # SymPy takes out fractions only
            factor, rest = factor * size, sympy.Add(*(term / size for term in rest.args))
            rest = rest.xreplace({sympy.Float(1.0): sympy.Integer(1)})
        if rest.could_extract_minus_sign():
            factor, rest = -factor, -rest
        if rest not in sums:
            sums[rest] = sympy.Dummy(f"sum{len(sums)}", real=True)
        return factor * sums[rest]

    freed = [e.replace(lambda node: node.is_Add, free) for e in expressions]
    replacements, reduced = sympy.cse([*sums, *freed], symbols=sympy.numbered_symbols("cse_"))
    waiting = [*replacements, *zip(sums.values(), reduced, strict=False)]
    ready = []
    while waiting:
        unknown = {symbol for symbol, _ in waiting}
        ready += [pair for pair in waiting if not pair[1].free_symbols & unknown]
        waiting = [pair for pair in waiting if pair[1].free_symbols & unknown]
    return turned(ready, reduced[len(sums) :])


def turned(
    parts: Sequence[tuple[sympy.Symbol, sympy.Expr]], results: Sequence[sympy.Expr]
) -> tuple[list[tuple[sympy.Symbol, sympy.Expr]], list[sympy.Expr]]:
    """The same with the sign of every product turned that is itself a result but for its sign.

    Inside a sum a minus costs nothing (it becomes a subtraction), before a result it is one operation more.
    Not a digit changes.
    """
    parts, results = list(parts), list(results)
    for symbol, turning in parts:
        if turning.is_Mul and results.count(-symbol) > results.count(symbol):
            turn = {symbol: -symbol}
            results = [result.xreplace(turn) for result in results]
            parts = [
                (name, -part if name == symbol else part.xreplace(turn)) for name, part in parts
            ]
    return parts, results


def _at_any_angle(line: str) -> str:
    return line.replace("quick_", "")


@functools.lru_cache(maxsize=1_024)
def source_of(derivation: Derivation, order: int, loss: bool, shared: bool) -> tuple[str, int]:
    """The source and the rows of a landscape's kernel; equal formulas share it (see `kernel_source`).

    Args:
        derivation: the formula.
        order: 0 the loss alone, 1 the field, 2 its Jacobian, 3 third derivatives; -1, as its loss, 0 where
            the loss is real and NaN elsewhere.
        loss: whether it writes the loss too.
        shared: whether all walkers share the parameters.
    """
    known = derivation.parameter_symbols
    value = derivation.value if order >= 0 else sympy.Add(*derivation.domain)
    outputs = derivation.outputs(order) if order > 0 else []
    return kernel_source(
        derivation.symbols,
        [known[name] for name in derivation.parameters],
        [known[name] for name in derivation.columns],
        value if loss else None,
        outputs,
        derivation.guard([value]) if loss and order >= 0 else None,
        derivation.guard(outputs) if outputs else None,
        shared=shared,
    )


def kernel_source(
    coordinates: Sequence[sympy.Symbol],
    parameters: Sequence[sympy.Symbol],
    columns: Sequence[sympy.Symbol],
    loss: sympy.Expr | None,
    outputs: Sequence[sympy.Expr],
    loss_guard: sympy.Expr | None = None,
    guard: sympy.Expr | None = None,
    *,
    shared: bool,
) -> tuple[str, int]:
    """The source of one kernel and the number of output rows it stores (loss included).

    The guards are added to the loss and to the outputs (see `Derivation.guard`).

    Output row 0 is the loss when it is asked for; `load` and `store_<row>` are supplied when the
    source is compiled.
    """
    wanted = [*([loss] if loss is not None else []), *map(special.guarded_powers, outputs)]
    guards = [one if one is not None else sympy.Integer(0) for one in (loss_guard, guard)]
    wanted += guards
    replacements, reduced = shared_parts(wanted)
    used: set[sympy.Basic] = set().union(*(expression.free_symbols for expression in reduced))
    for _, expression in replacements:
        used |= expression.free_symbols
    names: dict[sympy.Symbol, str] = {}
    varying: set[sympy.Symbol] = set()
    before: list[str] = []
    per_sample: list[str] = []
    per_walker: list[str] = []
    for j, symbol in enumerate(coordinates):
        names[symbol] = f"x{j}"
        varying.add(symbol)
        if symbol in used:
            per_walker.append(f"x{j} = load(theta, {j} * ld + i)")
    for k, symbol in enumerate(parameters):
        names[symbol] = f"p{k}"
        if not shared:
            varying.add(symbol)
        if symbol in used:
            line = f"p{k} = load(p, {k} * ld{'' if shared else ' + i'})"
            (before if shared else per_walker).append(line)
    for c, symbol in enumerate(columns):
        names[symbol] = f"d{c}"
        per_sample.append(f"d{c} = load(data, {c} * rows + row)")
    # A sum over samples cannot be begun again when an angle turns out to be far.
    emitter = Emitter(names, varying, coordinates, quick=not columns)
    for symbol, expression in replacements:
        emitter.assign(symbol, expression)
    reduced, guards = reduced[:-2], reduced[-2:]
    texts = [emitter.text(expression) for expression in reduced]
    rows = len(texts)
    first = 1 if loss is not None else 0
    for r in range(rows):
        if guards[r >= first] != 0:
            texts[r] = f"({texts[r]} + {emitter.text(guards[r >= first])})"

    def target(r: int) -> str:
        return "loss, i" if r < first else f"out, {r - first} * ld + i"

    lines = ["def kernel(n, ld, theta, p, data, rows, index, m, loss, out):"]
    lines += ["    widen()"] if emitter.vectorises else []
    lines += [f"    {line}" for line in before]
    if columns:
        lines.append("    for i in range(n):")
        lines += [f"        store_{r}({target(r)}, 0.0)" for r in range(rows)]
        lines.append("    share = 1.0 / m")
        lines.append("    for s in range(m):")
        lines.append("        row = index_at(index, s)")
        lines += [f"        {line}" for line in (*per_sample, *emitter.before)]
        lines.append("        for i in range(n):")
        lines += [f"            {line}" for line in (*per_walker, *emitter.inside)]
        lines += [
            f"            store_{r}({target(r)}, fetch_{r}({target(r)}) + share * {text})"
            for r, text in enumerate(texts)
        ]
    else:
        lines += [f"    {line}" for line in emitter.before]
        inside = [*per_walker, *emitter.inside]
        inside += [f"store_{r}({target(r)}, {text})" for r, text in enumerate(texts)]
        far = [
            f"far = gather(far, 0.0 if abs({angle}) <= FAR else 1.0)" for angle in emitter.angles
        ]
        lines += ["    far = 0.0"] if far else []
        lines.append("    for i in range(n):")
        lines += [f"        {line}" for line in (*inside, *far)]
        if far:  # once more; where an angle is not far, to the same digits
            lines += ["    if far > 0.0:", "        for i in range(n):"]
            lines += [f"            {line}" for line in map(_at_any_angle, inside)]
    return "\n".join(lines) + "\n", rows
