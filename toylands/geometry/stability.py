"""When is a step too large? The linear stability of a rule, derived from the rule's own formula.

    stability_limit(momentum(0.1, beta=0.9))          # 3.8: lr * lambda must stay below 2 (1 + beta)
    convergence_rate(gd(0.1), eigenvalues=[1, 10])    # 0.9: error shrinks by this factor per step

Near a minimum the gradient along an eigenvector is lambda times the error. A rule that is linear in
theta, its memory and g is then a linear recursion, whose matrix is the derivative of the formula; the
spectral radius of that matrix decides. Rules that are not linear (Adam, Lion, ...) have no such limit;
with their running squares held fixed, adaptive rules have one for the *preconditioned* Hessian:

    stability_limit(adam(0.1), preconditioned=True)   # 38, with beta1 = 0.9: 2 (1 + beta1)/(1 - beta1)
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from toylands._door import door
from toylands._words import show
from toylands.optimizers import Optimizer, Rule

#: pieces that leave the linear recursion near a minimum as it is
_HARMLESS = ("noise", "langevin", "swa", "ema", "clip_norm", "clip_value")


@functools.lru_cache(maxsize=256)
def _matrix(rule: Rule, frozen: bool) -> Callable[..., np.ndarray] | None:
    """The recursion's matrix as a function of (lr * lambda, hyper-parameters); None if not linear.

    The coordinates are (theta, memory); memory is measured in units in which lr = 1. With `frozen`,
    memory that is not linear in the gradient (a running square) keeps its value, and the gradient is
    measured in units of its root, without the eps that is added to it.
    """
    import sympy

    symbols, results = rule._traced
    step = sympy.Symbol("step", real=True)
    theta, lr = symbols["theta"], symbols.get("lr", step)
    updates = [(theta, results[0])]
    updates += [(symbols[name], new) for name, new in zip(rule.memory, results[1:], strict=True)]
    if frozen:
        squares = [(old, new) for old, new in updates[1:] if sympy.diff(new, symbols["g"], 2) != 0]
        if not squares or sympy.diff(results[0], theta).has(lr):  # decay has a pace of its own
            return None
        # The largest expression first: a running maximum contains the square it is taken of.
        one = [
            (new, sympy.Integer(1)) for _, new in sorted(squares, key=lambda u: -u[1].count_ops())
        ]
        kept = [(old, new) for old, new in updates if old not in dict(squares)]
        updates = [(old, new.subs(one).subs(symbols.get("eps", step), 0)) for old, new in kept]
        if any(new.has(*dict(squares)) for _, new in updates):
            return None
    state = [old for old, _ in updates]
    late = {symbols["t"]: sympy.Integer(10**6)} if "t" in symbols else {}
    replaced = [
        expression.subs(late).subs({symbols["g"]: step * theta, lr: sympy.Integer(1)})
        for _, expression in updates
    ]
    # With g = lambda theta and memory divided by lambda, only the product lr * lambda is left.
    jacobian = sympy.Matrix(replaced).jacobian(state)
    if any(entry.has(*state) for entry in jacobian):
        return None
    hyper = [symbols[name] for name in rule.defaults]
    compiled = sympy.lambdify([step, *hyper], jacobian, "numpy")
    return lambda *values: np.asarray(compiled(*values), dtype=float)


def _parts(
    opt: Optimizer, frozen: bool = False
) -> tuple[Rule, tuple[float, ...], bool, bool] | None:
    """What the recursion depends on: rule, hyper-parameters, whether it looks ahead, what is frozen."""
    kinds = {piece.kind for piece in opt.pieces} - set(_HARMLESS)
    if not kinds <= {"extragradient"} or any(np.ndim(v) for v in opt.values.values()):
        return None
    if _matrix(opt.rule, frozen) is None:
        return None
    return opt.rule, tuple(float(value) for value in opt.hyper.values()), bool(kinds), frozen


def _radius(rule: Rule, hyper: tuple[float, ...], ahead: bool, frozen: bool, step: float) -> float:
    matrix = _matrix(rule, frozen)
    assert matrix is not None
    # Extragradient looks at theta - lr g, where the gradient is lambda (1 - lr lambda) theta.
    return float(
        np.abs(np.linalg.eigvals(matrix(step * (1 - step) if ahead else step, *hyper))).max()
    )


@functools.lru_cache(maxsize=1024)
def _limit(rule: Rule, hyper: tuple[float, ...], ahead: bool, frozen: bool) -> float | None:
    def grows(step: float) -> bool:
        return _radius(rule, hyper, ahead, frozen, step) > 1 + 1e-12

    low, high = 0.0, 0.01
    while not grows(high):
        low, high = high, 2 * high
        if high > 1e6:
            return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    return low


@door
def spectral_radius(opt: Optimizer, step: float) -> float | None:
    """How much the error grows per step along curvature lambda, with step = lr * lambda.

    None for an optimizer that is not a linear recursion near a minimum.
    """
    parts = _parts(opt)
    if not np.isfinite(step):
        raise ValueError(f"spectral_radius: step={show(step)} must be a finite number.")
    return None if parts is None else _radius(*parts, step)


@door
def stability_limit(opt: Optimizer, *, preconditioned: bool = False) -> float | None:
    """The largest lr * lambda at which the optimizer still converges on a parabola of curvature lambda.

    2 for gradient descent, 2 (1 + beta) for heavy ball, (2 + 2 beta)/(1 + 2 beta) for Nesterov, 1 for
    extragradient, 2/3 for optimistic gradient descent. None where no such limit exists: for adaptive
    and sign rules, SAM (which does not converge to a point), Newton (whose step does not depend on
    lambda) and swarms.

    Args:
        opt: the optimizer.
        preconditioned: of a rule that divides by the root of running squares of the gradient, hold
            these fixed, and let lambda be the largest eigenvalue of the Hessian *after* this division:
            2 (1 + beta1)/(1 - beta1) for Adam and AMSGrad, which is 38 at beta1 = 0.9, and 2 for RMSProp and
            AdaGrad. It does not bound the Hessian's own eigenvalues. None for all other rules.
            [Cohen et al. 2022, "Adaptive gradient methods at the edge of stability"]
    """
    parts = _parts(opt, bool(preconditioned))
    return None if parts is None else _limit(*parts)


@door
def convergence_rate(opt: Optimizer, eigenvalues: ArrayLike) -> float | None:
    """The factor by which the error shrinks per step near a minimum with these Hessian eigenvalues.

    The largest spectral radius over the eigenvalues; above 1 the optimizer leaves the minimum. Asymptotic:
    momentum's first steps can be slower. None where `stability_limit` is None, or for a schedule.
    """
    if np.ndim(opt.lr) or opt.schedule is not None:
        return None
    radii = [spectral_radius(opt, float(opt.lr) * float(value)) for value in np.ravel(eigenvalues)]
    return None if any(r is None for r in radii) else max(r for r in radii if r is not None)
