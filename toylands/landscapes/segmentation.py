"""Segmentation losses on a few pixels: cross-entropy is separable, soft Dice couples them.

    tl.landscapes.bce.hessian((0.5, 0.5))            # diagonal: pixels do not know of each other
    tl.landscapes.dice.spectrum((0.5, 0.5))          # one negative eigenvalue, at every point
    tl.landscapes.dice(t1=0, t2=0, smooth_nr=1, smooth_dr=1)      # an all-black target

Everywhere `t` is the target (1 foreground, 0 background), `p` a predicted probability and `z` its
logit. `smooth_nr` and `smooth_dr`, often both called eps, are the constants added to numerator and
denominator of the Dice score. Outside 0 <= p <= 1 the probabilities mean nothing, and the formulas
are evaluated as they stand.
"""

from __future__ import annotations

from typing import Any

from toylands.formula import dial, landscape, log, minimum, sigmoid, softplus


@landscape(
    view=((0.01, 0.99), (0.01, 0.99)),
    start=(0.5, 0.5),
    source="Boyd and Vandenberghe 2004, section 3.1",
    tags=("segmentation", "bce", "convex", "probabilities"),
    lesson=5,
    levels="quantile",
    critical=[],
)
def bce(p1, p2):
    """Binary cross-entropy of two pixels, target (1, 0), summed over the pixels.

    Separable: the mixed second derivative is zero, so moving one pixel changes nothing for the
    other. It is convex in both pixels jointly, not just in each. The minimum, 0, sits in the corner
    (1, 0) of the square, where the slope does not vanish, so a step can leave the square: beyond, the
    formula goes on below 0 and is no cross-entropy. Convex in predictions is not convex in network
    weights.
    """
    return -log(p1) - log(1 - p2)


@landscape(
    view=((-6, 6), (-6, 6)),
    start=(-3.0, 3.0),
    source="Boyd and Vandenberghe 2004, section 3.1",
    tags=("segmentation", "bce", "convex", "logits"),
    lesson=5,
    levels="quantile",
    critical=[],
)
def bce_logits(z1, z2):
    """Binary cross-entropy of two pixels as a function of their logits, target (1, 0).

    The slope is p - t: a pixel that is confidently wrong is pulled back with full force. The
    curvature p*(1 - p) is positive, at most 1/4, and dies out on both sides. There is no finite
    minimum.
    """
    return softplus(-z1) + softplus(z2)


def _dice_loss(overlap: Any, size: Any, smooth_nr: Any, smooth_dr: Any) -> Any:
    return 1 - (2 * overlap + smooth_nr) / (size + smooth_dr)


@landscape(
    view=((0, 1), (0, 1)),
    start=(0.5, 0.5),
    source="Milletari, Navab and Ahmadi 2016; Boyd and Vandenberghe 2004, section 3.4",
    tags=("segmentation", "dice", "quasilinear", "probabilities"),
    lesson=5,
    levels="linear",
    critical=[],
    t1=dial(1.0, 0, 1, label="target of the first pixel"),
    t2=dial(0.0, 0, 1, label="target of the second pixel"),
    smooth_nr=dial(0.0, 0, 1, label="constant in the numerator"),
    smooth_dr=dial(0.0, 0, 1, label="constant in the denominator"),
)
def dice(p1, p2, *, t1, t2, smooth_nr, smooth_dr):
    """Soft Dice loss of two pixels, by default with target (1, 0) and without smoothing constants.

    The pixels are coupled and the Hessian is indefinite everywhere, so the loss is not convex. But
    it is a ratio of linear functions, hence quasilinear: its contours are straight lines, and the
    square holds no bad local minimum. For an all-black target (0, 0) the loss is exactly flat, with
    or without smooth_dr, as long as smooth_nr is 0; with both equal it is not flat, just badly
    scaled.
    """
    return _dice_loss(t1 * p1 + t2 * p2, p1 + p2 + t1 + t2, smooth_nr, smooth_dr)


@landscape(
    view=((-6, 6), (-6, 6)),
    start=(-3.0, 3.0),
    source="Milletari, Navab and Ahmadi 2016",
    tags=("segmentation", "dice", "vanishing gradient", "logits"),
    lesson=5,
    levels="linear",
    critical=[],
    t1=dial(1.0, 0, 1, label="target of the first pixel"),
    t2=dial(0.0, 0, 1, label="target of the second pixel"),
    smooth_nr=dial(0.0, 0, 1, label="constant in the numerator"),
    smooth_dr=dial(0.0, 0, 1, label="constant in the denominator"),
)
def dice_logits(z1, z2, *, t1, t2, smooth_nr, smooth_dr):
    """Soft Dice loss of two pixels as a function of their logits.

    Every slope carries the factor p*(1 - p) of the sigmoid, so a pixel that is confidently wrong
    hardly moves, where cross-entropy would pull with full force. That, more than any ruggedness, is
    what makes Dice slow to start.
    """
    p1, p2 = sigmoid(z1), sigmoid(z2)
    return _dice_loss(t1 * p1 + t2 * p2, p1 + p2 + t1 + t2, smooth_nr, smooth_dr)


@landscape(
    view=((0, 1), (0, 1)),
    start=(0.2, 0.8),
    source="Milletari, Navab and Ahmadi 2016 (V-Net: squares in the denominator)",
    tags=("segmentation", "dice", "probabilities"),
    lesson=5,
    levels="linear",
    critical=[minimum((1, 0), 0.0)],
)
def dice_squared(p1, p2):
    """Soft Dice with squared terms in the denominator, two pixels, target (1, 0).

    Unlike plain soft Dice it is not linear-fractional: contours are circles, not straight lines,
    and the slope vanishes at the perfect prediction.
    """
    return 1 - 2 * p1 / (p1**2 + p2**2 + 1)


@landscape(
    view=((0, 1), (0, 1)),
    start=(0.5, 0.5),
    source="Tilborghs et al. 2022 (reduction axes and epsilon)",
    tags=("segmentation", "dice", "quasilinear", "probabilities", "imbalance"),
    lesson=5,
    levels="linear",
    critical=[],
    n=dial(200.0, 2, 1000, log=True, integer=True, label="number of pixels"),
    k=dial(10.0, 0, 1000, integer=True, label="pixels of the target"),
    smooth_nr=dial(0.0, 0, 1, label="constant in the numerator"),
    smooth_dr=dial(0.0, 0, 1, label="constant in the denominator"),
)
def dice_regions(f, b, *, n, k, smooth_nr, smooth_dr):
    """Soft Dice of n pixels, of which k belong to the target: all of those at f, all others at b.

    The slope per background pixel is the derivative in b divided by n - k. Taking the loss over a
    whole batch keeps it alive for a black image, because another image supplies target pixels; with
    k = 0 the foreground f has no influence at all.
    """
    return _dice_loss(k * f, k * f + (n - k) * b + k, smooth_nr, smooth_dr)


@landscape(
    view=((0, 1),),
    start=(0.5,),
    source="Tilborghs et al. 2022 (reduction axes and epsilon)",
    tags=("segmentation", "dice", "all-black target", "plateau", "probabilities"),
    lesson=5,
    levels="linear",
    critical=[],
    n=dial(100.0, 1, 1000, log=True, integer=True, label="number of pixels"),
    smooth_nr=dial(1.0, 1e-7, 1, log=True, label="constant in the numerator"),
    smooth_dr=dial(1.0, 1e-7, 1, log=True, label="constant in the denominator"),
)
def dice_black(p, *, n, smooth_nr, smooth_dr):
    """Soft Dice of an all-black target: n background pixels, all predicted as p.

    With smooth_nr = 0 the loss is 1 for every p > 0: exactly flat. With equal constants eps it is
    n*p/(n*p + eps): almost flat far away and a cliff of slope n/eps at 0. The slope per pixel is
    the slope here divided by n. Whether Dice is flat on black images therefore depends on the code.
    """
    return _dice_loss(0, n * p, smooth_nr, smooth_dr)


@landscape(
    view=((-14, 6),),
    start=(0.0,),
    source="Tilborghs et al. 2022 (reduction axes and epsilon)",
    tags=("segmentation", "dice", "all-black target", "plateau", "logits"),
    lesson=5,
    levels="linear",
    critical=[],
    n=dial(100.0, 1, 1000, log=True, integer=True, label="number of pixels"),
    smooth_nr=dial(1.0, 1e-7, 1, log=True, label="constant in the numerator"),
    smooth_dr=dial(1.0, 1e-7, 1, log=True, label="constant in the denominator"),
)
def dice_black_logits(z, *, n, smooth_nr, smooth_dr):
    """Soft Dice of an all-black target as a function of the logit z that all n pixels share.

    The sigmoid's slope p*(1 - p) multiplies the small slope of `dice_black`: at z = 0 and with a
    tiny smoothing constant, almost nothing is left. Cross-entropy has slope 1/2 per pixel there.
    """
    return _dice_loss(0, n * sigmoid(z), smooth_nr, smooth_dr)
