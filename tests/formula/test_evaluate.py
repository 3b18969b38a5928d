"""Many points at once give what single points give: blocks, threads, shapes, parameters, data."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from toylands.formula import dial, evaluate, exp, landscape, memory, sin

pytestmark = pytest.mark.filterwarnings("error")

SIZES = (1, 2, 255, 256, 257, 513, 10_000)


@landscape(k=dial(2.0, 0, 9), s=dial(1.0, 0, 9))
def hills(x, y, *, k, s):
    return exp(-(x**2)) * sin(k * y) + s * x * y**3


@landscape(data={"t": (0.5, -1.0, 2.0), "u": (1.0, 0.0, 3.0)}, k=dial(2.0, 0, 9))
def fit(w, b, *, t, u, k):
    return (w * t + b - u) ** 2 + k * sin(w * t)


def hills_by_hand(theta: np.ndarray) -> list[np.ndarray]:
    x, y = theta.T
    bell, wave, swing = np.exp(-(x**2)), np.sin(2 * y), np.cos(2 * y)
    mixed = -4 * x * bell * swing + 3 * y**2
    return [
        bell * wave + x * y**3,
        np.stack([-2 * x * bell * wave + y**3, 2 * bell * swing + 3 * x * y**2], -1),
        np.stack(
            [(4 * x**2 - 2) * bell * wave, mixed, mixed, -4 * bell * wave + 6 * x * y], -1
        ).reshape(-1, 2, 2),
    ]


def points(count: int) -> np.ndarray:
    return np.random.default_rng(count).uniform(-2, 2, (count, 2))


METHODS = ("loss", "grad", "hessian")


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("land", [hills, fit], ids=["formula", "data"])
def test_blocks_and_threads_give_what_single_calls_give(land, count: int) -> None:
    theta = points(count)
    chosen = np.unique(np.linspace(0, count - 1, 40).astype(int))
    for method in METHODS:
        together = getattr(land, method)(theta)
        assert together.shape == (count, *(2,) * METHODS.index(method))
        alone = np.array([getattr(land, method)(theta[i]) for i in chosen])
        # A vectorised loop may fuse a multiplication and an addition where a single step does not.
        np.testing.assert_allclose(together[chosen], alone, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("count", SIZES)
def test_values_by_hand(count: int) -> None:
    theta = points(count)
    for method, wanted in zip(METHODS, hills_by_hand(theta), strict=True):
        np.testing.assert_allclose(getattr(hills, method)(theta), wanted, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("count", [256, 257, 10_000])
@pytest.mark.parametrize("land", [hills, fit], ids=["formula", "data"])
def test_every_walker_has_its_own_parameter(land, count: int) -> None:
    theta, k = points(count), np.random.default_rng(0).uniform(0.5, 3, count)
    for method in METHODS:
        together = getattr(land(k=k), method)(theta)
        for i in (0, 1, 254, 255, count - 1):
            alone = getattr(land(k=k[i]), method)(theta[i])
            np.testing.assert_allclose(together[i], alone, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [256, 1_000, 9_000])
def test_the_number_of_threads_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, threads: int, count: int
) -> None:
    theta = points(9_000)[:count]
    wanted = hills.grad(theta)
    shared: list[tuple[int, int]] = []
    real = evaluate.share

    def share(work, first, last, size, **settings):  # type: ignore[no-untyped-def]
        def noted(begin, end, slot):  # type: ignore[no-untyped-def]
            shared.append((begin, end))
            work(begin, end, slot)

        real(noted, first, last, size, **settings)

    monkeypatch.setattr(memory, "cores", lambda: threads)
    monkeypatch.setattr(evaluate, "share", share)
    monkeypatch.setattr(evaluate, "PROBE", 256)
    monkeypatch.setattr(evaluate, "WORTH", 0.0)
    for piece in (0.0, 0.7e-5, 1.1e-5, 1.9e-5, 10.0):
        shared.clear()
        monkeypatch.setattr(evaluate, "PIECE", piece)
        np.testing.assert_array_equal(hills.grad(theta), wanted)
        assert all(begin % evaluate.BLOCK == 0 for begin, _ in shared)
        assert sum(end - begin for begin, end in shared) == count - 256
        if piece == 10:
            assert len(shared) == (count > 256)
        elif piece == 0 and count == 9_000:
            assert len(shared) > 2 * threads


def test_nothing_is_written_beyond_the_results() -> None:
    kernel = hills.definition.kernel(1, loss=False, shared=True)
    frame = np.full((304, 2), np.pi)
    theta = points(300)
    scratch = np.empty(10_000)
    evaluate._evaluate(
        kernel.address, evaluate.pointer(theta), 2, evaluate.pointer(np.array([2.0, 1.0])), 2, 0,
        0, 0, 0, 0, 0, evaluate.pointer(frame[2:302]), 2, evaluate.pointer(scratch), 0, 300, 256,
    )  # fmt: skip
    np.testing.assert_array_equal(frame[:2], np.pi)
    np.testing.assert_array_equal(frame[302:], np.pi)
    np.testing.assert_array_equal(frame[2:302], hills.grad(theta))


def test_no_points_at_all() -> None:
    nothing = np.empty((0, 2))
    for land in (hills, fit, hills(k=np.empty(0)), fit(k=np.empty(0))):
        assert land.loss(nothing).shape == (0,)
        assert land.grad(nothing).shape == (0, 2)
        assert land.hessian(nothing).shape == (0, 2, 2)
    assert hills.loss(np.empty((3, 0, 2))).shape == (3, 0)


def test_parameters_broadcast_against_points() -> None:
    theta = points(5)
    k, s = np.array([1.0, 2, 3])[:, None], np.linspace(0, 1, 5)
    table = hills(k=k, s=s).loss(theta)
    assert table.shape == (3, 5)
    assert hills(k=k, s=s).hessian(theta).shape == (3, 5, 2, 2)
    for i in range(3):
        for j in range(5):
            single = hills(k=float(k[i, 0]), s=s[j]).loss(theta[j])
            assert table[i, j] == pytest.approx(single, rel=1e-14)
    assert hills(k=np.arange(4.0)).grad((1, 2)).shape == (4, 2)
    assert hills(k=np.ones((1,))).loss((1, 2)).shape == (1,)


def test_parameters_that_do_not_fit_are_named() -> None:
    with pytest.raises(
        ValueError, match=r"hills: parameters of shape {'k': \(3,\)} do not broadcast"
    ):
        hills(k=np.ones(3)).loss(points(2))
    with pytest.raises(ValueError, match=r"{'k': \(3,\), 's': \(2,\)}"):
        hills(k=np.ones(3), s=np.ones(2)).loss((0, 0))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_does_not_wait_for_threads_it_has_not() -> None:
    code = """
import os, signal, threading, warnings
import numpy as np
warnings.simplefilter("ignore")
from toylands.formula import landscape, memory
land = landscape("x**2")
theta = np.ones((20_000, 1))
land.loss(theta)
everyone = threading.Barrier(memory.cores())  # every helper is there
memory.share(lambda *piece: everyone.wait(), 0, memory.cores(), 1)
child = os.fork()
if child == 0:
    signal.alarm(20)
    os._exit(0 if land.loss(theta).sum() == 20_000 else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "0", done.stderr
