"""Values where a formula reads 0/0, against what Taylor's series say."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest

import toylands as tl
from toylands import landscapes
from toylands.formula.limits import NoLimitError, limit, places, rays

R = "sqrt(x**2 + y**2)"
K = 1.7


# By Taylor's series: cos r = 1 - r^2/2, sin(r)/r = 1 - r^2/6, r tanh r = r^2, r^3 = o(r^2).
@pytest.mark.parametrize(
    ("formula", "point", "loss", "grad", "hessian"),
    [
        (f"cos({R})", (0, 0), 1, (0, 0), (-1, 0, 0, -1)),
        (f"x + sin({R})/{R}", (0, 0), 1, (1, 0), (-1 / 3, 0, 0, -1 / 3)),
        (f"({R})**3 + y**2", (0, 0), 0, (0, 0), (0, 0, 0, 2)),
        (f"{R}*tanh(k*{R})", (0, 0), 0, (0, 0), (2 * K, 0, 0, 2 * K)),
        ("cos(sqrt((x-1)**2 + 4*(y-2)**2))", (1, 2), 1, (0, 0), (-1, 0, 0, -4)),
        ("cos(sqrt(x**2 - 2*x + 1 + y**2))", (1, 0), 1, (0, 0), (-1, 0, 0, -1)),
        ("sin(k*x)/x", (0,), K, (0,), (-(K**3) / 3,)),
        ("sin(x - y)/(x - y)", (0.3, 0.3), 1, (0, 0), (-1 / 3, 1 / 3, 1 / 3, -1 / 3)),
        ("abs(x)**3 + abs(2*x - 2)**3", (0,), 8, (-24,), (48,)),
        ("abs(x*y)**3", (0, 0), 0, (0, 0), (0, 0, 0, 0)),
        ("abs(x*y)**3", (0, 2), 0, (0, 0), (0, 0, 0, 0)),
        ("abs(x)**2.5", (0,), 0, (0,), (0,)),
        ("abs(x)**(k + 1/2)", (0,), 0, (0,), (0,)),
        ("exp(y)*abs(x - y)**2.2", (1, 1), 0, (0, 0), (0, 0, 0, 0)),
        (f"cos({R})*z", (0, 0, 0.7), 0.7, (0, 0, 1), (-0.7, 0, 0, 0, -0.7, 0, 0, 0, 0)),
    ],
)
def test_smooth_at_a_point_where_the_formula_is_not(
    formula: str, point: Any, loss: float, grad: Any, hessian: Any
) -> None:
    land = tl.landscape(formula, **({"k": K} if "k" in formula else {}))
    assert land.loss(point) == pytest.approx(loss, 1e-15)
    np.testing.assert_allclose(land.grad(point), grad, rtol=1e-15, atol=0)
    np.testing.assert_allclose(land.hessian(point).reshape(-1), hessian, rtol=1e-15, atol=0)


@pytest.mark.parametrize(
    ("formula", "grad"),
    [(R, (0, 0)), (f"{R} + 2*x", (2, 0)), (f"exp(-{R})*(1 + y)", (0, 1)), ("x*abs(x)", (0,))],
)
def test_a_tip_has_the_mean_of_its_slopes_and_no_hessian(formula: str, grad: Any) -> None:
    land = tl.landscape(formula)
    origin = np.zeros(land.dim)
    np.testing.assert_array_equal(land.grad(origin), grad)
    assert not np.isfinite(land.hessian(origin)).all()
    assert land.classify(origin) == "kink"


def test_the_logarithm_of_a_square_reaches_its_middle() -> None:
    land = tl.landscape("x**2*log(abs(x))")
    assert land.loss(0.0) == 0
    assert land.grad(0.0) == 0
    assert land.inside(0.0)
    assert land.classify(0.0) == "kink"  # its second derivative is 2 log|x| + 3
    assert not tl.landscape("log(abs(x))").inside(0.0)


def test_powers_of_an_absolute_value_have_the_derivatives_that_exist() -> None:
    land = tl.landscape("abs(sin(x)*y)**n + abs(x)**2.5", n=3.0)
    with mp.workdps(60):
        for n, point in ((3.0, (1e-5, -0.5)), (2.2, (-2e-3, 1e-4)), (4.5, (0.3, 2.0))):

            def exact(x: Any, y: Any, n: float = n) -> Any:
                return abs(mp.sin(x) * y) ** mp.mpf(n) + abs(x) ** mp.mpf(2.5)

            there = tuple(map(mp.mpf, point))
            for i, j in ((0, 0), (0, 1), (1, 1)):
                wanted = float(
                    mp.diff(exact, there, ((2, 0), (1, 1), (0, 2))[i + j], h=mp.mpf(1e-20))
                )
                assert land(n=n).hessian(point)[i, j] == pytest.approx(wanted, 1e-12)
    for n, known in ((3.0, True), (2.2, True), (1.5, False)):
        np.testing.assert_array_equal(land(n=n).grad((0.0, 2.0)), 0)
        assert np.isfinite(land(n=n).hessian((0.0, 2.0))).all() == known
    third = tl.landscape("abs(x)**n", n=3.0)
    assert third(n=3.5).third(0.0) == 0
    assert np.isnan(third.third(0.0)).all()


def test_what_has_no_limit_is_left_alone() -> None:
    for formula in ("1/x + y**2", f"x/{R}", "exp(-1/x**2) + y"):
        land = tl.landscape(formula)
        assert not np.isfinite(land.grad((0.0, 0.0))).all()


def test_work_is_bounded() -> None:
    made = landscapes.ackley.definition.derivation
    (place,) = places([made.loss, *made.grad], made.symbols)
    lines = rays(place, [*made.symbols, *made.parameter_symbols.values()])
    lines[0][0].work[0] = 1_000
    with pytest.raises(NoLimitError):
        limit(made.grad[0], lines)


def test_samples_have_their_own_middle() -> None:
    land = tl.landscape("cos(sqrt((x - a)**2 + y**2))", data={"a": [0.0, 2.0]})
    # At the first sample's middle: the mean of -1 and the Hessian of cos r at (-2, 0).
    np.testing.assert_allclose(
        land.hessian((0.0, 0.0)), np.diag([(-1 - np.cos(2)) / 2, (-1 - np.sin(2) / 2) / 2]), 1e-15
    )


def test_the_drop_wave_keeps_its_digits_near_the_middle() -> None:
    def exact(x: Any, y: Any) -> Any:
        square = x**2 + y**2
        return -(1 + mp.cos(12 * mp.sqrt(square))) / (2 + square / 2)

    with mp.workdps(40):
        for point in ((1e-9, 2e-9), (1e-4, -3e-4), (1e-2, 1e-2)):
            there = tuple(map(mp.mpf, point))
            for order in ((2, 0), (1, 1), (0, 2)):
                wanted = float(mp.diff(exact, there, order))
                i, j = (0, 0) if order[0] == 2 else (0, 1) if order[0] else (1, 1)
                made = landscapes.drop_wave.hessian(point)[i, j]
                assert abs(made - wanted) < 2e-13 * 72.5


def test_walks_arrive() -> None:
    wave = tl.landscape(f"1 - cos({R})")
    for start in ((0.0, 0.0), (0.5, 0.2), (1e-110, 0.0)):
        run = tl.descend(wave, tl.gd(0.5), start=start, steps=60)
        assert str(run.status) == "converged to a minimum"
    assert str(tl.descend(tl.landscape(R), tl.gd(0.5), start=(1.0, 0.0), steps=9).status) == (
        "converged to a kink"
    )
    tip = tl.descend(landscapes.ackley, tl.gd(0.1), start=(0.0, 0.0), steps=9)
    assert str(tip.status) == "converged to a kink"
    cliff = tl.descend(tl.landscape("sqrt(x)"), tl.gd(0.5), start=(0.0,), steps=9)
    assert str(cliff.status) == "no gradient here at step 0"
