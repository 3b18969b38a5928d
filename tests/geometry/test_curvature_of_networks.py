"""The curvature tools on networks: by products alone, and against the full exact Hessian."""

from __future__ import annotations

import numpy as np
import pytest

import toylands as tl
from toylands import networks
from toylands.geometry import (
    conserved,
    convexity,
    effective_hessian,
    lanczos_density,
    noise_response,
    sharpness,
    spectral_density,
    symmetry_defect,
    third_along,
    top_eigenpairs,
    worst_case,
)

DATA = networks.two_moons(40, seed=0)
TANH = networks.mlp((2, 6, 1), activation="tanh", loss="bce", data=DATA)
RELU = networks.mlp((2, 4, 1), activation="relu", loss="mse", data=DATA)
RUN = tl.descend(TANH, tl.gd(0.5), start=TANH.init(0), steps=60)
END = RUN.end


def scalings(net: networks.Network) -> list[np.ndarray]:
    """One generator per hidden unit: incoming weights and bias up, outgoing weights down."""
    found = []
    shape = net.blocks["W1"].shape
    for unit in range(shape[0]):
        rate = np.zeros(net.dim)
        parts = net.unpack(rate)
        blocks = {name: np.zeros_like(part) for name, part in parts.items()}
        blocks["W1"][unit], blocks["b1"][unit], blocks["W2"][:, unit] = 1, 1, -1
        found.append(np.diag(net.pack(blocks)))
    return found


def test_eigenpairs_by_products_are_those_of_the_full_hessian() -> None:
    exact = TANH.spectrum(END).eigenvalues
    for which, expected in (("largest", exact[-3:]), ("smallest", exact[:3])):
        found = top_eigenpairs(TANH, END, 3, which=which)
        np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-8, atol=1e-12)
        residual = TANH.hessian(END) @ found.eigenvectors - found.eigenvectors * found.eigenvalues
        assert np.abs(residual).max() < 1e-9


def test_the_density_by_products_agrees_with_the_exact_one() -> None:
    exact, estimate = spectral_density(TANH, END), lanczos_density(TANH, END, probes=60)
    for power in (1, 2):
        value, error = estimate.average(lambda x, n=power: x**n)
        assert abs(value - exact.average(lambda x, n=power: x**n)[0]) < 4 * error
    assert estimate.nodes.max() == pytest.approx(exact.nodes.max(), rel=1e-9)


def test_sharpness_and_the_worst_case() -> None:
    found = sharpness(TANH, END, rho=0.01, count=2000)
    assert found.largest == pytest.approx(np.linalg.eigvalsh(TANH.hessian(END))[-1])
    assert found.worst >= found.worst_case.one_step > 0
    # Within a small ball the quadratic model is good.
    assert found.worst == pytest.approx(found.worst_case.second_order, rel=0.02)
    far = worst_case(TANH, END, 1.0)
    random = np.random.default_rng(0).standard_normal((5000, TANH.dim))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    assert far.increase > np.max(TANH.loss(END + random)) - TANH.loss(END)


def test_noise_costs_half_the_trace() -> None:
    seen = noise_response(TANH, END, [1e-3, 1e-2], count=4000)
    assert (np.abs(seen.mean - seen.predicted) < 4 * seen.standard_error).all()
    np.testing.assert_allclose(seen.spread, seen.predicted_spread, rtol=0.1)


def test_third_derivatives_are_not_made_up() -> None:
    with pytest.raises(ValueError, match="third derivatives"):
        third_along(TANH, END, np.ones(TANH.dim))


def test_every_relu_unit_is_a_symmetry_with_a_flat_direction() -> None:
    generators = scalings(RELU)
    points = np.random.default_rng(1).standard_normal((10, RELU.dim))
    assert symmetry_defect(RELU, generators, points) < 1e-12
    assert symmetry_defect(TANH, scalings(TANH), points[:, :1] * np.ones(TANH.dim)) > 1e-3
    end = tl.descend(RELU, tl.gd(0.1), start=RELU.init(3), steps=200).end
    reduced = effective_hessian(RELU, end, generators)
    assert reduced.eigenvalues.shape == (RELU.dim - 4,)
    assert reduced.along.shape == (RELU.dim, 4)


def test_gradient_descent_nearly_conserves_the_balance_of_a_relu_unit() -> None:
    """|incoming|^2 - |outgoing|^2 of a unit: exact for gradient flow; drift of first order in lr."""
    generator = scalings(RELU)[2]
    start = RELU.init(3)
    coarse, fine = (
        conserved(
            tl.descend(RELU, tl.gd(lr), start=start, steps=int(4 / lr)), lambda p: p @ generator @ p
        ).worst
        for lr in (0.02, 0.01)
    )
    assert coarse < 1e-3
    assert coarse / fine == pytest.approx(2, rel=0.1)


def test_convexity_along_training() -> None:
    seen = convexity(RUN)
    np.testing.assert_allclose(seen.smallest, RUN.spectrum[:, 0])
    assert not seen.convex  # a tanh network starts at points of negative curvature
    assert np.isfinite(seen.pl_constant)


def test_the_hessian_on_several_cores_is_the_same_every_time() -> None:
    """Two threads once added to one diagonal entry: one Hessian in twenty was off by 1e-4."""
    net = networks.mlp(
        (2, 16, 16, 1), activation="tanh", loss="bce", data=networks.two_moons(100, seed=0)
    )
    theta = net.init(0)
    first = net.hessian(theta)
    columns = net.hvp(theta, np.eye(net.dim))
    np.testing.assert_allclose(first, columns, rtol=0, atol=1e-14)
    for _ in range(120):
        np.testing.assert_array_equal(net.hessian(theta), first)
