"""When is a step too large? The linear stability of a rule, derived from the rule's own formula.

    stability_limit(momentum(0.1, beta=0.9))          # 3.8: lr * lambda must stay below 2 (1 + beta)
    convergence_rate(gd(0.1), eigenvalues=[1, 10])    # 0.9: error shrinks by this factor per step

Near a minimum the gradient along an eigenvector is lambda times the error. A rule that is linear in
theta, its memory and g is then a linear recursion, whose matrix is the derivative of the formula; the
spectral radius of that matrix decides. Rules that are not linear (Adam, Lion, ...) have no such limit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from toylands.optimizers import Optimizer, Rule

#: pieces that leave the linear recursion near a minimum as it is
_HARMLESS = ("noise", "langevin", "swa", "ema", "clip_norm", "clip_value")


@functools.lru_cache(maxsize=256)
def _matrix(rule: Rule) -> Callable[..., np.ndarray] | None:
    """The recursion's matrix as a function of (lr * lambda, hyper-parameters); None if not linear.

    The coordinates are (theta, memory); memory is measured in units in which lr = 1.
    """
    import sympy

    symbols, results = rule._traced
    step = sympy.Symbol("step", real=True)
    state = [symbols["theta"], *(symbols[name] for name in rule.memory)]
    late = {symbols["t"]: sympy.Integer(10**6)} if "t" in symbols else {}
    replaced = [
        expression.subs(late).subs(
            {symbols["g"]: step * symbols["theta"], symbols.get("lr", step): sympy.Integer(1)}
        )
        for expression in results
    ]
    # With g = lambda theta and memory divided by lambda, only the product lr * lambda is left.
    jacobian = sympy.Matrix(replaced).jacobian(state)
    if any(entry.has(*state) for entry in jacobian):
        return None
    hyper = [symbols[name] for name in rule.defaults]
    compiled = sympy.lambdify([step, *hyper], jacobian, "numpy")
    return lambda *values: np.asarray(compiled(*values), dtype=float)


def _recursion(opt: Optimizer) -> Callable[[float], np.ndarray] | None:
    """The matrix of one step as a function of lr * lambda."""
    matrix = _matrix(opt.rule)
    if matrix is None or any(np.ndim(value) for value in opt.values.values()):
        return None
    hyper = list(opt.hyper.values())
    kinds = {piece.kind for piece in opt.pieces} - set(_HARMLESS)
    if kinds <= {"extragradient"}:
        ahead = "extragradient" in kinds

        def of(step: float) -> np.ndarray:
            # Extragradient looks at theta - lr g, where the gradient is lambda (1 - lr lambda) theta.
            return matrix(step * (1 - step) if ahead else step, *hyper)

        return of
    return None


def spectral_radius(opt: Optimizer, step: float) -> float | None:
    """How much the error grows per step along curvature lambda, with step = lr * lambda.

    None for an optimizer that is not a linear recursion near a minimum.
    """
    if opt.piece("newton") or opt.piece("saddle_free_newton"):
        return None
    recursion = _recursion(opt)
    return None if recursion is None else float(np.abs(np.linalg.eigvals(recursion(step))).max())


def stability_limit(opt: Optimizer) -> float | None:
    """The largest lr * lambda at which the optimizer still converges on a parabola of curvature lambda.

    2 for gradient descent, 2 (1 + beta) for heavy ball, (2 + 2 beta)/(1 + 2 beta) for Nesterov, 1 for
    extragradient, 2/3 for optimistic gradient descent. None where no such limit exists: for adaptive
    and sign rules, SAM (which does not converge to a point), Newton (whose step does not depend on
    lambda) and swarms.
    """
    if spectral_radius(opt, 0.01) is None:
        return None

    def grows(step: float) -> bool:
        radius = spectral_radius(opt, step)
        return radius is not None and radius > 1 + 1e-12

    low, high = 0.0, 0.01
    while not grows(high):
        low, high = high, 2 * high
        if high > 1e6:
            return None
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
        if middle in (low, high) and np.nextafter(low, high) >= high:
            break
    return high


def convergence_rate(opt: Optimizer, eigenvalues: ArrayLike) -> float | None:
    """The factor by which the error shrinks per step near a minimum with these Hessian eigenvalues.

    The largest spectral radius over the eigenvalues; above 1 the optimizer leaves the minimum. Asymptotic:
    momentum's first steps can be slower. None where `stability_limit` is None, or for a schedule.
    """
    if np.ndim(opt.lr) or opt.schedule is not None:
        return None
    radii = [spectral_radius(opt, float(opt.lr) * float(value)) for value in np.ravel(eigenvalues)]
    return None if any(r is None for r in radii) else max(r for r in radii if r is not None)


