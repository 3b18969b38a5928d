"""Doubts about flatness: the same function, made as sharp as one likes.

    tl.landscapes.cubed_ruler_1d.minima                       # curvature 9 instead of 1
    tl.landscapes.scaled_ruler_1d(scale=100).minima           # 10,000
    tl.landscapes.train_and_test(test=1).loss((2.2, -0.4))    # 2, at an interpolator as flat as any

Sharpness decides how large a step may be. What it says about test error depends on the ruler by
which parameters are measured, and in least squares it says nothing.
"""

from __future__ import annotations

from toylands.formula import Declared, dial, landscape, minimum, valley


@landscape(
    view=((-1.2, 1.6),),
    start=(-1.0,),
    source="Dinh, Pascanu, Bengio and Bengio 2017",
    tags=("sharp and flat", "reparametrisation", "plateau"),
    lesson=12,
    levels="quantile",
    critical=lambda a: [minimum((1,), 0.0)],
    a=dial(1.0, 0.1, 10, log=True, label="curvature of the parabola"),
)
def cubed_ruler_1d(s, *, a):
    """The parabola a (θ − 1)²/2, with the parameter written as θ = s³.

    The same functions, another ruler: at the minimum the curvature is multiplied by the square of
    d theta/ds = 3, so by 9. At s = 0 the new ruler stands still and makes a plateau where the
    parabola has a slope.
    """
    return a * (s**3 - 1) ** 2 / 2


@landscape(
    view=((-0.5, 0.5),),
    start=(-0.3,),
    source="Dinh, Pascanu, Bengio and Bengio 2017",
    tags=("sharp and flat", "reparametrisation", "quadratic"),
    lesson=12,
    levels="quantile",
    critical=lambda scale: [minimum((1 / scale,), 0.0)],
    scale=dial(10.0, 2.5, 100, log=True, label="length of the unit"),
)
def scaled_ruler_1d(e, *, scale):
    """The parabola (θ − 1)²/2, with the parameter measured in other units, θ = scale · e.

    The curvature is scale^2 at the same minimum of the same function, and the largest stable
    learning rate falls to 2/scale^2: for the optimizer the ruler is real.
    """
    return (scale * e - 1) ** 2 / 2


def _train_and_test_points(test: float) -> list[Declared]:
    if test == 0:
        return [valley((0.6, 0.8), 0.0), valley((2.2, -0.4), 0.0)]
    return [minimum((0.6, 0.8), 0.0)]


@landscape(
    view=((-1, 3), (-1.5, 2)),
    start=(2.5, 1.5),
    source="elementary; the question is that of Andriushchenko et al. 2023",
    tags=("sharp and flat", "generalisation", "valley", "quadratic", "regression"),
    lesson=12,
    levels="quantile",
    critical=_train_and_test_points,
    test=dial(0.0, 0, 1, label="0: training, 1: testing"),
)
def train_and_test(a, b, *, test):
    """Least squares on one example, turned by a dial into the risk on all possible ones.

    With test = 0 it is the training loss (3a + 4b - 5)^2/2: its minima fill a line, and all of them
    have exactly the same Hessian. With test = 1 it is the test risk |w - (0.6, 0.8)|^2/2, which runs
    from 0 up along that same line. Two interpolators are equally flat; one is perfect and one is
    not. Between 0 and 1 it is the mixture.
    """
    training = (3 * a + 4 * b - 5) ** 2 / 2
    risk = ((a - 0.6) ** 2 + (b - 0.8) ** 2) / 2
    return (1 - test) * training + test * risk
