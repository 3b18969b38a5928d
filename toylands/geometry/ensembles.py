"""Ensembles: what averaging predictions gains, and why averaging weights is something else.

    ensemble_error([1, 2, 4], target=2)          # 0.111 = 1.667 (mean error) - 1.556 (disagreement)
    compare_averages(net, [theta_1, theta_2, theta_3])      # members, weight average, predictions

The gain of averaging predictions is exactly the members' disagreement. Members that err alike gain
nothing, and permuted copies of one network never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.formula import Landscape
from toylands.geometry._checks import is_network
from toylands.geometry.masked_networks import MaskedNetwork


@dataclass(frozen=True, repr=False)
class EnsembleError(Brief):
    """The ambiguity decomposition: error = mean_error - ambiguity, exactly.

    [Krogh and Vedelsby 1995]

    Attributes:
        error: squared error of the mean prediction, averaged over the data.
        mean_error: mean squared error of the members.
        ambiguity: mean squared deviation of the members from their mean: their disagreement.
        correlation: mean pairwise correlation of the members' errors over the data; NaN for fewer than
            two data, or for a member whose error is constant.
        predictions: shape (M, n). target: shape (n,).
    """

    error: float
    mean_error: float
    ambiguity: float
    correlation: float
    predictions: np.ndarray
    target: np.ndarray


@door
def ensemble_error(predictions: Numbers, target: Numbers) -> EnsembleError:
    """Squared error of an ensemble and its parts, all members with equal weight.

    Args:
        predictions: of M members, shape (M, ...); (M,) is one datum.
        target: what they should say, shape (...), or one number.

    Raises:
        ValueError: for shapes that do not belong together, or values that are not finite.
    """
    try:
        made, wanted = np.asarray(predictions, dtype=float), np.asarray(target, dtype=float)
    except (TypeError, ValueError):
        made, wanted = np.empty(0), np.empty(0)
    if (
        made.ndim == 0
        or not made.size
        or not (np.isfinite(made).all() and np.isfinite(wanted).all())
    ):
        raise ValueError(
            f"ensemble_error: predictions={show(predictions)} and target={show(target)} must be finite "
            "numbers, predictions with one row per member."
        )
    if wanted.shape not in ((), made.shape[1:]):
        raise ValueError(
            f"ensemble_error: target has shape {wanted.shape}, but each of the {len(made)} members "
            f"predicts shape {made.shape[1:]}."
        )
    made = made.reshape(len(made), -1)
    wanted = np.broadcast_to(wanted.reshape(-1), made.shape[1:])
    mean = made.mean(axis=0)
    errors = made - wanted
    return EnsembleError(
        float(np.mean((mean - wanted) ** 2)),
        float(np.mean(errors**2)),
        float(np.mean((made - mean) ** 2)),
        _mean_correlation(errors),
        made,
        wanted,
    )


def _mean_correlation(errors: np.ndarray) -> float:
    """The mean correlation of all pairs of rows."""
    count = len(errors)
    if count < 2 or errors.shape[1] < 2 or np.any(np.ptp(errors, axis=1) == 0):
        return float("nan")
    matrix = np.corrcoef(errors)
    return float((matrix.sum() - np.trace(matrix)) / (count * (count - 1)))


@dataclass(frozen=True, repr=False)
class Averages(Brief):
    """Several solutions, and two ways to average them.

    Attributes:
        landscape: on which they are compared.
        weights: the members, shape (M, d).
        losses: each member's loss, shape (M,).
        average: the mean of the weights, shape (d,).
        average_loss: the loss there: one model.
        ensemble_loss: the loss of the mean prediction (of the mean probability, for "bce" and
            "cross_entropy"): M models, without weight decay; None for a landscape that does not predict.
    """

    landscape: Landscape
    weights: np.ndarray
    losses: np.ndarray
    average: np.ndarray
    average_loss: float
    ensemble_loss: float | None


@door
def compare_averages(land: Landscape, weights: Numbers) -> Averages:
    """Average several solutions in weight space and, for a network, in its predictions.

    The mean prediction is never worse than the mean of the members' losses when the loss is convex in
    the prediction (squared error, cross-entropy). The mean of the weights has no such guarantee: it
    can be as bad as the barrier between them.

    Args:
        land: a landscape; a network also averages its predictions on its own data.
        weights: the members, shape (M, d).

    Raises:
        ValueError: for anything but M finite points.
    """
    check_landscape("compare_averages", land)
    points = land.points(weights, "weights")
    if points.ndim != 2 or not len(points) or not np.isfinite(points).all():
        raise ValueError(
            f"compare_averages: weights={show(weights)} must be finite points, shape (M, {land.dim})."
        )
    average = points.mean(axis=0)
    return Averages(
        land,
        points,
        np.asarray(land.loss(points)),
        average,
        float(land.loss(average)),
        _ensemble_loss(land, points),
    )


def _ensemble_loss(land: Landscape, points: np.ndarray) -> float | None:
    """The network's loss, without weight decay, of the members' mean prediction."""
    if isinstance(land, MaskedNetwork):
        return _ensemble_loss(land.whole, land.filled(points))
    if not is_network(land):
        return None
    kind, y = land.architecture.loss, land.dataset.y
    outputs = land.predict(points)
    if kind in ("mse", "half_mse"):
        squares = (outputs.mean(axis=0) - y) ** 2
        return float(squares.sum(axis=1).mean() / (2 if kind == "half_mse" else 1))
    if kind == "bce":
        probability = _sigmoid(outputs).mean(axis=0)
        other = _sigmoid(-outputs).mean(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            wrong = np.where(y == 0, 0.0, -y * np.log(probability))
            wrong -= np.where(y == 1, 0.0, (1 - y) * np.log(other))
        return float(wrong.sum(axis=1).mean())
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    shares = np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        wrong = np.where(y == 0, 0.0, -y * np.log(shares.mean(axis=0)))
    return float(wrong.sum(axis=1).mean())


def _sigmoid(z: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)
