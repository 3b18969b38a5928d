"""The ladder that every landscape of the catalogue climbs; the first failing rung names the fault.

1 it is what it says (name, window, declared values)    5 nothing lies below a declared minimum
2 gradient and 3 Hessian against 50-digit mpmath        6 the LaTeX says what the kernel computes
4 declared stationary points are what they are called   7 many points at once, or one by one
                                                        8 extreme inputs give a defined result

Rungs 2 to 4 differentiate, at 50 digits, a formula that was typed independently (`oracles.py`). A
computed number may differ from the exact one by 1e-12 of its size plus 1e-12 of its condition: the
change of the exact value when all inputs (coordinates and parameters) change by a relative unit,
estimated from a relative perturbation of 1e-15 at 50 digits. Everything is tried at the default
parameters and at one random setting inside the dials.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import math
import pkgutil
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from latex_reader import read
from numpy.testing import assert_allclose, assert_array_equal

import toylands.landscapes
from toylands.formula import Landscape

DIGITS = 50
#: Where a slope of 1e-300 stands beside a ripple of 1e-2, differences need more digits.
MORE_DIGITS = {"masked_cliff": 400}
TOLERANCE = 1e-12
#: Landscapes that have no second formula, with the reason (a hand-written kernel, say).
WITHOUT_ORACLE: dict[str, str] = {}

ORACLES: dict[str, Callable[..., Any]] = {}
for _path in sorted(Path(__file__).parent.glob("oracles*.py")):
    ORACLES.update(importlib.import_module(_path.stem).ORACLES)

CATALOGUE = list(toylands.landscapes.catalogue())


def generator(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def elsewhere(land: Landscape) -> Landscape:
    """The landscape with every dial at a random place inside its range."""
    rng = generator(land.name)
    values = {}
    for name, dial in land.dials.items():
        low, high = (np.log(dial.low), np.log(dial.high)) if dial.log else (dial.low, dial.high)
        value = rng.uniform(low, high)
        values[name] = float(np.exp(value)) if dial.log else float(value)
    return land(**values)


def named(land: Landscape, what: str) -> Any:
    return pytest.param(land, id=f"{land.name}-{what}")


def test_every_dial_says_what_its_letter_stands_for() -> None:
    labels = {
        (land.name, name): dial.label for land in CATALOGUE for name, dial in land.dials.items()
    }
    assert len(labels) > 100
    assert [place for place, label in labels.items() if not 3 < len(label) <= 34] == []
    assert toylands.landscapes.bowl.dials["a"].label in toylands.catalogue()._repr_html_()


EVERY = [pytest.param(land, id=land.name) for land in CATALOGUE]
SETTINGS = [named(land, "default") for land in CATALOGUE]
SETTINGS += [named(elsewhere(land), "elsewhere") for land in CATALOGUE if land.dials]
COMPARED = [p for p in SETTINGS if p.values[0].name in ORACLES]
BOTTOMED = [
    p for p in SETTINGS if any(d.kind in ("minimum", "valley") for d in p.values[0].declared)
]
every_landscape = pytest.mark.parametrize("land", EVERY)
every_setting = pytest.mark.parametrize("land", SETTINGS)
compared = pytest.mark.parametrize("land", COMPARED)


def random_points(land: Landscape, count: int) -> np.ndarray:
    """Random points of the window, shape (count, d)."""
    low, high = np.array(land.view).T
    return generator(land.name + "points").uniform(low, high, (count, land.dim))


# --- the exact side -------------------------------------------------------------------------------


def partial(function: Callable[..., Any], theta: Sequence[Any], order: tuple[int, ...]) -> Any:
    """A partial derivative, all digits of `mp.dps` or nearly."""
    if not any(order):
        return function(*theta)
    with mp.extradps(10):
        return mp.diff(function, tuple(theta), order)


def orders(dim: int, total: int) -> list[tuple[int, ...]]:
    """The multi-indices of the gradient (total 1) or of the upper Hessian (total 2)."""
    chosen = itertools.combinations_with_replacement(range(dim), total)
    return [tuple(index.count(j) for j in range(dim)) for index in chosen]


def exact(land: Landscape, theta: Any, total: int, shift: float = 0.0) -> list[Any]:
    """The loss (total 0), gradient (1) or upper Hessian (2) by mpmath.

    With a `shift`, every coordinate and parameter is multiplied by 1 plus or minus that much, with
    random but repeatable signs.
    """
    rng = generator(land.name + "signs")

    def number(value: float) -> Any:
        return mp.mpf(float(value)) * (1 + shift * int(rng.choice((-1, 1))))

    with mp.workdps(MORE_DIGITS.get(land.name, DIGITS)):
        point = [number(value) for value in theta]
        parameters = {name: number(value) for name, value in land.parameters.items()}
        arguments: list[Any] = [parameters]
        if land.data:
            columns = land.data.items()
            arguments.append({name: [mp.mpf(float(v)) for v in column] for name, column in columns})
        function = functools.partial(_splayed, ORACLES[land.name], arguments)
        return [partial(function, point, order) for order in orders(land.dim, total)]


def _splayed(function: Callable[..., Any], arguments: list[Any], *theta: Any) -> Any:
    return function(list(theta), *arguments)


def compare(land: Landscape, theta: np.ndarray, total: int, computed: np.ndarray) -> None:
    """Assert that computed numbers are the exact ones, as far as their condition allows."""
    relative = 1e-15
    values = exact(land, theta, total)
    moved = exact(land, theta, total, relative)
    for value, other, got in zip(values, moved, np.ravel(computed), strict=True):
        condition = abs(other - value) / relative
        allowed = TOLERANCE * float(abs(value) + condition)
        assert abs(float(mp.mpf(float(got)) - value)) <= allowed, (
            f"at {theta.tolist()}: computed {float(got)!r}, exact {mp.nstr(value, 17)}"
        )


def upper(matrix: np.ndarray) -> np.ndarray:
    """The upper triangle of a matrix, row by row."""
    return matrix[np.triu_indices(matrix.shape[-1])]


# --- the rungs ------------------------------------------------------------------------------------


@every_landscape
def test_1_it_is_what_it_says(land: Landscape) -> None:
    assert getattr(toylands.landscapes, land.name) is land, "hidden by a module of the same name?"
    assert land.title.endswith("."), "the first sentence of the docstring is the title"
    assert land.doc.count("\n\n") >= 1, "a description follows the title"
    assert land.source, "where does it come from?"
    assert land.tags, "by which words is it found?"
    for (low, high), start in zip(land.view, land.start, strict=True):
        assert low <= start <= high, "the default start lies in the default window"
    assert np.isfinite(land.loss(land.start))
    assert np.linalg.norm(land.grad(land.start)) > 0, "a start at a stationary point shows nothing"


MODULES = [
    importlib.import_module(f"toylands.landscapes.{module.name}")
    for module in pkgutil.iter_modules(toylands.landscapes.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_1_the_examples_of_the_modules_run(module: ModuleType) -> None:
    names = {"tl": toylands}
    for line in (module.__doc__ or "").splitlines():
        if line.startswith("    "):
            exec(line.strip(), names)


@every_setting
def test_1_declared_values_are_the_values(land: Landscape) -> None:
    for declared, point in zip(land.declared, land.critical_points, strict=True):
        accuracy = declared.tol * (1 + np.abs(declared.point))
        assert np.all(np.abs(point.point - declared.point) <= accuracy), (declared, point)
        if declared.loss is not None:
            assert_allclose(point.loss, declared.loss, rtol=declared.tol, atol=declared.tol)


def test_2_every_landscape_has_a_second_formula() -> None:
    names = {land.name for land in CATALOGUE}
    assert names - set(ORACLES) == set(WITHOUT_ORACLE), (
        "type the formula in tests/landscapes/oracles.py, or give the reason in WITHOUT_ORACLE"
    )
    assert set(ORACLES) <= names, "oracles without a landscape"


@compared
def test_2_loss_and_gradient_are_exact(land: Landscape) -> None:
    for theta in random_points(land, 3):
        compare(land, theta, 0, land.loss(theta))
        compare(land, theta, 1, land.grad(theta))
        signs = np.ones(land.dim) if land.players is None else np.array(land.players)
        assert_array_equal(land.field(theta), signs * land.grad(theta))


@compared
def test_3_hessian_is_exact_and_symmetric(land: Landscape) -> None:
    for theta in random_points(land, 2):
        hessian = land.hessian(theta)
        assert_array_equal(hessian, hessian.T)
        compare(land, theta, 2, upper(hessian))
        signs = np.ones(land.dim) if land.players is None else np.array(land.players)
        assert_array_equal(land.jacobian(theta), signs[:, None] * hessian)


def test_3_a_planted_error_is_found() -> None:
    """The comparison can fail: one part in 1e10, or a wrong sign, is seen."""
    land = toylands.landscapes.rosenbrock
    theta = np.array([0.3, 0.4])
    compare(land, theta, 1, land.grad(theta))
    with pytest.raises(AssertionError, match="computed"):
        compare(land, theta, 1, land.grad(theta) * (1 + 1e-10))
    with pytest.raises(AssertionError, match="computed"):
        compare(land, theta, 2, upper(land.hessian(theta)) * (1, -1, 1))


def kind_of(eigenvalues: np.ndarray) -> str:
    """The name of a stationary point, by the signs of its eigenvalues."""
    zero = 1e-9 * max(float(np.abs(eigenvalues).max()), 1e-3)
    up, down = bool((eigenvalues > zero).any()), bool((eigenvalues < -zero).any())
    flat = bool((np.abs(eigenvalues) <= zero).any())
    names: Mapping[tuple[bool, bool], str] = {
        (True, True): "saddle",
        (True, False): "valley" if flat else "minimum",
        (False, True): "ridge" if flat else "maximum",
        (False, False): "plateau",
    }
    return names[up, down]


def flow_of(matrix: np.ndarray) -> str:
    """What the flow z' = Mz does, by mpmath's eigenvalues."""
    with mp.workdps(DIGITS):
        rates = mp.eig(mp.matrix(matrix), left=False, right=False)
        tiny = 1e-9 * max(1e-3, *(float(abs(rate)) for rate in rates))
        if any(mp.re(rate) > tiny for rate in rates):
            return "unstable"
        if any(abs(rate) < tiny for rate in rates):
            return "flat"
        return "stable" if all(mp.re(rate) < -tiny for rate in rates) else "rotating"


GAMES = [named(land, "default") for land in CATALOGUE if land.players]


@pytest.mark.parametrize("land", GAMES)
def test_4_a_game_has_its_equilibrium_declared_or_has_none(land: Landscape) -> None:
    """Walked by the exact flow's Newton method from a grid: what is found is declared."""
    from toylands.geometry import find_critical_points

    declared = {tuple(point.point.round(9)) for point in land.critical_points}
    found = {tuple(point.point.round(9)) for point in find_critical_points(land)}
    assert found == declared
    if not declared:
        assert "No equilibrium is declared" in land.doc


def test_4_the_masked_cliff_has_no_equilibrium() -> None:
    """At 400 digits the slope along x is above 0 on the top of a ripple, where doubles say 0."""
    land = toylands.landscapes.masked_cliff
    theta = (0.2, math.pi / 200)
    assert mp.mpf(10) ** -350 < exact(land, theta, 1)[0] < mp.mpf(10) ** -345
    assert land.grad(theta)[0] == 0


@compared
def test_4_declared_points_are_stationary_and_of_their_kind(land: Landscape) -> None:
    pairs = list(zip(land.declared, land.critical_points, strict=True))
    if len(pairs) > 12:  # a sample that includes the best
        order = generator(land.name + "pairs").permutation(len(pairs))
        best = min(range(len(pairs)), key=lambda i: pairs[i][1].loss)
        pairs = [pairs[i] for i in {best, *order[:11].tolist()}]
    for declared, point in pairs:
        assert point.kind == declared.kind
        if not np.isfinite(point.eigenvalues).all():  # a kink: no derivative, but values around it
            assert land.kink, "only a landscape with a kink may have no Hessian"
            around = point.point + 1e-3 * np.vstack([np.eye(land.dim), -np.eye(land.dim)])
            assert declared.kind == "minimum"
            assert np.all(land.loss(around) > point.loss)
            continue
        hessian = np.zeros((land.dim, land.dim))
        hessian[np.triu_indices(land.dim)] = [float(v) for v in exact(land, point.point, 2)]
        hessian = hessian + np.triu(hessian, 1).T
        eigenvalues = np.linalg.eigvalsh(hessian)
        if land.players is None:
            assert kind_of(eigenvalues) == declared.kind
            assert point.flow is None
        else:
            assert declared.kind == "equilibrium"
            assert point.flow == flow_of(-np.array(land.players)[:, None] * hessian)
        assert point.index == int(np.sum(eigenvalues < -1e-9 * max(1e-3, np.abs(hessian).max())))
        # Where the curvature is, the distance to the exact point; elsewhere, the slope itself.
        gradient = np.array([float(v) for v in exact(land, point.point, 1)])
        scale = 1e-12 * (1 + np.abs(point.point).max())
        distance = np.linalg.pinv(hessian, rcond=1e-9, hermitian=True) @ gradient
        assert np.all(np.abs(distance) <= scale)
        assert np.all(
            np.abs(gradient - hessian @ distance) <= scale * max(1, np.abs(hessian).max())
        )


def grid(land: Landscape) -> np.ndarray:
    """A fine grid over the window, shape (n, d)."""
    size = {1: 20_001, 2: 301, 3: 41, 4: 15}.get(land.dim, 5)
    axes = [np.linspace(low, high, size) for low, high in land.view]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, land.dim)


@pytest.mark.parametrize("land", BOTTOMED)
def test_5_nothing_lies_below_the_declared_minimum(land: Landscape) -> None:
    best = min(point.loss for point in land.minima)
    lowest = np.nanmin(land.loss(grid(land)))
    assert lowest >= best - 1e-12 * (1 + abs(best))


@every_setting
def test_6_the_latex_says_what_the_kernel_computes(land: Landscape) -> None:
    """The typeset text, read by a parser of its own, has the values of the compiled kernel.

    This covers signs, brackets, fractions and names as printed, not how pretty the print is.
    """
    text = land.latex.loss
    for theta in random_points(land, 2):
        with mp.workdps(30):
            values = dict(zip(land.coordinates, map(mp.mpf, theta.tolist()), strict=True))
            values |= {name: mp.mpf(value) for name, value in land.parameters.items()}
            data = {name: [mp.mpf(v) for v in c.tolist()] for name, c in land.data.items()}
            shown = float(read(text, values, data))
        assert_allclose(shown, land.loss(theta), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["rosenbrock", "dice", "tanh_neuron", "uvw_product", "bce_logits"])
def test_6_the_latex_of_the_derivatives_too(name: str) -> None:
    """The simplified gradient and Hessian that a lesson shows are those of the kernel."""
    land = toylands.landscapes.get(name)
    (theta,) = random_points(land, 1)
    values = dict(zip(land.coordinates, map(mp.mpf, theta.tolist()), strict=True))
    values |= {name: mp.mpf(value) for name, value in land.parameters.items()}
    data = {name: [mp.mpf(v) for v in column.tolist()] for name, column in land.data.items()}
    begin, end = r"\left[\begin{matrix}", r"\end{matrix}\right]"
    for text, computed in (
        (land.latex.grad, land.grad(theta)),
        (land.latex.hessian, land.hessian(theta)),
    ):
        mean, _, entries = text.partition(begin)
        cells = entries.removesuffix(end).replace(r"\\", "&").split("&")
        shown = [float(read(mean + cell, values, data)) for cell in cells]
        assert_allclose(shown, computed.ravel(), rtol=1e-11)


def test_6_a_planted_error_is_found() -> None:
    text = toylands.landscapes.rosenbrock.latex.loss
    values = {"x": mp.mpf(2), "y": mp.mpf(3), "a": mp.mpf(1), "b": mp.mpf(100)}
    assert read(text, values) == toylands.landscapes.rosenbrock.loss((2, 3)) == 101
    assert read(text.replace("x^{2}", "x^{3}"), values) != 101
    assert read(text.replace("a - x", "a + x"), values) != 101
    with pytest.raises(SyntaxError):
        read(text.replace(r"\right)", "", 1), values)
    with pytest.raises(SyntaxError):
        read(text + " q", values)


NEIGHBOURS = [3e6, -1e15, 1e300, np.inf, np.nan]


@every_setting
def test_7_many_points_at_once_or_one_by_one(land: Landscape) -> None:
    points = random_points(land, 300)  # more than one block of walkers
    single = [(land.loss(p), land.grad(p), land.hessian(p)) for p in points[:12]]
    for shape in ((5,), (3, 4), (300,), (1, 1)):
        count = int(np.prod(shape))
        theta = points[:count].reshape(*shape, land.dim)
        results = land.loss(theta), land.grad(theta), land.hessian(theta)
        for order, result in enumerate(results):
            assert result.shape == shape + (land.dim,) * order
            flat = result.reshape(count, *(land.dim,) * order)
            for one, many in zip(single, flat, strict=False):
                assert_array_equal(many, one[order])
    assert np.shape(single[0][0]) == ()
    # A neighbour in the block may be anywhere: at a far angle, at infinity, or nowhere.
    crowd = points[:40].copy()
    crowd[12 : 12 + len(NEIGHBOURS)] = np.array(NEIGHBOURS)[:, None]
    results = land.loss(crowd), land.grad(crowd), land.hessian(crowd)
    for order, result in enumerate(results):
        assert_array_equal(result[:12], [one[order] for one in single])


@pytest.mark.parametrize("land", [p for p in EVERY if p.values[0].dials])
def test_7_parameters_for_each_point_or_for_all(land: Landscape) -> None:
    points = random_points(land, 6)
    variants = [land, elsewhere(land)] * 3
    values = {name: [v.parameters[name] for v in variants] for name in land.dials}
    each = land(**{name: np.array(column) for name, column in values.items()})
    one_by_one = [v.loss(p) for v, p in zip(variants, points, strict=True)]
    assert_array_equal(each.loss(points), one_by_one)
    one_by_one = [v.grad(p) for v, p in zip(variants, points, strict=True)]
    assert_array_equal(each.grad(points), one_by_one)


EXTREMES = [1e300, -1e300, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 0.0]


@every_landscape
def test_8_extreme_inputs_give_a_defined_result(land: Landscape) -> None:
    """No exception and no warning; what is not a number stays so; shapes hold."""
    rows = [np.full(land.dim, value) for value in EXTREMES]
    for value, j in itertools.product(EXTREMES, range(land.dim)):
        row = np.array(land.start)
        row[j] = value
        rows.append(row)
    theta = np.array(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradient, hessian = land.loss(theta), land.grad(theta), land.hessian(theta)
        spectrum = land.spectrum(theta)
    assert loss.shape == (len(rows),)
    assert gradient.shape == theta.shape
    assert hessian.shape == (*theta.shape, land.dim)
    assert spectrum.eigenvalues.shape == theta.shape
    assert np.all(np.isnan(loss[np.isnan(theta).any(axis=1)]))
