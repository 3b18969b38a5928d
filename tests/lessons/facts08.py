"""What lesson 8 says and shows, computed with NumPy, SciPy and mpmath from formulas typed here."""

from __future__ import annotations

import functools
import math
from typing import Any

import mpmath
import numpy as np

from toylands import networks

# --- deep chains ----------------------------------------------------------------------------------


def chain_slope(w: float, d: int, y: float = 1.0) -> float:
    return d * w ** (d - 1) * (w**d - y)


def chain_end(start: float, d: int) -> float:
    w = start
    for _ in range(300):
        w -= 0.01 * chain_slope(w, d)
    return w


def deep_chain() -> list[str]:
    assert abs(chain_end(0.9, 10) - 1) < 1e-6
    assert abs(chain_end(0.5, 40) - 0.5) < 1e-9
    w = 0.9
    while abs(w) < 2:  # thrown out
        w -= 0.01 * chain_slope(w, 40)
    return [
        f"the slope is −{-chain_slope(0.5, 10):.4f} at $w = 0.5$ and {chain_slope(1.5, 10):.0f} at $w = 1.5$",
        f"from 0.5 it has come only to {chain_end(0.5, 10):.2f} after 300 steps",
        f"49 factors of 0.9 make {math.prod([0.9] * 49):.4f}, and 49 factors of 1.1 make "
        f"{math.prod([1.1] * 49):.0f}",
    ]


def typical(width: int, layers: int) -> float:
    """exp of half the summed means of the logarithm of a chi-squared variable over its degrees of freedom."""
    half = mpmath.mpf(width) / 2
    log = mpmath.quad(
        lambda t: mpmath.log(t / half) * t ** (half - 1) * mpmath.exp(-t) / mpmath.gamma(half),
        [0, half, 4 * half, 12 * half],
    )
    return float(mpmath.exp(layers * log / 2))


def random_layers() -> list[str]:
    return [
        f"The typical length is {typical(10, 50):.4f}.",
        f"With $n = 100$ it is {typical(100, 50):.3f}.",
    ]


# --- a way around ---------------------------------------------------------------------------------


def curvature_at_fit(output: Any, low: float, high: float) -> tuple[float, float]:
    """The minimum of (output - 2)^2/2 between two points, and its curvature, by mpmath."""
    w = mpmath.findroot(lambda w: output(w) - 2, (low, high), solver="anderson", tol=1e-25)
    return float(w), float(mpmath.diff(lambda w: (output(w) - 2) ** 2 / 2, w, 2))


CHAINS: dict[str, Any] = {
    "plain": lambda w: w**10,
    "skip": lambda w: (1 + w) ** 10,
    "scaled": lambda w: (1 + w / 10) ** 10,
}


def skips() -> list[str]:
    bends = {
        name: curvature_at_fit(output, 0.5 if name == "plain" else 0.01, 1.2)[1]
        for name, output in CHAINS.items()
    }
    assert math.isclose(bends["plain"], bends["skip"], rel_tol=1e-9)
    factor = bends["skip"] / bends["scaled"]
    carried = np.array([math.comb(10, k) * 0.1**k for k in range(11)])
    mean = np.arange(11) @ carried / carried.sum()
    assert math.isclose(mean, 10 * 0.1 / 1.1)
    skip = scaled = plain = 0.02
    for step in range(600):
        plain -= 0.003 * (plain**10 - 2) * 10 * plain**9
        skip -= 0.003 * ((1 + skip) ** 10 - 2) * 10 * (1 + skip) ** 9
        scaled -= 0.003 * ((1 + scaled / 10) ** 10 - 2) * (1 + scaled / 10) ** 9
        if step == 9:
            assert abs((1 + skip) ** 10 - 2) < 1e-12  # it is there after 10 steps
    assert abs(plain - 0.02) < 1e-9
    assert 1e-3 < abs((1 + scaled / 10) ** 10 - 2) < 1e-2
    return [
        "with skips arrives within 10 steps, and the third comes close in 600 steps",
        f"by the factor $d^2 = {factor:.0f}$",
        f"the output at $w = 0.1$ is {1.1**10:.2f} for 10 layers and {1.1**100:.0f} for 100",
        f"a path goes through {mean:.2f} of the ten layers",
        f"$2^{{10}} = {2**10}$ paths",
    ]


# --- normalisation --------------------------------------------------------------------------------


def of_regression(x: np.ndarray) -> float:
    """The condition number of the Hessian of the mean square of w x + b - y."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    return float(np.linalg.cond(design) ** 2)


X = np.array([0.0, 1.0, 2.0, 3.0])


def of_two(s: float, r: float) -> float:
    return float(np.linalg.cond([[s * s, r * s], [r * s, 1]]))


def normalised() -> list[str]:
    three = (of_regression(X), of_regression(X - 1.5), of_regression((X - 1.5) / X.std()))
    w = np.zeros(2)  # one step with the rate 1/2 arrives
    z, y = (X - 1.5) / X.std(), np.array([1.0, 3.0, 2.0, 5.0])
    error = w[0] * z + w[1] - y
    w = w - 0.5 * 2 * np.array([np.mean(error * z), np.mean(error)])
    assert np.allclose(w, np.linalg.lstsq(np.stack([z, np.ones(4)], axis=1), y, rcond=None)[0])
    return [
        f"the mean {X.mean()} and the standard deviation {X.std():.3f}",
        f"from {three[0]:.1f} to {three[1]:.2f} to {three[2]:.0f}",
        f"the correlation 0.9: the condition number is {of_two(10, 0.9):.0f}",
        f"It is {of_two(1, 0.9):.0f}.",
        f"with the singular value {1 / np.std([1, 2, 4]):.2f}",
    ]


# --- the bend of a unit ---------------------------------------------------------------------------


def parts(y: float) -> tuple[float, float, float]:
    """Gauss-Newton part, error times bend, and their sum by a second derivative of the loss."""
    first = float(mpmath.diff(mpmath.tanh, 1) ** 2)
    second = float((mpmath.tanh(1) - y) * mpmath.diff(mpmath.tanh, 1, 2))
    total = float(mpmath.diff(lambda w: (mpmath.tanh(w) - y) ** 2 / 2, 1, 2))
    assert math.isclose(first + second, total, abs_tol=1e-12)
    return first, second, total


def unit() -> list[str]:
    first, second, total = parts(-1)
    assert parts(0.0)[2] < 0 < parts(0.9)[2]
    return [
        f"${first:.4f} - {-second:.4f} = −{-total:.4f}$".replace("−", "-"),
        f"at $w = 1$: it says {math.tanh(1):.2f}",
        f"At $y = {math.tanh(1):.2f}$, a perfect fit",
    ]


# --- exclusive or ---------------------------------------------------------------------------------

P, Q = np.array([0.0, 0, 1, 1]), np.array([0.0, 1, 0, 1])
XOR = np.array([0.0, 1, 1, 0])


def threshold_loss(b: float, c: float) -> float:
    return float(np.mean((P + Q + b * np.maximum(P + Q - c, 0) - XOR) ** 2))


@functools.cache
def xor_ends(units: int) -> np.ndarray:
    """The losses of 200 networks after 1500 steps of Adam, all at once in NumPy."""
    net = networks.mlp((2, units, 1), "tanh", data=networks.xor())
    w = [np.array(a) for a in net.unpack(net.init(seed=0, count=200)).values()]
    x = np.stack([P, Q], axis=1)
    m, v = [np.zeros_like(a) for a in w], [np.zeros_like(a) for a in w]
    for t in range(1, 1502):
        hidden = np.tanh(x @ w[0].swapaxes(1, 2) + w[1][:, None])
        error = (hidden @ w[2].swapaxes(1, 2))[..., 0] + w[3] - XOR
        if t == 1501:
            break
        up = 2 * error[..., None] / 4
        down = up * w[2] * (1 - hidden**2)
        slopes = (down.swapaxes(1, 2) @ x, down.sum(1), up.swapaxes(1, 2) @ hidden, up.sum(1))
        for k, g in enumerate(slopes):
            m[k] = 0.9 * m[k] + 0.1 * g
            v[k] = 0.999 * v[k] + 0.001 * g * g
            w[k] -= 0.05 * m[k] / (1 - 0.9**t) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
    return np.mean(error**2, axis=1)


def exclusive_or() -> list[str]:
    design = np.stack([P, Q, np.ones(4)], axis=1)
    line = np.linalg.lstsq(design, XOR, rcond=None)[0]
    assert np.allclose(design @ line, 0.5)
    assert math.isclose(np.mean((design @ line - XOR) ** 2), 1 / 4)
    features = np.stack([P + Q, np.maximum(P + Q - 1, 0)], axis=1)
    assert np.allclose(np.linalg.lstsq(features, XOR, rcond=None)[0], (1, -2))
    assert threshold_loss(-2, 1) == threshold_loss(-4, 1.5) == 0
    assert math.isclose(threshold_loss(-3, 1.25), 1 / 64)
    stuck = [int(np.sum(xor_ends(units) > 0.01)) for units in (2, 3)]
    assert math.isclose(xor_ends(2).max(), 1 / 8, rel_tol=1e-2)
    return [f"With two units {stuck[0]} of 200, at the loss 1/8", f"With three units {stuck[1]},"]


SAYS = [deep_chain, random_layers, skips, normalised, unit, exclusive_or]


# --- the output -----------------------------------------------------------------------------------


def chains_shown() -> list[str]:
    drawn = np.random.default_rng(0).standard_normal((2000, 50, 10, 10))
    signal = np.zeros((2000, 10))
    signal[:, 0] = 1
    for layer in range(50):
        signal = np.einsum("kij,kj->ki", drawn[:, layer], signal) / np.sqrt(10)
    squares = np.sort(np.sum(signal**2, axis=1))
    shown = [
        f"median {np.sqrt(np.median(squares)):.3f}; typical, from theory: {typical(10, 50):.4f}",
        f"mean of squares {squares.mean():.2f}; without the 20 largest {squares[:-20].mean():.2f}",
    ]
    for name, output in CHAINS.items():
        w, bend = curvature_at_fit(output, 0.5 if name == "plain" else 0.01, 1.2)
        slope = float(mpmath.diff(lambda w, output=output: (output(w) - 2) ** 2 / 2, 0.02))
        shown.append(
            f"{name}: slope at the start {slope:.2g}, minimum at {w:.4f}, curvature there {bend:.4f}"
        )
    return [*shown, f"in all {1.1**10:.4f}; mean length of a path {10 / 11:.4f}"]


class Deep:
    """The networks of sections 3 and 4 and their gradient in NumPy, with one row of weights per rate."""

    def __init__(self, kind: str, widths: tuple[int, ...], rows: int = 1) -> None:
        self.norm, self.skip = kind == "batch norm", kind == "skips"
        moons = networks.two_moons(60, seed=0)
        net = networks.mlp(
            widths,
            "tanh",
            "bce",
            data=moons,
            norm="batch" if self.norm else None,
            residual=self.skip,
        )
        self.x, self.y = np.array(moons.x), np.array(moons.y)
        self.blocks = [
            np.repeat(np.array(block)[None], rows, axis=0)
            for block in net.unpack(net.init(seed=0)).values()
        ]

    def losses(self, blocks: list[np.ndarray], rows: Any = slice(None)) -> np.ndarray:
        """Of every sample, shape (weights, samples)."""
        f = self.forward(blocks, rows)[0]
        return (np.logaddexp(0, f) - self.y[rows] * f)[..., 0]

    def forward(self, blocks: list[np.ndarray], rows: Any) -> tuple[np.ndarray, list[Any]]:
        """The outputs, and what each hidden layer got, normalised, divided by, and made of it."""
        a, passed = self.x[rows], []
        for k in range(0, len(blocks) - 2, 2):
            z, sigma = a @ blocks[k].swapaxes(1, 2), None
            if self.norm:
                z = z - z.mean(1, keepdims=True)
                sigma = np.sqrt((z * z).mean(1, keepdims=True) + 1e-5)
                z = z / sigma
            t = np.tanh(z + blocks[k + 1][:, None])
            passed.append((a, z, sigma, t))
            a = a + t if self.skip and k else t
        passed.append(a)
        return a @ blocks[-2].swapaxes(1, 2) + blocks[-1][:, None], passed

    def gradient(self, blocks: list[np.ndarray]) -> list[np.ndarray]:
        """Of the mean loss, by the chain rule; weights may be complex."""
        f, passed = self.forward(blocks, slice(None))
        down = (1 / (1 + np.exp(-f)) - self.y) / len(self.y)
        slopes = [down.swapaxes(1, 2) @ passed[-1], down.sum(1)]
        above = down @ blocks[-2]
        for k in range(len(blocks) - 4, -1, -2):
            a, n, sigma, t = passed[k // 2]
            down = above * (1 - t * t)
            slopes = [down.sum(1), *slopes]
            if self.norm:
                shared = down.mean(1, keepdims=True) + n * (n * down).mean(1, keepdims=True)
                down = (down - shared) / sigma
            slopes = [down.swapaxes(1, 2) @ a, *slopes]
            above = down @ blocks[k] + (above if self.skip and k else 0)
        return slopes

    def train(self, rates: Any, steps: int) -> np.ndarray:
        """The losses after gradient descent, one rate for each row of weights."""
        lr = np.array(rates)
        for _ in range(steps):
            slopes = self.gradient(self.blocks)
            for block, slope in zip(self.blocks, slopes, strict=True):
                block -= lr.reshape(-1, *[1] * (block.ndim - 1)) * slope
        return self.losses(self.blocks).mean(1)

    def top(self) -> float:
        """The largest eigenvalue of the Hessian, by SciPy; products with it by a complex step."""
        from scipy.sparse.linalg import LinearOperator, eigsh

        ends = np.cumsum([block.size for block in self.blocks])

        def product(v: np.ndarray) -> np.ndarray:
            along = np.split(v.reshape(-1), ends[:-1])
            moved = [
                b + 1e-30j * p.reshape(b.shape) for b, p in zip(self.blocks, along, strict=True)
            ]
            return np.concatenate([g.imag.reshape(-1) for g in self.gradient(moved)]) / 1e-30

        operator = LinearOperator((ends[-1], ends[-1]), product, dtype=float)
        start = np.random.default_rng(0).standard_normal(ends[-1])
        found = eigsh(operator, k=1, which="LA", tol=1e-5, v0=start, return_eigenvectors=False)
        return float(found[0])


def deep_networks_shown() -> list[str]:
    shown, first, widths = [], {}, (2, *[6] * 20, 1)
    for kind in ("plain", "skips", "batch norm"):
        one = Deep(kind, widths)
        slopes, h = one.gradient(one.blocks), 1e-6
        first[kind] = np.linalg.norm(slopes[0])
        moved = [
            [b + sign * h * s for b, s in zip(one.blocks, slopes, strict=True)] for sign in (1, -1)
        ]
        rise = (one.losses(moved[0]).mean() - one.losses(moved[1]).mean()) / (2 * h)
        assert math.isclose(rise, sum(np.sum(s * s) for s in slopes), rel_tol=1e-4)  # the gradient
        shown.append(f"{kind}: largest curvature at the start {one.top():.3g}")
        ends = Deep(kind, widths, 7).train(np.geomspace(0.003, 0.3, 7), 300)
        shown.append(f"{kind}: {np.sum(ends < 0.25)} of 7 rates end below 0.25")
        assert kind != "plain" or np.allclose(ends[:4], math.log(2), atol=5e-3)
    assert min(first["skips"], first["batch norm"]) > 40 * first["plain"]
    return shown


def normalisation_shown() -> list[str]:
    three = (of_regression(X), of_regression(X - 1.5), of_regression((X - 1.5) / X.std()))
    names = ("raw", "centred", "standardised")
    shown = [f"{n}: condition number {k:.4g}" for n, k in zip(names, three, strict=True)]
    for r in (0, 0.9):
        shown.append(
            f"correlation {r}: condition number {of_two(10, r):.4g} before, {of_two(1, r):.4g} after"
        )
    return shown


def neighbours_shown() -> list[str]:
    """Batches drawn as the package draws them, trained and judged by the network above."""
    made = Deep("batch norm", (2, 6, 6, 1))
    made.train([0.5], 100)
    shown = []
    for size in (60, 30, 8):
        rng, found = np.random.default_rng(0), []
        for _ in range(100):
            rows = np.concatenate([[0], rng.choice(np.arange(1, 60), size - 1, replace=False)])
            found.append(float(made.losses(made.blocks, rows)[0, 0]))
        shown.append(f"batches of {size}: loss from {min(found):.2f} to {max(found):.2f}")
    return [*shown, "alone, largest gradient of the hidden weights: [0.0, 0.0]"]


def units_shown() -> list[str]:
    fit = math.tanh(1)
    shown = [
        f"tanh, y = {y:.4f}: {first:.4f} + ({second:z.4f}) = {total:.4f}"
        for y in (-1, fit)
        for first, second, total in [parts(y)]
    ]
    return [*shown, "relu, y = -1.0000: 1.0000 + (0.0000) = 1.0000"]


def features_shown() -> list[str]:
    shown = ["half way: 0.015625", "gradient at c = 2.2: [0. 0.]"]
    for units in (2, 3, 4):
        shown.append(f"{units} units: {np.sum(xor_ends(units) > 0.01)} of 200 stuck")
    u, v = 2.0, 0.25
    trip = [(u, v)]
    for _ in range(3):
        u, v = 1 / v, 1 / u
        trip.append((u, v))
    shown.append("at once: " + " ".join(f"({a:g}, {b:g})" for a, b in trip))
    shown.append("loss: " + " ".join(str((a * b - 1) ** 2 / 2) for a, b in trip))
    return [*shown, "in turn: (2, 0.25) (4, 0.25)", "coupling 1.0 rate [-1. 1.]"]


SHOWS = [
    chains_shown, deep_networks_shown, normalisation_shown, neighbours_shown, units_shown,
    features_shown,
]  # fmt: skip
