"""One formula is the single source of a landscape.

    from toylands.formula import landscape, dial, minimum

    @landscape(view=((-2, 2), (-2, 2)), k=dial(10.0, 1, 100, log=True))
    def bowl(x, y, *, k):
        "A bowl, k times steeper in y."
        return (x**2 + k*y**2)/2

Loss, gradient, Hessian, LaTeX and compiled kernels all follow from it.
"""

from __future__ import annotations

from toylands.formula.declare import (
    CriticalPoint,
    Declared,
    Dial,
    dial,
    equilibrium,
    maximum,
    minimum,
    plateau,
    ridge,
    saddle,
    valley,
)
from toylands.formula.functions import (
    absolute,
    acos,
    asin,
    atan,
    cos,
    cosh,
    e,
    erf,
    exp,
    expm1,
    log,
    log1p,
    maximum_of,
    minimum_of,
    normal_cdf,
    pi,
    relu,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    where,
)
from toylands.formula.landscape import Landscape, Spectrum, landscape

__all__ = [
    "CriticalPoint",
    "Declared",
    "Dial",
    "Landscape",
    "Spectrum",
    "absolute",
    "acos",
    "asin",
    "atan",
    "cos",
    "cosh",
    "dial",
    "e",
    "equilibrium",
    "erf",
    "exp",
    "expm1",
    "landscape",
    "log",
    "log1p",
    "maximum",
    "maximum_of",
    "minimum",
    "minimum_of",
    "normal_cdf",
    "pi",
    "plateau",
    "relu",
    "ridge",
    "saddle",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "valley",
    "where",
]
