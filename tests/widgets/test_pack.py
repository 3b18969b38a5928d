"""What the page reads is what was computed: every byte decoded again, by a reader written from the format.

The format: little-endian; per walk float32 coordinates, then loss, gradient norm and sharpness as 16-bit
codes, padded to four bytes: 65000 magnitudes on a logarithmic scale or, where there are negative
numbers, 32500 for each sign, the negative ones second; 65535 is not a number, 65534 zero, 65533 and 65532
the infinities.
"""

from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import toylands as tl
from toylands.widgets import compute, pack
from toylands.widgets import scene as scenes


def walks_of(land: tl.Landscape, opts: list[tl.Optimizer], **options: Any) -> list[compute.Walk]:
    scene = scenes.new_scene(land, opts, **options)
    return compute.walks(scene, land)


class Reader:
    """Reads numbers off a buffer, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, kind: str, count: int) -> np.ndarray:
        part = np.frombuffer(self.data, kind, count, self.at)
        self.at += part.nbytes
        return part

    def curve(self, rows: int, scale: list[float]) -> np.ndarray:
        codes = self.take("<u2", rows).astype(int)
        low, high, signed = scale
        each = 32500 if signed else 65000
        size = np.exp(low + (codes % each) / (each - 1) * (high - low))
        read = np.where(codes < each, size, -size)
        for code, value in ((65535, np.nan), (65534, 0.0), (65533, np.inf), (65532, -np.inf)):
            read[codes == code] = value
        return read


def check_curve(read: np.ndarray, exact: np.ndarray, scale: list[float]) -> None:
    """Half a step of the logarithmic scale is all that may be lost (and nine digits of its ends)."""
    drawn = np.isfinite(exact) & (exact != 0)
    np.testing.assert_array_equal(read[~drawn], exact[~drawn])
    np.testing.assert_array_equal(np.sign(read[drawn]), np.sign(exact[drawn]))
    allowed = (scale[1] - scale[0]) / (32499 if scale[2] else 64999) / 2 + 2e-9
    off = np.abs(np.log(np.abs(read[drawn])) - np.log(np.abs(exact[drawn])))
    np.testing.assert_array_less(off, allowed)


@pytest.mark.parametrize(
    ("name", "opts", "options"),
    [
        ("rosenbrock", [tl.gd(1e-3), tl.momentum(1e-3), tl.adam(0.1), tl.sam(tl.gd(1e-3))], {}),
        ("parabola", [tl.gd(0.1), tl.adam(0.1)], {"steps": 31}),  # an odd number of 16-bit codes
        ("bowl", [tl.gd(0.3), tl.gd(0.1)], {"steps": 200}),  # the first one diverges
        ("bowl", [tl.gd(0.1)], {"start": (0, 0)}),  # nothing but zeros
        ("quartic_saddle", [tl.gd(0.1)], {"start": (0.3, 0)}),
        ("six_hump_camel", [tl.gd(0.01)], {"start": (1.5, 1.0)}),  # the loss falls below zero
        ("saddle", [tl.gd(0.1)], {"start": (1.0, 0.0)}),  # its loss ends at zero
    ],
)
def test_the_walks_come_back(name: str, opts: list[tl.Optimizer], options: dict[str, Any]) -> None:
    land = tl.landscapes.get(name)
    walks = walks_of(land, opts, **options)
    data, scales = pack.pack_walks(walks)
    reader = Reader(data)
    for walk, own in zip(walks, scales, strict=True):
        run = walk.trajectory
        rows = len(run.path)
        for axis in range(land.dim):
            coordinate = run.path[:, axis]
            np.testing.assert_array_equal(reader.take("<f4", rows), coordinate.astype("f4"))
            np.testing.assert_allclose(coordinate.astype("f4"), coordinate, rtol=2**-24, atol=1e-38)
        sharpness = np.linalg.eigvalsh(land.hessian(run.path))[:, -1]
        for exact, scale in zip((run.loss, run.grad_norm, sharpness), own, strict=True):
            read = reader.curve(rows, scale)
            if exact is sharpness:  # two ways to an eigenvalue differ by rounding
                np.testing.assert_allclose(read, exact, rtol=2e-3, atol=1e-9)
            else:
                check_curve(read, exact, scale)
        reader.at += -reader.at % 4
    assert reader.at == len(data)


values = st.floats(allow_nan=True, allow_infinity=True)


def test_a_point_of_a_walk_tells_its_slope_and_curvature() -> None:
    """In closed form on Rosenbrock's valley; of a point far out, None for what is not finite."""
    (walk,) = walks_of(tl.landscapes.rosenbrock, [tl.gd(1e-3)], steps=5)
    x, y = walk.trajectory.path[3]
    row, *numbers = pack.bend(walk, 3)
    slope = [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]
    curvature = [2 - 400 * (y - 3 * x * x), -400 * x, 200]
    assert row == 3
    assert numbers == pytest.approx([*slope, *curvature], rel=1e-12)
    (lost,) = walks_of(tl.landscapes.rosenbrock, [tl.gd(1e300)], steps=5)
    far = len(lost.trajectory.path) - 1
    assert all(value is None or np.isfinite(value) for value in pack.bend(lost, far))


@hypothesis.given(st.lists(values, min_size=1, max_size=60))
def test_quantising_loses_half_a_step_at_most(numbers: list[float]) -> None:
    exact = np.array(numbers)
    codes, scale = pack.quantise(exact)
    assert codes.dtype == "<u2"
    assert scale[0] <= scale[1]
    check_curve(Reader(codes.tobytes()).curve(len(exact), scale), exact, scale)


def test_the_details_come_back() -> None:
    land = tl.landscapes.rosenbrock
    opts = [tl.gd(1e-3), tl.sam(tl.momentum(1e-3), rho=0.1)]
    walks = walks_of(land, opts, steps=40, schedule={"name": "exponential", "gamma": 0.9})
    data, meta = pack.pack_details(walks)
    reader = Reader(data)
    for walk, entry in zip(walks, meta, strict=True):
        rows, columns = entry["rows"], entry["columns"]
        assert (entry["id"], rows) == (walk.id, 41)
        table = {name: reader.take("<f8", rows) for name in columns}
        path = walk.trajectory.path
        gradient, hessian = land.grad(path), land.hessian(path)
        expected = {
            "loss": land.loss(path),
            "grad_norm": np.hypot(*gradient.T),
            "sharpness": np.linalg.eigvalsh(hessian)[:, -1],
            "theta_x": path[:, 0],
            "theta_y": path[:, 1],
            "g_x": gradient[:, 0],
            "g_y": gradient[:, 1],
            "h_xx": hessian[:, 0, 0],
            "h_xy": hessian[:, 0, 1],
            "h_yy": hessian[:, 1, 1],
            "step_x": np.append(np.diff(path[:, 0]), np.nan),
            "step_y": np.append(np.diff(path[:, 1]), np.nan),
            "lr": np.append(1e-3 * 0.9 ** np.arange(40), np.nan),
        }
        if walk.id == 1:  # SAM looks uphill by rho along the gradient
            look = 0.1 * gradient / np.hypot(*gradient.T)[:, None]
            expected |= {f"uphill_{name}": look[:, j] for j, name in enumerate("xy")}
            there = land.grad(path + look)
            expected |= {f"g_uphill_{name}": there[:, j] for j, name in enumerate("xy")}
        for name, exact in expected.items():
            np.testing.assert_allclose(
                table[name], exact, rtol=1e-9, atol=1e-12 * np.nanmax(np.abs(exact)), err_msg=name
            )
        assert set(expected) <= set(columns)
    assert reader.at == len(data)


def test_the_terrain_comes_back() -> None:
    land = tl.landscapes.rosenbrock
    view = [[-2, 2], [-1, 3]]
    grid = compute.terrain(land, view, 64)
    read = np.frombuffer(pack.pack_terrain(grid), "<f4").reshape(64, 64)
    x, y = np.linspace(-2, 2, 64), np.linspace(-1, 3, 64)
    for row, column in ((0, 0), (0, 63), (63, 0), (17, 40)):
        value = (1 - x[column]) ** 2 + 100 * (y[row] - x[column] ** 2) ** 2
        assert read[row, column] == pytest.approx(value, rel=1e-6)


def test_a_huge_loss_is_packed_without_a_warning() -> None:
    grid = np.array([[1e300, -1e300, np.nan, 0.5]])
    read = np.frombuffer(pack.pack_terrain(grid), "<f4")
    np.testing.assert_array_equal(read, np.array([np.inf, -np.inf, np.nan, 0.5], "f4"))


def test_the_basin_map_comes_back() -> None:
    """Every code is the end of a walk that NumPy takes step by step from the same cell."""
    land = tl.landscapes.quartic_saddle
    lr = 0.9
    scene = scenes.new_scene(land, [tl.gd(lr)], view=((-3, 3), (-3, 3)), steps=200)
    made = compute.basin(scene, land, tl.gd(lr), 24)
    codes = np.frombuffer(pack.pack_basin(made), np.uint8).reshape(24, 24)
    ends = {tuple(np.round(m.point, 6)): number for number, m in enumerate(made.minima)}
    assert set(ends) == {(0.0, 1.0), (0.0, -1.0)}
    seen = set()
    for row, y0 in enumerate(made.y):
        for column, x0 in enumerate(made.x):
            y, k = y0, 0
            with np.errstate(over="ignore", invalid="ignore"):
                while k < 200 and abs(y) < 1e7:  # x shrinks by 1 - lr each step
                    y, k = y - lr * (y**3 - y), k + 1
            if not abs(y) < 1e7:
                expected = 255
            elif abs(abs(y) - 1) < 1e-5:
                expected = ends[(0.0, float(np.sign(np.round(y))))]
            else:
                expected = 254
            seen.add(expected)
            assert codes[row, column] == expected, (x0, y0, y)
    assert {0, 1, 255} <= seen
