"""Double descent, exactly: the test loss of the shortest fit, with fewer and with more weights than data.

    expected_loss(weights=5, examples=20, features=40)      # 1.19: fewer weights than examples
    expected_loss(weights=20, examples=20, features=40)     # inf: as many
    expected_loss(weights=40, examples=20, features=40)     # 0.50: all of them
    sampled_loss(weights=22, examples=20, features=40)      # the same for single data sets, by training

The target is a linear function of `features` independent standard normal features, all equally
important: y = z.b + noise, and |b|^2 = signal. The model sees only `weights` of the features and fits
`examples` examples by least squares; of many perfect fits it takes the shortest, where gradient
descent from 0 ends. [Belkin, Hsu and Xu 2020; Breiman and Freedman 1983 for fewer weights than examples]
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from toylands._door import door
from toylands._words import show
from toylands.geometry._checks import not_negative
from toylands.optimizers.optimizer import check_count


class Losses(NamedTuple):
    """Mean squared errors of single trainings, each on a data set of its own.

    Attributes:
        train: on the examples, shape (draws,); 0 up to rounding from as many weights as examples on.
        test: expected over new examples, exactly, shape (draws,).
    """

    train: np.ndarray
    test: np.ndarray


def _setting(
    owner: str, weights: int, examples: int, features: int, signal: float, noise: float
) -> tuple[int, int, int, float, float]:
    p = check_count(owner, "weights", weights, least=0)
    n = check_count(owner, "examples", examples, least=1)
    d = check_count(owner, "features", features, least=1)
    if p > d:
        raise ValueError(
            f"{owner}: weights={show(weights)} must be at most features={show(features)}: the model has one "
            "weight for each feature that it sees."
        )
    return p, n, d, not_negative(owner, "signal", signal), not_negative(owner, "noise", noise)


@door
def expected_loss(
    weights: int, examples: int, features: int, *, signal: float = 1.0, noise: float = 0.0
) -> float:
    """The mean of the squared test error over all data sets, in closed form.

    What the model cannot see acts as noise: s = signal (1 - p/d) + noise^2. With p <= n - 2 weights the
    mean is s (1 + p/(n - p - 1)); with p >= n + 2 it is signal (p/d) (1 - n/p) + s (1 + n/(p - n - 1)):
    the part of the target that n examples cannot show, and the fitted noise, spread over many
    weights. For p = n - 1, n, n + 1 the mean is infinite (0 if nothing is left to err in): single data sets
    give finite errors, without a bound. [Belkin, Hsu and Xu 2020, Theorem 1]

    Args:
        weights: p, from 0 to `features`; the same whichever features the model sees.
        examples: n, 1 or more.
        features: d, 1 or more.
        signal: |b|^2, 0 or more.
        noise: its standard deviation, 0 or more.
    """
    p, n, d, signal, noise = _setting("expected_loss", weights, examples, features, signal, noise)
    unseen = signal * (1 - p / d) + noise**2
    hidden = signal * max(p - n, 0) / d
    if unseen == 0 or p == 0:
        return unseen + hidden
    if abs(p - n) <= 1:
        return float("inf")
    fitted = p / (n - p - 1) if p < n else n / (p - n - 1)
    return hidden + unseen * (1 + fitted)


@door
def sampled_loss(
    weights: int,
    examples: int,
    features: int,
    *,
    signal: float = 1.0,
    noise: float = 0.0,
    draws: int = 1,
    seed: int = 0,
) -> Losses:
    """Train on random data sets, and give the training and the exact test loss of each.

    The fit is w = X^+ y; over new examples its error has the mean |b - w|^2 + noise^2, where w is 0 for
    the features that the model does not see. The same seed gives the same data for every number of
    weights, so that a curve over `weights` shows one growing model.

    Args:
        weights, examples, features, signal, noise: as for `expected_loss`.
        draws: how many data sets, 1 or more.
        seed: of the data.

    Returns:
        Losses(train, test), each of shape (draws,).
    """
    p, n, d, signal, noise = _setting("sampled_loss", weights, examples, features, signal, noise)
    draws = check_count("sampled_loss", "draws", draws, least=1)
    rng = np.random.default_rng(check_count("sampled_loss", "seed", seed, least=0))
    seen_by_all = rng.standard_normal((draws, n, d))
    b = np.full(d, np.sqrt(signal / d))
    y = seen_by_all @ b + noise * rng.standard_normal((draws, n))
    x = seen_by_all[..., :p]
    w = (np.linalg.pinv(x) @ y[..., None])[..., 0] if p else np.zeros((draws, 0))
    left = y - (x @ w[..., None])[..., 0]
    test = np.sum((b[:p] - w) ** 2, axis=-1) + np.sum(b[p:] ** 2) + noise**2
    return Losses(np.mean(left**2, axis=-1), test)


@door
def random_features_loss(
    units: int,
    examples: int,
    *,
    inputs: int = 6,
    noise: float = 0.0,
    draws: int = 1,
    seed: int = 0,
) -> Losses:
    """Train the output layer of a ReLU network whose hidden weights are random and stay so.

    Inputs and hidden weights are standard normal. The target is one unit of the same kind,
    sqrt(2) relu(x_1), of mean square 1, plus noise. The fit is the shortest of the best ones. Its test loss
    (against the target without noise) is exact: the mean of relu(v.x) relu(w.x) over x is
    |v| |w| (sin t + (pi - t) cos t)/(2 pi), with t the angle between v and w. [Cho and Saul 2009]

    Args:
        units: p, 1 or more.
        examples: n, 1 or more.
        inputs: 1 or more.
        noise: its standard deviation on the examples, 0 or more.
        draws: how many networks and data sets, 1 or more.
        seed: of both; networks of other widths learn from the same data.

    Returns:
        Losses(train, test), each of shape (draws,).
    """
    owner = "random_features_loss"
    p, n, k, draws = (
        check_count(owner, name, value, least=1)
        for name, value in (("units", units), ("examples", examples), ("inputs", inputs), ("draws", draws))
    )  # fmt: skip
    noise = not_negative(owner, "noise", noise)
    rng = np.random.default_rng(check_count(owner, "seed", seed, least=0))
    x = rng.standard_normal((draws, n, k))
    y = np.sqrt(2) * np.maximum(0, x[..., 0]) + noise * rng.standard_normal((draws, n))
    hidden = rng.standard_normal((draws, p, k))
    features = np.maximum(0, x @ np.swapaxes(hidden, -1, -2))
    fit = (np.linalg.pinv(features) @ y[..., None])[..., 0]
    left = y - (features @ fit[..., None])[..., 0]
    # The error is itself a sum of units: those of the fit, and the target's with the opposite sign.
    teacher = np.broadcast_to(np.sqrt(2) * np.eye(1, k), (draws, 1, k))
    every = np.concatenate([hidden, teacher], axis=1)
    outputs = np.concatenate([fit, np.full((draws, 1), -1.0)], axis=1)
    test = (outputs[:, None] @ _relu_kernel(every) @ outputs[..., None])[:, 0, 0]
    return Losses(np.mean(left**2, axis=-1), np.maximum(test, 0))


def _relu_kernel(w: np.ndarray) -> np.ndarray:
    """The mean of relu(w_i.x) relu(w_j.x) over standard normal x, shape (..., p, p) for w (..., p, k)."""
    lengths = np.linalg.norm(w, axis=-1, keepdims=True)
    cosine = np.clip((w / lengths) @ np.swapaxes(w / lengths, -1, -2), -1, 1)
    angle = np.arccos(cosine)
    sizes = lengths * np.swapaxes(lengths, -1, -2)
    return sizes * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi)
