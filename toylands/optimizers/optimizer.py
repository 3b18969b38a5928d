"""The `Optimizer` record: a rule, its numbers, and what was wrapped around it.

    opt = sam(clip_norm(gd(0.1), max_norm=1.0), rho=0.05)
    opt.label                      # 'sam(clip_norm(gd(lr=0.1), max_norm=1), rho=0.05)'
    opt.replace(lr=0.2, rho=0.1)   # the same pieces, other numbers

An optimizer answers two questions: where do I look (here, uphill for SAM, ahead for extragradient),
and how do I step (its rule). On the way from the look to the step the gradient passes the wrappers
from the outside in: in `clip_norm(weight_decay(gd(0.1), 0.01), 1.0)` it is clipped first, then decay
is added, then gd steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._door import numbers_in, refusal, whole_fault
from toylands._words import did_you_mean, one_of, show, typed

if TYPE_CHECKING:
    from toylands.optimizers.rule import Rule
    from toylands.optimizers.schedules import Schedule

#: what a number may be, by the field's standard names: (low, high, low allowed, high allowed)
_RANGES: dict[str, tuple[float, float, bool, bool]] = {
    **dict.fromkeys(("beta", "beta1", "beta2", "alpha", "decay"), (0.0, 1.0, True, False)),
    **dict.fromkeys(
        ("lr", "eps", "weight_decay", "rho", "damping", "temperature", "sigma"),
        (0.0, np.inf, True, False),
    ),
    **dict.fromkeys(("max_norm", "limit"), (0.0, np.inf, False, False)),
}


def check_number(owner: str, name: str, value: Any) -> Any:
    """Check a hyper-parameter: a finite number (or an array of them) in its usual range.

    Raises:
        TypeError, ValueError: naming the value and what was expected.
    """
    array, why = numbers_in(value)
    if why == "." or array.dtype.kind == "b":
        hint = " A schedule goes in schedule=..., its factors multiply lr." if name == "lr" else ""
        raise TypeError(f"{owner}: {name}={show(value)} is not a number.{hint}")
    if why:
        raise ValueError(f"{owner}: {name}={show(value)} {why}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{owner}: {name}={show(value)} is not finite.")
    low, high, closed, _ = _RANGES.get(name, (-np.inf, np.inf, False, False))
    above = array >= low if closed else array > low
    if not (above & (array < high)).all():
        bounds = f"at least {low:g}" if closed else f"above {low:g}"
        ceiling = f" and below {high:g}" if np.isfinite(high) else ""
        raise ValueError(f"{owner}: {name}={show(value)} must be {bounds}{ceiling}.")
    return float(array) if array.ndim == 0 else array.astype(float)


def check_count(owner: str, name: str, value: Any, least: int) -> int:
    """Check a whole number that counts steps."""
    if (why := whole_fault(value)) or isinstance(value, np.ndarray):
        raise refusal(owner, name, value, "a whole number", why or ".")
    if value < least:
        raise ValueError(f"{owner}: {name}={value} must be at least {least}.")
    return int(value)


def check_optimizer(owner: str, opt: Any) -> Optimizer:
    """An optimizer, or a clear error that says how to make one."""
    if isinstance(opt, Optimizer):
        return opt
    if callable(opt) and hasattr(opt, "__name__"):
        raise TypeError(
            f"{owner}: {opt.__name__} makes optimizers; call it first, for example "
            f"{opt.__name__}(lr=0.1)."
        )
    raise TypeError(f"{owner} needs an optimizer such as gd(0.1), got {show(opt)}.")


@dataclass(frozen=True)
class Piece:
    """Something around a rule: `kind` says what, `values` its numbers, `counts` its whole numbers.

    `hidden` pieces belong to a named optimizer (newton, langevin) rather than to a wrapper.
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    hidden: bool = False


#: pieces that decide where the gradient is taken; an optimizer can have one of them
LOOKS = ("sam", "extragradient")
#: pieces that average the weights beside the run; an optimizer can have one of them
AVERAGES = ("swa", "ema")
#: what a piece does before the rule, and after it
_BEFORE = {
    "sam": r"g_t = \nabla L\left(\theta_t + \rho\, \nabla L(\theta_t) / "
    r"(\|\nabla L(\theta_t)\| + 10^{-12})\right)",
    "extragradient": r"g_t = \nabla L(\theta_t - \eta_t \nabla L(\theta_t))",
    "noise": r"g_t \leftarrow g_t + \sigma z_t, \quad z_t \sim N(0, I)",
    "clip_norm": r"g_t \leftarrow g_t \min\left(1, c / (\|g_t\| + 10^{-6})\right)",
    "clip_value": r"g_t \leftarrow \min(\max(g_t, -c), c)",
    "weight_decay": r"g_t \leftarrow g_t + \lambda \theta_t",
    "newton": r"g_t \leftarrow (H_t + \delta I)^{-1} g_t",
    "saddle_free_newton": r"g_t \leftarrow (|H_t| + \delta I)^{-1} g_t",
    "reset_on_conflict": r"\text{memory} \leftarrow 0 \text{ where it fought } g_t "
    r"\text{ for too long}",
}
_AFTER = {
    "langevin": r"\theta_{t+1} \leftarrow \theta_{t+1} + \sqrt{2 \eta_t T}\, z_t, "
    r"\quad z_t \sim N(0, I)",
    "swa": r"\bar\theta_{t+1} = \operatorname{mean}(\theta_s, \dots, \theta_{t+1})",
    "ema": r"\bar\theta_{t+1} = \gamma \bar\theta_t + (1 - \gamma) \theta_{t+1}",
}
#: the least value of each whole number a piece has
LEAST = {"start": 0, "patience": 1}


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An optimizer with its numbers; immutable. Made by the factories of `toylands.optimizers`.

    Attributes:
        rule: the coordinate-wise update rule inside.
        lr: learning rate, a number or one per walker; the rate at step t is lr * schedule(t).
        hyper: the rule's hyper-parameters by name.
        schedule: a `Schedule`, or None for a constant rate.
        pieces: what surrounds the rule, innermost first.
        alias: the name it was made under, when that is not the rule's own (newton, langevin).
    """

    rule: Rule
    lr: Any
    hyper: Mapping[str, Any]
    schedule: Schedule | None = None
    pieces: tuple[Piece, ...] = ()
    alias: str | None = None

    @property
    def name(self) -> str:
        """The name of the outermost factory, for example "sam" or "adam"."""
        visible = [piece.kind for piece in self.pieces if not piece.hidden]
        return visible[-1] if visible else self.base_name

    @property
    def base_name(self) -> str:
        """The name of the optimizer inside all wrappers."""
        return self.alias or self.rule.name

    @property
    def family(self) -> str:
        """The name that fixes its colour in every picture: "sam" when it looks uphill, else the base."""
        return "sam" if self.piece("sam") else self.base_name

    @property
    def label(self) -> str:
        """How it would be typed; long numbers with three significant digits."""
        return self.described(3)

    def described(self, digits: int) -> str:
        """How it would be typed; long numbers with so many significant digits."""
        text = self._base_label(digits)
        for piece in self.pieces:
            if not piece.hidden:
                numbers = {**piece.values, **piece.counts}
                inside = "".join(f", {key}={typed(v, digits)}" for key, v in numbers.items())
                text = f"{piece.kind}({text}{inside})"
        return text

    def _base_label(self, digits: int) -> str:
        defaults = self.rule.defaults
        numbers = {"lr": self.lr} | {
            key: value
            for key, value in self.hyper.items()
            if np.ndim(value) or value != defaults[key]
        }
        for piece in self.pieces:
            if piece.hidden:
                numbers.update({k: v for k, v in piece.values.items() if np.ndim(v) or v})
        inside = ", ".join(f"{key}={typed(value, digits)}" for key, value in numbers.items())
        if self.schedule is not None:
            inside += f", schedule={self.schedule.label}"
        return f"{self.base_name}({inside})"

    @property
    def values(self) -> dict[str, Any]:
        """Every number by name: lr, the rule's hyper-parameters, those of the pieces around it."""
        numbers = {"lr": self.lr, **self.hyper}
        for piece in self.pieces:
            numbers.update(piece.values)
        return numbers

    @property
    def evaluations_per_step(self) -> int:
        """Gradient evaluations in one step: 2 for SAM and extragradient, otherwise 1."""
        return 2 if any(piece.kind in LOOKS for piece in self.pieces) else 1

    @property
    def latex(self) -> list[str]:
        """The update equations in order, one LaTeX line each.

        First what becomes of the gradient g_t on its way to the rule (without a line it is the
        gradient at theta_t; in a game, each player's own sign on it), then the rule, from the formula
        that runs, then what is added to the new theta or computed from it.
        """
        looks = [piece.kind for piece in self.pieces if piece.kind in LOOKS]
        others = [piece.kind for piece in reversed(self.pieces) if piece.kind not in LOOKS]
        others.sort(key="reset_on_conflict".__eq__)  # the reset comes after the operations
        before = [_BEFORE[kind] for kind in (*looks, *others) if kind in _BEFORE]
        after = [_AFTER[kind] for kind in others if kind in _AFTER]
        return [*before, *self.rule.latex, *after]

    def piece(self, kind: str) -> Piece | None:
        """The piece of this kind, or None."""
        for piece in self.pieces:
            if piece.kind == kind:
                return piece
        return None

    def replace(self, **changes: Any) -> Optimizer:
        """The same optimizer with other numbers or another schedule.

        Raises:
            ValueError: for an unknown name, with the nearest right one.
        """
        made = self
        for name, value in changes.items():
            made = made._replaced(name, value)
        return made

    def _replaced(self, name: str, value: Any) -> Optimizer:
        if name == "schedule":
            from toylands.optimizers.schedules import as_schedule

            return replace(self, schedule=None if value is None else as_schedule(value))
        if name == "lr":
            return replace(self, lr=check_number(self.base_name, name, value))
        if name in self.hyper:
            number = check_number(self.base_name, name, value)
            return replace(self, hyper={**self.hyper, name: number})
        for n, piece in enumerate(self.pieces):
            if name in piece.values:
                number = check_number(piece.kind, name, value)
                changed = replace(piece, values={**piece.values, name: number})
                return replace(self, pieces=(*self.pieces[:n], changed, *self.pieces[n + 1 :]))
            if name in piece.counts:
                count = check_count(piece.kind, name, value, least=LEAST[name])
                changed = replace(piece, counts={**piece.counts, name: count})
                return replace(self, pieces=(*self.pieces[:n], changed, *self.pieces[n + 1 :]))
        choices = [*self.values, "schedule"]
        raise ValueError(
            f"{self.name} has no {name!r}; it has {one_of(choices, 'and')}."
            + did_you_mean(name, choices)
        )

    def wrapped(self, piece: Piece) -> Optimizer:
        """This optimizer inside one more piece.

        Raises:
            ValueError: when the piece cannot be combined with what is already there.
        """
        for group, word in ((LOOKS, "look in two places"), (AVERAGES, "keep two averages")):
            if piece.kind in group:
                for other in self.pieces:
                    if other.kind in group:
                        raise ValueError(
                            f"{piece.kind} cannot wrap {self.label}: {other.kind} is already inside, "
                            f"and an optimizer cannot {word} at once."
                        )
        if self.piece(piece.kind):
            raise ValueError(f"{self.label} is already wrapped in {piece.kind}; use replace(...).")
        for name in piece.values:
            if name in self.values:
                raise ValueError(
                    f"{piece.kind} cannot wrap {self.label}: it has a {name!r} of its own, and the two "
                    "could not be told apart."
                )
        return replace(self, pieces=(*self.pieces, piece))

    def __repr__(self) -> str:
        return self.label
