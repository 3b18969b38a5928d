"""Loss, gradient, Hessian and its products against JAX, complex steps, and the same net as a formula."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from numba.core import event
from perceptrons import data_of, loss, random_data

import toylands as tl
from toylands.formula import landscape, tanh
from toylands.networks import description as at
from toylands.networks import mlp, two_moons, xor

CASES: dict[str, dict[str, Any]] = {
    "every activation": {
        "widths": (2, 4, 3, 3, 3, 3, 3, 3, 2),
        "activation": ("tanh", "erf", "relu", "softplus", "gelu", "sigmoid", "identity"),
        "residual": 0.7,
        "weight_decay": 0.3,
    },
    "batch norm": {
        "widths": (2, 5, 5, 3), "activation": ("tanh", "gelu"), "norm": "batch", "loss": "bce",
        "residual": True,
    },
    "layer norm and dropout": {
        "widths": (3, 6, 6, 4), "activation": ("relu", "tanh"), "norm": "layer", "dropout": 0.3,
        "masks": 3, "loss": "cross_entropy", "residual": True, "weight_decay": 0.01,
    },
    "no bias": {"widths": (3, 7, 5, 2), "bias": False, "loss": "half_mse"},
}  # fmt: skip


def network(case: dict[str, Any], n: int) -> Any:
    return mlp(data=random_data(case["widths"], n, case.get("loss", "mse")), **case)


def near(found: Any, right: Any, rtol: float = 1e-10) -> None:
    found, right = np.asarray(found), np.asarray(right)
    assert found.shape == right.shape
    assert np.abs(found - right).max() <= rtol * np.abs(right).max()


@pytest.mark.oracle
@pytest.mark.parametrize("name", CASES)
def test_all_derivatives_agree_with_jax(name: str) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    phi = {
        "tanh": jnp.tanh,
        "erf": jax.scipy.special.erf,
        "relu": jax.nn.relu,
        "softplus": jax.nn.softplus,
        "gelu": lambda z: jax.nn.gelu(z, approximate=False),
        "sigmoid": jax.nn.sigmoid,
        "identity": lambda z: z,
    }
    net = network(CASES[name], 139)  # more than one tile of samples, and padding
    x, y, masks = data_of(net)

    def f(t: Any) -> Any:
        return loss(net, t, x, y, masks, jnp, phi)

    right = jax.jit(lambda t: (f(t), jax.grad(f)(t), jax.hessian(f)(t)))
    random = np.random.default_rng(1)
    for scale in (0.5, 1.5):
        theta, v = scale * random.standard_normal((2, net.dim))
        value, gradient, hessian = (np.asarray(part) for part in right(theta))
        near(net.loss(theta), value)
        near(net.grad(theta), gradient)
        near(net.hessian(theta), hessian)
        near(net.hvp(theta, v), hessian @ v)


SMOOTH = {
    "tanh": np.tanh,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "identity": lambda z: z,
    "relu": lambda z: np.where(z.real > 0, z, 0),
}


@pytest.mark.parametrize("norm", [None, "batch", "layer"])
@pytest.mark.parametrize("loss_name", ["mse", "half_mse", "bce", "cross_entropy"])
def test_the_gradient_is_a_complex_step(loss_name: str, norm: str | None) -> None:
    """Im L(theta + i h e)/h has no rounding from a difference, so h may be tiny. [Squire, Trapp 1998]"""
    widths = (2, 3, 4, 4, 2)
    net = mlp(
        widths, ("softplus", "relu", "tanh"), loss_name, norm=norm, residual=0.5, weight_decay=0.2,
        dropout=0.25, masks=2, data=random_data(widths, 9, loss_name),
    )  # fmt: skip
    x, y, masks = data_of(net)
    theta, index = net.init(3), np.array([0, 4, 4, 17])

    def gradient(rows: Any) -> np.ndarray:
        along = np.eye(net.dim) * 1e-40j
        return np.array(
            [loss(net, theta + e, x[rows], y[rows], masks[rows], np, SMOOTH).imag for e in along]
        ) / 1e-40  # fmt: skip

    near(net.grad(theta), gradient(slice(None)), 1e-13)
    near(net.sample_grad(theta, index), gradient(index), 1e-13)
    near(net.loss(theta), loss(net, theta, x, y, masks, np, SMOOTH), 1e-13)
    near(
        net.sample_loss(theta, index),
        loss(net, theta, x[index], y[index], masks[index], np, SMOOTH),
        1e-13,
    )


@landscape(data={"x1": [0.0], "x2": [0.0], "t": [0.0]})
def small(a, b, c, d, e, f, g, h, i, *, x1, x2, t):  # type: ignore[no-untyped-def]
    """A 2-2-1 network as one formula."""
    return (g * tanh(a * x1 + b * x2 + e) + h * tanh(c * x1 + d * x2 + f) + i - t) ** 2


def pair() -> tuple[Any, Any]:
    data = xor(7, noise=0.2)
    net = mlp((2, 2, 1), "tanh", "mse", data=data)
    return net, small(x1=data.x[:, 0], x2=data.x[:, 1], t=data.y[:, 0])


def test_a_network_is_the_landscape_of_its_formula() -> None:
    net, formula = pair()
    theta = net.init(5, "normal", count=4)
    for method in ("loss", "grad", "hessian"):
        near(getattr(net, method)(theta), getattr(formula, method)(theta), 1e-13)
    assert net.classify(theta[0]) == formula.classify(theta[0])


@pytest.mark.parametrize(
    ("opt", "options"),
    [
        (tl.adam(0.05), {}),
        (tl.momentum(0.1), {"batch": 3}),
        (tl.gd(0.2), {"batch": 2, "replacement": False, "seed": [3, 4, 5]}),
        (tl.sam(tl.gd(0.1), rho=0.05), {}),
        (tl.newton(damping=1.0), {}),
        (tl.saddle_free_newton(damping=0.1), {"batch": 4}),
    ],
    ids=str,
)
def test_optimizers_walk_on_a_network_as_on_its_formula(opt: Any, options: dict[str, Any]) -> None:
    net, formula = pair()
    start = net.init(2, "normal", count=3)
    found = tl.descend(net, opt, start=start, steps=15, **options)
    right = tl.descend(formula, opt, start=start, steps=15, **options)
    for walk, other in zip(found, right, strict=True):
        np.testing.assert_allclose(walk.path, other.path, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(walk.loss, other.loss, rtol=1e-9, atol=1e-12)


def test_gradient_descent_is_a_plain_loop() -> None:
    data = two_moons(30, seed=4)
    net = mlp((2, 3, 1), "tanh", "half_mse", weight_decay=0.1, data=data)
    run = tl.descend(net, tl.gd(0.3), start=net.init(1), steps=25)
    blocks = {name: block.copy() for name, block in net.unpack(net.init(1)).items()}
    for _ in range(25):
        a = np.tanh(data.x @ blocks["W1"].T + blocks["b1"])
        error = (a @ blocks["W2"].T + blocks["b2"] - data.y) / 30
        below = (error @ blocks["W2"]) * (1 - a**2)
        gradients = {
            "W1": below.T @ data.x, "b1": below.sum(0), "W2": error.T @ a, "b2": error.sum(0)
        }  # fmt: skip
        for name, g in gradients.items():
            blocks[name] -= 0.3 * (g + 0.1 * blocks[name])
    np.testing.assert_allclose(run.end, net.pack(blocks), rtol=1e-12)


def test_many_networks_at_once_on_all_cores() -> None:
    net = mlp((2, 6, 1), "tanh", "bce", data=two_moons(50))
    swarm = net.init(0, count=300)
    one_by_one = np.array([net.grad(theta) for theta in swarm])
    np.testing.assert_array_equal(net.grad(swarm), one_by_one)
    decays = np.linspace(0, 1, 300)
    np.testing.assert_allclose(
        net(weight_decay=decays).grad(swarm),
        one_by_one + decays[:, None] * swarm,
        rtol=1e-12,
        atol=1e-15,
    )
    assert net.loss(swarm.reshape(3, 100, -1)).shape == (3, 100)


def test_a_swarm_of_networks_walks_on_all_cores_as_alone() -> None:
    net = mlp((2, 6, 1), "tanh", "bce", data=two_moons(60))
    starts = net.init(0, count=9)
    swarm = tl.descend(net, tl.adam(0.1), start=starts, steps=120, every=120)
    alone = [tl.descend(net, tl.adam(0.1), start=one, steps=120).end for one in starts]
    np.testing.assert_array_equal([walk.end for walk in swarm], alone)


@pytest.mark.parametrize("norm", [None, "layer"])
def test_a_hessian_shared_by_the_cores(norm: str | None) -> None:
    widths = (3, 14, 15, 2)
    data = random_data(widths, 200, "bce")
    net = mlp(widths, "gelu", "bce", norm=norm, weight_decay=0.5, data=data)
    theta = net.init(1)
    hessian = net.hessian(theta)
    np.testing.assert_allclose(hessian, hessian.T, rtol=0, atol=1e-15)
    products = net.hvp(theta, np.eye(net.dim)[::17])
    np.testing.assert_allclose(hessian[::17], products, rtol=0, atol=1e-14)
    near(net.hessian(np.stack([theta] * 9))[4], hessian, 1e-13)
    decayed = net(weight_decay=np.array([0.5, 0.0])).hessian(theta)
    near(decayed, [hessian, hessian - 0.5 * np.eye(net.dim)], 1e-13)


def test_a_network_without_hidden_layers_is_linear_regression() -> None:
    x, y = random_data((3, 1), 20, "mse")
    net = mlp((3, 1), loss="half_mse", data=(x, y))
    design = np.column_stack([x, np.ones(20)])
    near(net.hessian(np.zeros(4)), design.T @ design / 20, 1e-13)
    best = np.linalg.lstsq(design, y, rcond=None)[0][:, 0]
    near(net.refine(np.zeros(4)), best, 1e-12)
    assert net.classify(best) == "minimum"


def test_a_moving_weight_decay_is_the_same_number_every_step() -> None:
    net = mlp((2, 3, 1), data=two_moons(20))
    fixed = tl.descend(net(weight_decay=0.2), tl.gd(0.1), start=net.init(0), steps=10)
    moved = tl.descend(
        net, tl.gd(0.1), start=net.init(0), steps=10, time_varying={"weight_decay": [0.2] * 10}
    )
    np.testing.assert_array_equal(fixed.path, moved.path)
    swept = tl.sweep(net, tl.gd, start=net.init(0), steps=10, lr=[0.05, 0.1])
    near(
        np.ravel(swept.loss)[1],
        tl.descend(net, tl.gd(0.1), start=net.init(0), steps=10).loss[-1],
        1e-13,
    )


class Compilations(event.Listener):
    """Every compilation begins with this pass, whatever it is for."""

    count = 0

    def on_start(self, happening: Any) -> None:
        self.count += "translate_bytecode" in str(happening.data)

    def on_end(self, happening: Any) -> None:
        pass


def test_a_network_of_known_parts_compiles_nothing() -> None:
    def use(widths: tuple[int, ...]) -> None:
        net = mlp(widths, data=xor())
        tl.descend(net, tl.gd(0.1), start=net.init(0), steps=2)
        net.hvp(net.init(0), net.hessian(net.init(0)))

    use((2, 3, 1))
    with event.install_listener("numba:run_pass", Compilations()) as seen:
        use((2, 9, 1))
        use((2, 4, 4, 4, 1))
        use((2, 1))
    assert seen.count == 0


def test_what_a_network_does_not_need_is_not_compiled() -> None:
    net = mlp((2, 3, 3, 1), ("relu", "erf"), data=xor())
    record = net.definition.record
    assert not record[: at.LAYERS].any()
    net.loss(net.start)
    assert not record[[at.BACKWARD, at.CORRELATE, at.NORMALISE, at.MEANS]].any()
    net.grad(net.start)
    assert record[at.BACKWARD]
    assert not record[[at.FORWARD_ALONG, at.BACKWARD_ALONG, at.JUDGE_ALONG, at.CURVE]].any()
    net.hessian(net.start)
    assert record[at.CURVE]
    assert not record[[at.NORMALISE, at.MEANS, at.PROJECT, at.TURN]].any()
    relu, erf = record[at.HEADER + at.ACTIVATE :: at.LAYER][:2]
    assert relu != erf


def test_threads_that_need_the_same_parts_at_once() -> None:
    nets = [mlp((2, 3, 1), "sigmoid", norm="layer", data=xor()) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda net: net.hessian(net.start), nets)]
    for hessian in found:
        np.testing.assert_array_equal(hessian, found[0])


_STARVED = """
import resource
import numpy as np
from toylands.networks import mlp
x = np.linspace(-1, 1, 200_000)
net = mlp((1, 300, 1), norm="batch", data=(x, x))
small = net.on((x[:9], x[:9]))
before = small.grad(net.start)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 500_000_000,) * 2)
try:
    net.grad(net.start)
except MemoryError as error:
    print(error)
assert (small.grad(net.start) == before).all()
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")
def test_no_memory_to_work_in_is_an_error() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _STARVED], capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.stdout == "mlp: no memory for 302 units at 200000 samples.\n", ended.stderr


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_the_loss_of_a_network_that_is_sure(right: float) -> None:
    """Neither loss nor gradient loses its digits to a difference of large numbers."""
    net = mlp((1, 1), loss="bce", data=([[1.0]], [right]))
    pair = mlp((1, 2), loss="cross_entropy", data=([[1.0]], [[1 - right, right]]))
    for z in (30.0, 200.0):
        logit = z if right else -z
        with mpmath.workprec(600):
            loss = float(mpmath.log1p(mpmath.exp(-z)))
            slope = float(1 / (1 + mpmath.exp(z)))
        assert net.loss([logit, 0.0]) == pytest.approx(loss, rel=1e-14, abs=0)
        expected = [-slope if right else slope] * 2
        np.testing.assert_allclose(net.grad([logit, 0.0]), expected, rtol=1e-14)
        both = pair.loss([0.0, logit, 0.0, 0.0])
        assert both == pytest.approx(loss, rel=1e-14, abs=0)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "erf", "gelu", "relu"])
def test_extreme_parameters_give_a_defined_result(activation: str) -> None:
    net = mlp((2, 3, 1), activation, "bce", data=two_moons(10))
    huge = net.grad(np.full(net.dim, 1e30))
    assert np.isfinite(huge).all() or activation in ("softplus", "gelu", "relu")
    assert np.isnan(net.loss(np.full(net.dim, np.nan)))
    assert np.isnan(net.grad(np.full(net.dim, np.nan))).any()
    assert np.isfinite(net.hessian(np.full(net.dim, 1e-310))).all()


def test_divergence_is_a_result() -> None:
    net = mlp((2, 4, 4, 1), "identity", data=two_moons(20))
    run = tl.descend(net, tl.gd(50.0), start=net.init(0), steps=100)
    assert run.status.kind == "diverged"


def test_relu_at_its_kink_has_derivative_zero() -> None:
    net = mlp((1, 1, 1), "relu", "half_mse", data=([[1.0]], [[5.0]]))
    at_kink = net.pack({"W1": [[1.0]], "b1": [-1.0], "W2": [[2.0]], "b2": [0.0]})
    np.testing.assert_array_equal(net.grad(at_kink), [0, 0, 0, -5])
    np.testing.assert_array_equal(net.hessian(at_kink)[:3], np.zeros((3, 4)))
    assert net.kink
