"""Samples that agree on the answer and differ in curvature: what mini-batches make of one bowl.

    bowl = tl.landscapes.uneven_samples
    tl.descend(bowl, tl.gd(0.6), batch=1, steps=60).end              # leaves along y, not along x
    tl.descend(bowl, tl.gd(0.6), steps=60).status                    # the full batch converges

Every sample is fitted at the origin, so no noise is left there; yet batches decide which learning
rates are stable.
"""

from __future__ import annotations

from toylands.formula import dial, landscape, minimum

_SIDES = (-1.0, 1.0)


@landscape(
    view=((-1.5, 1.5),),
    start=(1.0,),
    source="Wu, Ma and E 2018; Ziyin et al. 2023 (probabilistic stability)",
    tags=("bowl", "quadratic", "convex", "data", "mini-batch", "stability"),
    lesson=11,
    levels="quantile",
    critical=lambda mean, spread, side: [minimum((0,), 0.0)],
    data={"side": _SIDES},
    mean=dial(2.0, 0.5, 4, label="mean curvature"),
    spread=dial(2.0, 0, 4, label="difference of the samples"),
)
def uneven_samples_1d(x, *, mean, spread, side):
    """Two samples with curvatures mean - spread and mean + spread: one parabola, two fates.

    The full loss is mean * x**2/2 whatever the spread. With batches of B drawn with replacement the
    mean square of x shrinks only for lr < 2 mean/(mean**2 + spread**2/B); almost every single walk
    shrinks when the mean of ln|1 - lr a| is negative, which allows larger rates, here sometimes
    larger than the full batch does. "Stable" has several meanings that are not the same.
    """
    return (mean + spread * side) * x**2 / 2


@landscape(
    view=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 1.0),
    source="Wu, Ma and E 2018; Ziyin et al. 2023 (probabilistic stability)",
    tags=("bowl", "quadratic", "convex", "data", "mini-batch", "stability"),
    lesson=11,
    levels="quantile",
    critical=lambda mean, spread, side: [minimum((0, 0), 0.0)],
    data={"side": _SIDES},
    mean=dial(2.0, 0.5, 4, label="mean curvature"),
    spread=dial(2.0, 0, 4, label="difference of the samples"),
)
def uneven_samples(x, y, *, mean, spread, side):
    """A round bowl: along x the two samples agree, along y they differ in curvature.

    The Hessian is the same in both directions, and so is full-batch descent. Single samples make y
    wild at learning rates that x never notices: batch noise punishes curvature that is not uniform,
    and sharpness alone does not tell.
    """
    return mean * x**2 / 2 + (mean + spread * side) * y**2 / 2
