"""The landscape record: values of every shape and type, variants, data, games, critical points."""

from __future__ import annotations

import itertools
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from mp_oracle import partial

from toylands.formula import (
    Landscape,
    absolute,
    cos,
    dial,
    exp,
    landscape,
    log,
    maximum,
    minimum,
    plateau,
    saddle,
    sin,
    softplus,
    sqrt,
    valley,
)

pytestmark = pytest.mark.filterwarnings("error")


@landscape(view=((-2, 2), (-1, 3)), a=dial(1.0, 0, 3), b=dial(100.0, 1, 1000, log=True))
def banana(x, y, *, a, b):
    """A curved valley."""
    return (a - x) ** 2 + b * (y - x**2) ** 2


@landscape(view=(-3, 3))
def line(x):
    return x**4 / 4 - cos(x)


@landscape(data={"t": (0.5, -1.0, 2.0, 0.0), "u": (1.0, 0.0, 1.0, 0.0)}, k=dial(0.1, 0, 1))
def logistic(w, b, *, t, u, k):
    """Logistic regression with a weight penalty."""
    return softplus(w * t + b) - u * (w * t + b) + k * w**2


@landscape(players=(1, -1), data={"c": (1.0, 3.0)}, k=dial(1, 0, 2))
def game(x, y, *, c, k):
    """Two players who pull in opposite directions."""
    return c * x * y + k * x**2 / 2 + x * y**3


METHODS = ("loss", "grad", "hessian", "third", "field", "jacobian")
AXES = dict(zip(METHODS, (0, 1, 2, 3, 1, 2), strict=True))


def by_hand(x: float, y: float, a: float = 1.0, b: float = 100.0) -> list[np.ndarray]:
    """Loss, gradient, Hessian and third derivatives of the banana."""
    slope = [-2 * (a - x) - 4 * b * x * (y - x**2), 2 * b * (y - x**2)]
    second = [[2 - 4 * b * y + 12 * b * x**2, -4 * b * x], [-4 * b * x, 2 * b]]
    third = np.zeros((2, 2, 2))
    third[0, 0, 0] = 24 * b * x
    third[0, 0, 1] = third[0, 1, 0] = third[1, 0, 0] = -4 * b
    return [np.array((a - x) ** 2 + b * (y - x**2) ** 2), np.array(slope), np.array(second), third]


def test_values_by_hand() -> None:
    for x, y in itertools.product((-1.5, 0.0, 2.0), (-0.5, 1.0)):
        for method, wanted in zip(METHODS[:4], by_hand(x, y), strict=True):
            np.testing.assert_allclose(getattr(banana, method)((x, y)), wanted, rtol=1e-14)
            moved = getattr(banana(a=0.5, b=7), method)((x, y))
            np.testing.assert_allclose(
                moved, by_hand(x, y, 0.5, 7.0)[METHODS.index(method)], rtol=1e-14
            )


# --- shapes and types -------------------------------------------------------------------------------


@given(
    arrays(
        st.sampled_from(
            [np.float64, np.float32, np.float16, np.int64, np.int8, np.uint16, np.bool_]
        ),
        array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4).map(
            lambda shape: (*shape[:-1], 2)
        ),
        elements=st.sampled_from([0, 1]),
    ),
    st.sampled_from(["C", "F", "reversed", "strided", "list", "read-only"]),
)
def test_any_shape_type_and_layout(theta: np.ndarray, layout: str) -> None:
    plain = np.array(theta, dtype=float)
    given: Any = theta
    if layout == "F":
        given = np.asfortranarray(theta)
    elif layout == "reversed":
        given = theta[..., ::-1].copy()[..., ::-1]
    elif layout == "strided":
        given = np.repeat(theta, 2, axis=-1)[..., ::2]
    elif layout == "list":
        given = theta.tolist() if theta.size else theta
    elif layout == "read-only":
        theta.flags.writeable = False
    lead = theta.shape[:-1]
    for method in METHODS:
        result = getattr(banana, method)(given)
        assert np.shape(result) == lead + (2,) * AXES[method]
        assert result.dtype == np.float64
        single = [getattr(banana, method)(point) for point in plain.reshape(-1, 2)]
        rows = np.reshape(result, (-1, *(2,) * AXES[method])) if single else []
        np.testing.assert_array_equal(rows, single)
    np.testing.assert_array_equal(np.asarray(theta, dtype=float), plain)


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.int8(2), np.array(2.0), [2], (2.0,)])
def test_a_number_is_a_point_of_a_line(number: Any) -> None:
    assert line.loss(number) == pytest.approx(4 - np.cos(2), rel=1e-15)
    assert np.ndim(line.loss(number)) == 0
    assert line.grad(number).shape == (1,)
    assert line.hessian(number).shape == (1, 1)
    assert line.third(number).shape == (1, 1, 1)
    assert line.spectrum(number).eigenvalues.shape == (1,)


def test_many_points_of_a_line_are_a_column() -> None:
    assert line.loss(np.zeros((5, 1))).shape == (5,)
    with pytest.raises(
        ValueError, match=r"line has 1 coordinate \(x\), but theta has shape \(2,\)"
    ):
        line.loss([1.0, 2.0])


@pytest.mark.parametrize(
    ("theta", "error", "words"),
    [
        ((1, 2, 3), ValueError, r"2 coordinates \(x, y\), but theta has shape \(3,\); expected"),
        (np.zeros((2, 3)), ValueError, r"theta has shape \(2, 3\)"),
        (3.0, ValueError, r"theta has shape \(\)"),
        ([], ValueError, r"theta has shape \(0,\)"),
        ("ab", TypeError, "theta='ab' is not an array of real numbers of shape"),
        (["1", "2"], TypeError, "not an array of real numbers"),
        ([1j, 2], TypeError, "not an array of real numbers"),
        ([1, None], TypeError, r"theta=\[1, None\] is not an array of real numbers"),
        ([[1, 2], [3]], TypeError, "not an array of real numbers"),
        (None, TypeError, "theta=None is not"),
        ({"x": 1, "y": 2}, TypeError, "not an array of real numbers"),
        (np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"), TypeError, "real numbers"),
    ],
)
def test_what_is_no_point_is_named(theta: Any, error: type[Exception], words: str) -> None:
    for method in ("loss", "spectrum"):
        with pytest.raises(error, match="banana.*" + words):
            getattr(banana, method)(theta)


def test_points_that_are_not_finite_have_a_defined_result_and_no_warning() -> None:
    for x, y in itertools.product((np.nan, np.inf, -np.inf, 1e200, 0.0), repeat=2):
        for method in METHODS:
            assert getattr(banana, method)((x, y)).shape == (2,) * AXES[method]
        values, vectors = banana.spectrum((x, y))
        assert np.isfinite(values).all() == np.isfinite(banana.hessian((x, y))).all()
        assert np.isnan(vectors).all() == np.isnan(values).all()
    assert np.isnan(banana.loss((np.nan, 0)))
    assert banana.loss((np.inf, 0)) == np.inf
    both = banana.spectrum([[np.nan, 1], [1, 1]])
    assert np.isnan(both.eigenvalues[0]).all()
    assert np.isfinite(both.eigenvalues[1]).all()


# --- the Hessian's eigenvalues ------------------------------------------------------------------------


def test_spectrum_solves_the_eigenvalue_problem() -> None:
    theta = np.random.default_rng(1).uniform(-2, 2, (3, 4, 2))
    values, vectors = banana.spectrum(theta)
    hessian = banana.hessian(theta)
    assert values.shape == (3, 4, 2)
    assert vectors.shape == (3, 4, 2, 2)
    assert (np.diff(values) >= 0).all()
    np.testing.assert_allclose(hessian @ vectors, vectors * values[..., None, :], atol=1e-10)
    identity = np.swapaxes(vectors, -1, -2) @ vectors
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(2), identity.shape), atol=1e-14)


def test_eigenvalues_against_fifty_digits() -> None:
    for x, y in ((-1.2, 1.0), (1.0, 1.0), (0.3, 2.5)):
        (a, b), (_, d) = by_hand(x, y)[2]
        with mp.workdps(50):
            a, b, d = map(mp.mpf, (a, b, d))
            root = mp.sqrt((a - d) ** 2 / 4 + b**2)
            exact = [float((a + d) / 2 - root), float((a + d) / 2 + root)]
        np.testing.assert_allclose(banana.spectrum((x, y)).eigenvalues, exact, rtol=1e-12)


def test_hessian_and_third_derivatives_are_symmetric_to_the_last_bit() -> None:
    @landscape()
    def tangle(x, y, z):
        return exp(x * y) * sin(z - x) / (1 + y**2 * z**2) + x**3 * y / (2 + cos(z))

    theta = np.random.default_rng(2).uniform(-1, 1, (50, 3))
    hessian, third = tangle.hessian(theta), tangle.third(theta)
    np.testing.assert_array_equal(hessian, np.swapaxes(hessian, 1, 2))
    for order in itertools.permutations((1, 2, 3)):
        np.testing.assert_array_equal(third, np.transpose(third, (0, *order)))

    def exact(x: Any, y: Any, z: Any) -> Any:
        return mp.exp(x * y) * mp.sin(z - x) / (1 + y**2 * z**2) + x**3 * y / (2 + mp.cos(z))

    for index in ((0, 0, 0), (0, 1, 2), (2, 2, 1)):
        wanted = partial(exact, theta[0], [index.count(j) for j in range(3)])
        assert third[0][index] == pytest.approx(float(wanted), rel=1e-11)


# --- variants -----------------------------------------------------------------------------------------


def test_a_variant_leaves_the_original_alone() -> None:
    steep = banana(b=1000)
    assert steep.parameters == {"a": 1.0, "b": 1000.0}
    assert banana.parameters == {"a": 1.0, "b": 100.0}
    assert steep(a=0).parameters == {"a": 0.0, "b": 1000.0}
    assert steep.name == "banana"
    assert steep.definition is banana.definition
    assert repr(steep) == "banana(a=1, b=1000)"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"B": 3}, ValueError, "banana has no parameter 'B'; it has 'a' and 'b'. Did you mean 'b'"),
        ({"gamma": 3}, ValueError, "no parameter 'gamma'; it has 'a' and 'b'"),
        ({"b": "3"}, TypeError, "banana: b='3' is not a number"),
        ({"b": None}, TypeError, "b=None is not a number"),
        ({"b": True}, TypeError, "b=True is not a number"),
        ({"b": 1j}, TypeError, "is not a number"),
        ({"b": [[1], [1, 2]]}, TypeError, "is not a number"),
        ({"b": np.nan}, ValueError, "b=nan is not finite"),
        ({"b": [1, np.inf]}, ValueError, r"b=\[1, inf\] is not finite"),
    ],
)
def test_a_wrong_parameter_is_named(changes: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        banana(**changes)


def test_a_landscape_without_parameters_says_so() -> None:
    with pytest.raises(ValueError, match="line has no parameter 'k'; it has no parameters"):
        line(k=3)


# --- data ---------------------------------------------------------------------------------------------


def logistic_by_hand(w: float, b: float, t: Any, u: Any, k: float = 0.1) -> float:
    z = w * np.asarray(t) + b
    return float(np.mean(np.log1p(np.exp(z)) - np.asarray(u) * z) + k * w**2)


def test_the_loss_is_the_mean_over_samples() -> None:
    t, u = logistic.data["t"], logistic.data["u"]
    assert logistic.samples == 4
    assert logistic.loss((0.7, -0.2)) == pytest.approx(logistic_by_hand(0.7, -0.2, t, u), rel=1e-14)
    for index in ([0, 3], [2], [1, 1, 0], np.array([3, 2, 1, 0])):
        wanted = logistic_by_hand(0.7, -0.2, t[index], u[index])
        assert logistic.sample_loss((0.7, -0.2), index) == pytest.approx(wanted, rel=1e-14)
    assert logistic.sample_loss((0.7, -0.2), 2) == logistic.sample_loss((0.7, -0.2), [2])


def test_the_gradient_is_the_mean_over_samples() -> None:
    theta = np.random.default_rng(0).normal(size=(6, 2))
    singles = np.array([logistic.sample_grad(theta, n) for n in range(4)])
    np.testing.assert_allclose(logistic.grad(theta), singles.mean(axis=0), rtol=1e-13)
    wanted = singles[[1, 3]].mean(axis=0)
    np.testing.assert_allclose(logistic.sample_grad(theta, [1, 3]), wanted, rtol=1e-13)
    z = theta[:, :1] * logistic.data["t"] + theta[:, 1:]
    error = 1 / (1 + np.exp(-z)) - logistic.data["u"]
    wanted = np.stack([(error * logistic.data["t"]).mean(1) + 0.2 * theta[:, 0], error.mean(1)], 1)
    np.testing.assert_allclose(logistic.grad(theta), wanted, rtol=1e-13)
    curved = (np.exp(-z) / (1 + np.exp(-z)) ** 2 * logistic.data["t"]).mean(1)
    np.testing.assert_allclose(logistic.hessian(theta)[:, 0, 1], curved, rtol=1e-13)


def test_columns_can_be_replaced() -> None:
    t, u = (1.0, 2.0, 3.0), (0.0, 1.0, 1.0)
    other = logistic(t=t, u=u, k=0)
    assert other.loss((0.5, 1.0)) == pytest.approx(logistic_by_hand(0.5, 1.0, t, u, 0.0), rel=1e-14)
    assert (other.samples, logistic.samples) == (3, 4)
    assert repr(other) == "logistic(k=0, t=[1, 2, 3], u=[0, 1, 1])"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: logistic(t=(1, 2)), ValueError, "columns differ in length: {'t': 2, 'u': 4}"),
        (lambda: logistic(t=(1, 2, np.nan, 3)), ValueError, r"data t\[2\] is not finite"),
        (lambda: logistic(t="abcd"), TypeError, "data t='abcd' are not numbers"),
        (lambda: logistic(T=(1, 2, 3, 4)), ValueError, "it has 'k', 't' and 'u'. Did you mean 't'"),
        (lambda: logistic.sample_loss((0, 0), 4), ValueError, "samples 0 to 3, but index=4"),
        (lambda: logistic.sample_loss((0, 0), -1), ValueError, "samples 0 to 3, but index=-1"),
        (lambda: logistic.sample_grad((0, 0), 1.5), TypeError, "index=1.5 is not a sample number"),
        (lambda: logistic.sample_grad((0, 0), []), TypeError, r"index=\[\] is not a sample number"),
        (lambda: logistic.sample_grad((0, 0), [[1]]), TypeError, "is not a sample number"),
        (lambda: logistic.sample_grad((0, 0), [True]), TypeError, "is not a sample number"),
        (lambda: banana.sample_loss((0, 0), 1), ValueError, "banana has no data"),
    ],
)
def test_wrong_data_are_named(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


# --- games --------------------------------------------------------------------------------------------


def test_each_player_has_a_sign() -> None:
    x, y = 1.0, 2.0
    gradient = np.array([2 * y + x + y**3, 2 * x + 3 * x * y**2])
    hessian = np.array([[1, 2 + 3 * y**2], [2 + 3 * y**2, 6 * x * y]])
    third = np.zeros((2, 2, 2))
    third[0, 1, 1] = third[1, 0, 1] = third[1, 1, 0] = 6 * y
    third[1, 1, 1] = 6 * x
    np.testing.assert_allclose(game.grad((x, y)), gradient, rtol=1e-15)
    np.testing.assert_allclose(game.field((x, y)), gradient * (1, -1), rtol=1e-15)
    np.testing.assert_allclose(game.hessian((x, y)), hessian, rtol=1e-15)
    np.testing.assert_allclose(game.jacobian((x, y)), hessian * [[1], [-1]], rtol=1e-15)
    np.testing.assert_allclose(game.third((x, y)), third, rtol=1e-15)
    np.testing.assert_allclose(game.sample_grad((x, y), 1), np.add(gradient, (y, x)), rtol=1e-15)
    np.testing.assert_allclose(game.spectrum((x, y)).eigenvalues, np.linalg.eigvalsh(hessian))
    assert game.classify((0, 0)) == "equilibrium"


def test_without_players_the_field_is_the_gradient() -> None:
    np.testing.assert_array_equal(banana.field((1, 2)), banana.grad((1, 2)))
    np.testing.assert_array_equal(banana.jacobian((1, 2)), banana.hessian((1, 2)))


# --- critical points ----------------------------------------------------------------------------------


def two_wells() -> Landscape:
    @landscape(
        # Published digits only: Newton's method finds the others.
        critical=lambda c: [
            minimum((-1.4142, 0), -1.0),
            minimum((1.4142, 0), -1.0),
            saddle((0.0001, 0), 0.0),
        ],
        c=dial(2.0, 0.5, 4),
    )
    def wells(x, y, *, c):
        return x**4 / 4 - c * x**2 / 2 + y**2 / 2

    return wells


def test_points_that_have_gone_to_infinity_are_not_there() -> None:
    @landscape(critical=lambda scale: [minimum((1 / scale,), 0.0)], scale=dial(2.0, 1, 10))
    def ruler(x: Any, *, scale: Any) -> Any:
        return (scale * x - 1) ** 2

    assert [float(p.point[0]) for p in ruler.minima] == [0.5]
    assert ruler(scale=0).critical_points == []


def test_declared_points_are_refined_and_classified() -> None:
    left, right, middle = two_wells().critical_points
    np.testing.assert_allclose(left.point, (-np.sqrt(2), 0), rtol=1e-15)
    np.testing.assert_allclose(right.point, (np.sqrt(2), 0), rtol=1e-15)
    np.testing.assert_allclose(middle.point, (0, 0), atol=1e-15)
    assert [p.kind for p in (left, right, middle)] == ["minimum", "minimum", "saddle"]
    assert [p.index for p in (left, right, middle)] == [0, 0, 1]
    assert left.loss == pytest.approx(-1, rel=1e-15)
    np.testing.assert_allclose(left.eigenvalues, (1, 4), rtol=1e-14)
    np.testing.assert_allclose(middle.eigenvalues, (-2, 1), rtol=1e-14)
    assert two_wells().minima[0].kind == "minimum"
    assert len(two_wells().minima) == 2


KINDS = {
    "minimum": (lambda x, y: x**2 + x * y + y**2, (0, 0), 0),
    "saddle": (lambda x, y: x**2 - 3 * y**2, (0, 0), 1),
    "maximum": (lambda x, y: -(x**2) - 2 * y**2, (0, 0), 2),
    "valley": (lambda x, y: (x * y - 1) ** 2, (2, 0.5), 0),
    "ridge": (lambda x, y: -((x - y) ** 2), (1, 1), 1),
    "plateau": (lambda x, y: x**4 + y**4, (0, 0), 0),
    "kink": (lambda x, y: sqrt(x**2 + y**2), (0, 0), 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_stationary_points(kind: str) -> None:
    function, point, index = KINDS[kind]
    land = landscape(critical=[minimum(point)])(function)
    assert land.classify(point) == kind
    described = land.critical_point(point)
    assert (described.kind, described.index) == (kind, index)
    np.testing.assert_array_equal(described.point, point)


def test_the_tip_of_an_absolute_value_is_a_kink() -> None:
    @landscape(kink="at x = 0", critical=[minimum((0, 0), 0.0)])
    def tent(x, y):
        return absolute(x) + y**2

    (tip,) = tent.critical_points
    assert (tip.kind, tip.loss, tip.index) == ("minimum", 0.0, 0)
    assert np.isnan(tip.eigenvalues).all()
    assert tent.classify((0, 0)) == "kink"
    assert tent.classify((1, 0)) == "valley"
    assert tent.minima[0].kind == "minimum"


def test_refinement_is_quadratic() -> None:
    errors = [abs(two_wells().refine((1.3, 0), iterations=n)[0] - np.sqrt(2)) for n in range(1, 6)]
    assert errors[-1] < 1e-15
    # Newton's constant here: half the third derivative over the second, 3*sqrt(2)/4 = 1.06.
    assert errors[1] == pytest.approx(1.06 * errors[0] ** 2, rel=0.1)


def test_refinement_leaves_a_valley_sideways_alone() -> None:
    @landscape(critical=[valley((2, 0.5001), 0.0)])
    def hyperbola(x, y):
        return (x * y - 1) ** 2

    (point,) = hyperbola.critical_points
    assert point.kind == "valley"
    assert float(point.point[0] * point.point[1]) == pytest.approx(1, abs=1e-14)
    assert np.linalg.norm(point.point - (2, 0.5)) < 5e-4  # a few times what was off by declaration
    np.testing.assert_array_equal(hyperbola.refine((4, 0.25)), (4, 0.25))


def test_refinement_of_flat_points() -> None:
    @landscape(critical=[plateau((0, 0)), maximum((0, 0))])
    def flat(x, y):
        return x**4 - y**6

    assert [p.kind for p in flat.critical_points] == ["plateau", "plateau"]
    assert np.abs(flat.refine((0.1, 0.0))).max() < 1e-4


def test_refinement_stops_where_nothing_is_finite() -> None:
    @landscape()
    def pole(x):
        return log(x) + 1 / x

    np.testing.assert_allclose(pole.refine(0.9), (1.0,), rtol=1e-15)
    assert np.isfinite(pole.refine(0.0)).all()


def test_declared_points_follow_parameters_and_data() -> None:
    @landscape(
        data={"t": (1.0, 3.0)}, a=dial(2, 1, 3), critical=lambda t, a: [minimum((a * np.mean(t),))]
    )
    def mean(x, *, t, a):
        return (x - a * t) ** 2

    assert mean.critical_points[0].point == pytest.approx(4)
    assert mean(a=1, t=(5, 6)).critical_points[0].point == pytest.approx(5.5)
    with pytest.raises(ValueError, match=r"has one 'a' per walker.*choose one, mean\(a=...\)"):
        _ = mean(a=[1.0, 2.0]).critical_points


def test_a_point_in_a_game_is_an_equilibrium() -> None:
    point = game.critical_point((0, 0))
    assert (point.kind, repr(point)) == ("equilibrium", "stable equilibrium at (0, 0), value 0")
    rates = (-1 + np.sqrt(15) * np.array([-1j, 1j])) / 2  # of theta' = (-x - 2y, 2x)
    np.testing.assert_allclose(point.rates, rates, rtol=1e-14)


def test_rates_of_the_flow_at_many_points() -> None:
    points = np.array([[[0.3, -0.2], [1.0, 2.0]], [[0.0, 0.0], [-1.0, 0.5]]])
    rates = game.flow_rates(points)
    assert rates.shape == (2, 2, 2)
    for point, found in zip(points.reshape(-1, 2), rates.reshape(-1, 2), strict=True):
        jacobian = -game.jacobian(point)
        np.testing.assert_allclose(found.sum(), np.trace(jacobian), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found.prod(), np.linalg.det(jacobian), rtol=1e-12, atol=1e-12)
        assert found[0].real <= found[1].real
    np.testing.assert_allclose(
        banana.flow_rates((0.5, 0.5))[::-1], -banana.spectrum((0.5, 0.5)).eigenvalues, rtol=1e-12
    )
    assert np.isnan(banana.flow_rates((np.nan, 0))).all()


def test_newtons_step() -> None:
    points = np.array([[0.3, 0.2], [-1.0, 1.5], [np.nan, 0.0]])
    steps = banana.newton_step(points)
    for point, step in zip(points[:2], steps[:2], strict=True):
        np.testing.assert_allclose(banana.hessian(point) @ step, banana.grad(point), rtol=1e-10)
    assert np.isnan(steps[2]).all()
    step = game.newton_step((0.1, 0.2))
    np.testing.assert_allclose(game.jacobian((0.1, 0.2)) @ step, game.field((0.1, 0.2)), rtol=1e-12)
