"""Update rules as formulas: `@rule` turns one into an optimizer.

    @rule(lr=0.01, beta=0.9)
    def momentum(theta, g, lr, b, *, beta):
        b = beta*b + g
        return theta - lr*b, b

The formula is coordinate-wise. Its positional arguments are, by name: `theta` (the parameter), `g` (the
gradient), `lr` (the rate of this step), `t` (the step, counted from 1), and every other one is memory:
it starts at 0 and is returned, updated, after theta, in the same order. Keyword-only arguments are
hyper-parameters. Use the functions of `toylands.formula` (sqrt, sign, where, ...). The formula is called
once with symbols: its compiled kernel and its LaTeX both come from that call.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from toylands._words import did_you_mean, one_of, show
from toylands.formula.memory import undisturbed
from toylands.formula.named import found, place
from toylands.optimizers.optimizer import Optimizer, check_number
from toylands.optimizers.schedules import as_schedule

_ROLES = ("theta", "g", "lr", "t")


class Rule:
    """A coordinate-wise update rule: formula, memory, hyper-parameters, compiled kernels, LaTeX.

    Attributes:
        name: the formula's name.
        memory: names of the numbers remembered per coordinate.
        defaults: hyper-parameters and their defaults.
    """

    def __init__(self, function: Callable[..., Any], defaults: Mapping[str, float]) -> None:
        self.function = function
        self.name = function.__name__
        roles: list[str] = []
        memory: list[str] = []
        hyper: list[str] = []
        for key, argument in inspect.signature(function).parameters.items():
            if argument.kind is argument.KEYWORD_ONLY:
                if key in (*_ROLES, "schedule"):
                    raise TypeError(
                        f"rule {self.name}: {key!r} may not be a hyper-parameter (after the *): every "
                        "rule is given it."
                    )
                hyper.append(key)
            elif argument.kind is not argument.POSITIONAL_OR_KEYWORD:
                raise TypeError(f"rule {self.name}: argument {key!r} may not be * or **.")
            else:
                (roles if key in _ROLES else memory).append(key)
        for needed in ("theta", "g"):
            if needed not in roles:
                raise TypeError(f"rule {self.name}: the formula needs an argument {needed!r}.")
        for key in hyper:
            if key not in defaults:
                raise ValueError(
                    f"rule {self.name}: give {key!r} a default: @rule({key}=...)."
                    + did_you_mean(key, defaults)
                )
        for key in defaults:
            if key not in hyper:
                raise ValueError(
                    f"rule {self.name}: the formula has no keyword-only argument {key!r}; it has "
                    f"{one_of(hyper, 'and')}." + did_you_mean(key, hyper)
                )
        self.arguments = [
            key
            for key, argument in inspect.signature(function).parameters.items()
            if argument.kind is argument.POSITIONAL_OR_KEYWORD
        ]
        self.memory = tuple(memory)
        self.defaults = {key: check_number(self.name, key, defaults[key]) for key in hyper}
        self._kernels: dict[tuple[bool, bool], Any] = {}

    def __deepcopy__(self, memo: Any) -> Rule:
        return self  # nothing in it ever changes, and its kernels are compiled once

    def __reduce__(self) -> Any:
        where = place(self.function, "rule", lambda one: getattr(one, "rule", None) is self)
        return found, (*where, "rule")

    @functools.cached_property
    def _traced(self) -> tuple[dict[str, Any], list[Any]]:
        """The symbols by name, and the symbolic results: theta, then the memory."""
        import sympy

        from toylands.formula.traced import DecisionError, Traced, plain

        names = [*self.arguments, *self.defaults]
        symbols = {name: sympy.Symbol(name, real=True) for name in names}
        try:
            result = self.function(
                *(Traced(symbols[name]) for name in self.arguments),
                **{name: Traced(symbols[name]) for name in self.defaults},
            )
        except DecisionError as error:
            raise TypeError(f"rule {self.name}: {error}") from error
        except TypeError as error:
            raise TypeError(
                f"rule {self.name}: the formula could not be read as mathematics ({error}). Use the "
                "functions of toylands.formula and where(condition, yes, no) instead of if."
            ) from error
        results = [
            plain(one) for one in (result if isinstance(result, tuple | list) else (result,))
        ]
        wanted = ("theta", *self.memory)
        if result is None:
            raise TypeError(
                f"rule {self.name} returned nothing; end it with return {', '.join(wanted)}."
            )
        if len(results) != len(wanted):
            raise ValueError(
                f"rule {self.name} returned {len(results)} value{'s' * (len(results) != 1)}, expected "
                f"{len(wanted)}: {', '.join(wanted)}."
            )
        for name, value in zip(wanted, results, strict=True):
            if isinstance(value, bool) or not isinstance(value, sympy.Expr | int | float):
                raise TypeError(
                    f"rule {self.name} returned {name}={show(value)}, which is not a formula of its "
                    "arguments."
                )
        return symbols, [sympy.sympify(expression) for expression in results]

    @functools.cached_property
    def gathers(self) -> int:
        """What the first memory gathers: +1 gradients, -1 steps against them, 0 neither.

        Momentum is a weighted sum of its old value and the gradient, so both slopes are numbers that
        do not depend on either.
        """
        import sympy

        symbols, results = self._traced
        if not self.memory:
            return 0
        gradient, memory = symbols["g"], symbols[self.memory[0]]
        slopes = [sympy.diff(results[1], symbol) for symbol in (gradient, memory)]
        if any(slope == 0 or slope.has(gradient, memory) for slope in slopes):
            return 0
        at = dict.fromkeys(symbols.values(), 1.0)
        at |= {symbols[name]: value for name, value in self.defaults.items()}
        slope = float(slopes[0].subs(at))
        return int(slope > 0) - int(slope < 0)

    @functools.cached_property
    def powers(self) -> list[str]:
        """Hyper-parameters h that occur as h**t; the loop keeps these as running products."""
        import sympy

        symbols, results = self._traced
        t = symbols.get("t")
        return [
            name
            for name in self.defaults
            if t is not None and any(r.has(sympy.Pow(symbols[name], t)) for r in results)
        ]

    @property
    def rows(self) -> int:
        """Rows of hyper-parameters a kernel reads: the values, then the running powers."""
        return len(self.defaults) + len(self.powers)

    @functools.cached_property
    def _divides(self) -> bool:
        """Whether the step is divided by something that differs between walkers."""
        import sympy

        symbols, results = self._traced
        differing = {symbols[name] for name in ("theta", "g", *self.memory)}
        return any(
            factor.is_Pow and factor.exp.is_number and factor.exp < 0
            and bool(factor.base.free_symbols & differing)
            for term in sympy.Add.make_args(results[0])
            for factor in sympy.Mul.make_args(term)
        )  # fmt: skip

    def kernel(self, *, shared: bool, halved: bool = False) -> Any:
        """The compiled rule, for numbers shared by all walkers or one per walker.

        halved: let a rule that divides do so by multiplication for half of the coordinates, where numbers
            are shared: this is faster, and takes twice as long to compile.
        """
        shared = bool(shared)
        halved = bool(halved and shared and self._divides)
        if (shared, halved) not in self._kernels:
            with undisturbed():
                from toylands.formula.compile import RULE, compile_source

                source = self._source(shared=shared, halved=halved)
                made = compile_source(source, "rule", 1 + len(self.memory), RULE)
                self._kernels[shared, halved] = made
        return self._kernels[shared, halved]

    def _source(self, *, shared: bool, halved: bool = False) -> str:
        import sympy

        from toylands.formula.codegen import Emitter

        symbols, results = self._traced
        lr = symbols.get("lr", sympy.Symbol("lr", real=True))
        powers = {sympy.Pow(symbols[h], symbols["t"]): sympy.Symbol(f"{h}_t") for h in self.powers}
        results = [expression.xreplace(powers) for expression in results]
        per_walker = {"theta": "x", "g": "dx", **{m: f"s{k}" for k, m in enumerate(self.memory)}}
        names = {symbols[name]: text for name, text in per_walker.items()}
        own, varying = set(names), set(names)
        hyper = [symbols[name] for name in self.defaults] + list(powers.values())
        names.update({symbol: f"h{k}" for k, symbol in enumerate(hyper)})
        names[lr] = "rate"
        if "t" in symbols:
            names[symbols["t"]] = "t"
        if not shared:
            varying |= {*hyper, lr}
        replacements, reduced = sympy.cse(results, symbols=sympy.numbered_symbols("cse_"))
        emitter = Emitter(names, varying, own)
        for symbol, expression in replacements:
            emitter.assign(symbol, expression)
        texts = [emitter.text(expression) for expression in reduced]
        index = "" if shared else " + i"
        loads = [f"rate = load(lr, 0{index}) * scale"]
        loads += [
            f"h{k} = load(hyper, {k}{'' if shared else ' * n + i'})" for k in range(len(hyper))
        ]

        def step(new: str) -> list[str]:
            """The lines that move coordinate k and add up |theta|: a small sum, and nobody is off the map."""
            memory = range(len(self.memory))
            return [
                *("x = fetch_0(theta, k)", "dx = load(g, k)"),
                *(f"s{i} = fetch_{i + 1}(state, {i} * d * n + k)" for i in memory),
                *(*emitter.inside, f"new = {new}", "store_0(theta, k, new)"),
                "reach = gather(reach, abs(new))",
                *(f"store_{i + 1}(state, {i} * d * n + k, {texts[i + 1]})" for i in memory),
            ]

        before = ("widen()", "reach = 0.0", *(loads if shared else ()), *emitter.before)
        lines = ["def rule(n, d, half, scale, t, lr, theta, g, state, hyper):"]
        lines += [f"    {line}" for line in before]
        if not shared:
            lines += ["    for j in range(d):", "        for i in range(n):"]
            lines += [f"            {line}" for line in (*loads, "k = j * n + i", *step(texts[0]))]
        else:  # the rows follow each other without gaps: one run over all coordinates
            first = "0"
            if halved:
                # The divider and the multipliers of a core work side by side: each gets a half.
                first = "2 * half"
                lines.append("    for k in range(half):")
                quick = step(emitter.by_multiplication(reduced[0]))
                lines += [f"        {line}" for line in (*quick, "k = k + half", *step(texts[0]))]
            lines.append(f"    for k in range({first}, d * n):")
            lines += [f"        {line}" for line in step(texts[0])]
        lines.append("    return reach")
        return "\n".join(lines) + "\n"

    @functools.cached_property
    def equations(self) -> list[tuple[Any, Any]]:
        """The update equations as SymPy (left, right) pairs: the memory first, then theta."""
        import sympy

        symbols, results = self._traced
        names = {"eps": "varepsilon", "weight_decay": "lambda"}
        fixed = {symbols[h]: sympy.Symbol(names.get(h, h)) for h in self.defaults}
        fixed |= {symbols["theta"]: sympy.Symbol("theta_t"), symbols["g"]: sympy.Symbol("g_t")}
        fixed |= {symbols[m]: sympy.Symbol(f"{m}_{{t-1}}") for m in self.memory}
        if "lr" in symbols:
            fixed[symbols["lr"]] = sympy.Symbol("eta_t")
        known: dict[Any, Any] = {}
        pairs = []
        for name, expression in zip(self.memory, results[1:], strict=True):
            now = sympy.Symbol(f"{name}_t")
            pairs.append((now, expression.subs(known).xreplace(fixed)))
            if not expression.is_Symbol:
                known[expression] = now
        moved, here = results[0].subs(known).xreplace(fixed), sympy.Symbol("theta_t")
        step = here - moved
        if not step.has(here):  # written as papers do: theta minus a step
            moved = sympy.Add(here, -step, evaluate=False)
        pairs.append((sympy.Symbol("theta_{t+1}"), moved))
        return pairs

    @functools.cached_property
    def latex(self) -> list[str]:
        """The update equations, one LaTeX line each: the memory first, then theta."""
        import sympy

        lines = (
            f"{sympy.latex(left)} = {sympy.latex(right, order='none')}"
            for left, right in self.equations
        )
        return [line.replace("theta_{t+1}", "\\theta_{t+1}") for line in lines]


class Factory:
    """Makes optimizers of one kind: call it with a learning rate and hyper-parameters.

    Attributes:
        name: how it is called.
        defaults: its hyper-parameters and their defaults, `lr` first.
    """

    def __init__(self, made_of: Rule, lr: float | None) -> None:
        self.rule = made_of
        self.name = made_of.name
        self.__name__ = self.__qualname__ = made_of.name
        self.__doc__ = inspect.getdoc(made_of.function)
        self.__module__ = made_of.function.__module__
        if lr is not None:
            check_number(self.name, "lr", lr)
        self.defaults: dict[str, float | None] = {"lr": lr, **made_of.defaults}
        kind = inspect.Parameter
        unset = kind.empty
        self.__signature__ = inspect.Signature(
            [
                kind("lr", kind.POSITIONAL_OR_KEYWORD, default=unset if lr is None else lr),
                *(
                    kind(key, kind.POSITIONAL_OR_KEYWORD, default=value)
                    for key, value in made_of.defaults.items()
                ),
                kind("schedule", kind.KEYWORD_ONLY, default=None),
            ]
        )

    def __call__(self, *args: Any, schedule: Any = None, **kwargs: Any) -> Optimizer:
        """Make the optimizer; `lr` first, then hyper-parameters by position or name.

        Raises:
            ValueError, TypeError: for an unknown name (with the nearest right one) or a bad value.
        """
        names = list(self.defaults)
        if len(args) > len(names):
            raise TypeError(
                f"{self.name} takes at most {len(names)} numbers ({', '.join(names)}), "
                f"got {len(args)}."
            )
        given = dict(zip(names, args, strict=False))
        for key, value in kwargs.items():
            if key not in names:
                raise ValueError(
                    f"{self.name} has no {key!r}; it has {one_of([*names, 'schedule'], 'and')}."
                    + did_you_mean(key, [*names, "schedule"])
                )
            if key in given:
                raise TypeError(f"{self.name}: {key} was given twice.")
            given[key] = value
        values = {**self.defaults, **given}
        if values["lr"] is None:
            raise TypeError(f"{self.name} needs a learning rate: {self.name}(lr=0.1).")
        numbers = {key: check_number(self.name, key, value) for key, value in values.items()}
        lr = numbers.pop("lr")
        chosen = None if schedule is None else as_schedule(schedule)
        return Optimizer(self.rule, lr, numbers, chosen)

    def __deepcopy__(self, memo: Any) -> Factory:
        return self

    def __reduce__(self) -> Any:
        return found, (*place(self.rule.function, "rule", lambda one: one is self), "")

    def __repr__(self) -> str:
        return f"{self.name}{self.__signature__}"


def rule(*, lr: float | None = None, **defaults: float) -> Callable[[Callable[..., Any]], Factory]:
    """Decorate an update formula; the result makes optimizers, like `gd` or `adam`.

    Args:
        lr: the default learning rate, or None when one must be given.
        **defaults: the default of every keyword-only argument of the formula.

    Raises:
        TypeError, ValueError: when the formula's arguments and the defaults do not match.
    """

    def decorate(function: Callable[..., Any]) -> Factory:
        return Factory(Rule(function, defaults), lr)

    return decorate
