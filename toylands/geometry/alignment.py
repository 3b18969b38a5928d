"""Alignment: put the units of one network into the order of another, then compare them.

    match_units([0.3, 1.2, 3.0], [3.1, 0.2, 1.1]).order           # (1, 2, 0), cost 0.03 instead of 12.45
    found = align(net, theta_1, theta_2)                          # or method="activations"
    found.before.barrier, found.after.barrier                     # on the straight line

A permutation of hidden units changes no function, so two networks can be far apart and say the same.
That *all* solutions are connected up to permutation is a conjecture and needs width; a barrier that
vanishes here shows that these two are.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import did_you_mean, one_of, show
from toylands.formula import Landscape
from toylands.geometry._checks import is_network, one_point
from toylands.geometry.interpolation import Interpolation, interpolate
from toylands.optimizers.optimizer import check_count

if TYPE_CHECKING:
    from toylands.networks import Network

METHODS = ("weights", "activations")


@dataclass(frozen=True, repr=False)
class Matching(Brief):
    """Which units of the second belong to those of the first.

    Attributes:
        order: unit order[i] of the second takes place i, shape (n,).
        costs: squared distance of every pair, row = first, column = second, shape (n, n).
        cost: of the matching, the smallest possible sum.
        cost_identity: of leaving the order as it is.
    """

    order: np.ndarray
    costs: np.ndarray
    cost: float
    cost_identity: float


@door
def match_units(first: Numbers, second: Numbers) -> Matching:
    """Match units so that the sum of squared distances between their features is smallest.

    A linear assignment problem, solved exactly (the Hungarian method's problem; SciPy's
    linear_sum_assignment). With one feature, sorting solves it.

    Args:
        first, second: features of n units, shape (n,) or (n, features), the same for both.

    Raises:
        ValueError: for different shapes, or features that are not finite.
    """
    from scipy.optimize import linear_sum_assignment

    a, b = (_features(f, w) for f, w in ((first, "first"), (second, "second")))
    if a.shape != b.shape:
        raise ValueError(
            f"match_units: first has shape {a.shape} and second {b.shape}; units can be matched one to one "
            "only between layers of one width, with the same features."
        )
    costs = ((a[:, None] - b[None]) ** 2).sum(axis=-1)
    _, order = linear_sum_assignment(costs)
    rows = np.arange(len(a))
    return Matching(order, costs, float(costs[rows, order].sum()), float(np.trace(costs)))


def _features(given: Any, name: str) -> np.ndarray:
    try:
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim not in (1, 2) or not values.size or not np.isfinite(values).all():
        raise ValueError(
            f"match_units: {name}={show(given)} must be finite features, one row (or number) per unit."
        )
    return values.reshape(len(values), -1)


@dataclass(frozen=True, repr=False)
class Alignment(Brief):
    """Two solutions before and after the second was permuted.

    Attributes:
        landscape: their landscape.
        first, second: as given, shape (d,).
        aligned: the second with its units in the first's order: the same function, shape (d,).
        matchings: {layer: Matching} between the units as given, with the other layers aligned; layer 0
            for a plain landscape.
        method: how units were compared.
        rounds: sweeps over the layers until nothing changed.
    """

    landscape: Landscape
    first: np.ndarray
    second: np.ndarray
    aligned: np.ndarray
    matchings: dict[int, Matching]
    method: str
    rounds: int

    @functools.cached_property
    def before(self) -> Interpolation:
        """The straight line from the first to the second as given."""
        return interpolate(self.landscape, self.first, self.second)

    @functools.cached_property
    def after(self) -> Interpolation:
        """The straight line from the first to the aligned second."""
        return interpolate(self.landscape, self.first, self.aligned)

    @property
    def distances(self) -> tuple[float, float]:
        """How far the second is from the first, before and after."""
        return (
            float(np.linalg.norm(self.first - self.second)),
            float(np.linalg.norm(self.first - self.aligned)),
        )


@door
def align(
    land: Landscape,
    first: Numbers,
    second: Numbers,
    *,
    method: str = "weights",
    units: Sequence[Any] | None = None,
    rounds: int = 100,
) -> Alignment:
    """Permute the hidden units of the second solution to be as near to the first as can be found.

    "weights": |first - second|^2 is lowered layer by layer, each layer an exact assignment with the other
    layers held, until a sweep changes nothing; from the order as given and from that of "activations",
    and the nearer result is taken. With one hidden layer it is the best permutation; with more it is a
    local optimum. [Ainsworth, Hayase and Srinivasa 2023] "activations": units of a layer
    are matched by what they answer to the network's own data. [the same]
    Signs of odd units (tanh) are not flipped.

    Args:
        land: a network, or a landscape whose coordinates form interchangeable `units`.
        first, second: two solutions of this one landscape, shape (d,).
        method: "weights" or "activations" (networks only).
        units: for a plain landscape, the coordinate numbers of each unit, such as [(0,), (1,)].
        rounds: at most so many sweeps.

    Raises:
        ValueError: for solutions of another architecture, a landscape without units, a network without
            hidden layer, or units whose exchange changes the loss.
    """
    a, b = _solution(land, first, "first"), _solution(land, second, "second")
    rounds = check_count("align", "rounds", rounds, least=1)
    if method not in METHODS:
        raise ValueError(
            f"align: method={method!r} must be {one_of(METHODS)}.{did_you_mean(method, METHODS)}"
        )
    if is_network(land):
        aligned, matchings, used = _align_network(land, a, b, method, rounds)
        return Alignment(land, a, b, aligned, matchings, method, used)
    if units is None or method != "weights":
        raise ValueError(
            f"align: {land.name} is not a network. Say which coordinates form interchangeable units, such "
            "as units=[(0,), (1,)], with method='weights'."
        )
    groups = [np.atleast_1d(np.asarray(unit)) for unit in units]
    numbers = np.concatenate(groups) if groups else np.empty(0, int)
    sizes = {len(group) for group in groups}
    if (
        len(sizes) != 1
        or numbers.dtype.kind not in "iu"
        or len(set(numbers)) < len(numbers)
        or not set(numbers) <= set(range(land.dim))
    ):
        raise ValueError(
            f"align: units={show(units)} must be groups of equally many different coordinate numbers "
            f"below {land.dim}."
        )
    rows = np.stack(groups)
    found = match_units(a[rows], b[rows])
    aligned = b.copy()
    aligned[rows] = b[rows[found.order]]
    old, new = float(land.loss(b)), float(land.loss(aligned))
    if abs(old - new) > 1e-9 * max(abs(old), abs(new), 1e-3):
        raise ValueError(
            f"align: exchanging units={show(units)} changes the loss of {land.name} from {old:.6g} to "
            f"{new:.6g}, so they are not interchangeable."
        )
    return Alignment(land, a, b, aligned, {0: found}, method, 1)


def _solution(land: Landscape, theta: Any, name: str) -> np.ndarray:
    if is_network(land) and np.shape(theta) and np.shape(theta)[-1:] != (land.dim,):
        widths = "-".join(map(str, land.architecture.widths))
        raise ValueError(
            f"align: {name} has {np.shape(theta)[-1]} weights, but a network {widths} has {land.dim}. Only "
            "two networks of one architecture can be aligned: units are matched one to one."
        )
    return one_point("align", land, theta, name)


def _align_network(
    net: Network, first: np.ndarray, second: np.ndarray, method: str, rounds: int
) -> tuple[np.ndarray, dict[int, Matching], int]:
    from toylands.networks.symmetry import joined

    shape = net.architecture
    if not shape.hidden:
        raise ValueError(f"align: {net.name} has no hidden layer, so it has no units to permute.")
    groups: list[range] = []
    for number in range(1, shape.hidden + 1):
        if not groups or number not in groups[-1]:
            groups.append(joined(shape, number))
    as_given = [np.arange(shape.widths[group[0]]) for group in groups]
    by_answers = [
        match_units(_answers_of(net, first, group), _answers_of(net, second, group)).order
        for group in groups
    ]
    if method == "activations":
        orders, used = by_answers, 1
    else:
        found = [
            _descend_orders(net, first, second, groups, start, rounds)
            for start in (as_given, by_answers)
        ]
        orders, _, used = min(found, key=lambda result: result[1])
    aligned = _permuted(net, second, groups, orders)
    features = _weights_of if method == "weights" else _answers_of
    matchings = {}
    for group, order in zip(groups, orders, strict=True):
        theirs = np.empty_like(features(net, aligned, group))
        theirs[order] = features(net, aligned, group)  # this layer in its own order again
        matchings[group[0]] = match_units(features(net, first, group), theirs)
    return aligned, matchings, used


def _permuted(
    net: Network, theta: np.ndarray, groups: Sequence[range], orders: Sequence[np.ndarray]
) -> np.ndarray:
    for group, order in zip(groups, orders, strict=True):
        theta = net.permuted(theta, group[0], order)
    return theta


def _descend_orders(
    net: Network,
    first: np.ndarray,
    second: np.ndarray,
    groups: Sequence[range],
    start: Sequence[np.ndarray],
    rounds: int,
) -> tuple[list[np.ndarray], float, int]:
    """Match layer after layer until a sweep changes nothing: the orders, the distance, the sweeps."""
    orders, aligned = list(start), _permuted(net, second, groups, start)
    changed, used = True, 0
    while changed and used < rounds:
        changed, used = False, used + 1
        for n, group in enumerate(groups):
            found = match_units(_weights_of(net, first, group), _weights_of(net, aligned, group))
            if found.cost < found.cost_identity * (1 - 1e-12):
                aligned = net.permuted(aligned, group[0], found.order)
                orders[n], changed = orders[n][found.order], True
    return orders, float(np.linalg.norm(first - aligned)), used


def _weights_of(net: Network, theta: np.ndarray, group: range) -> np.ndarray:
    """All weights into and out of each unit of the layers that are permuted together."""
    blocks, features = net.unpack(theta), []
    for k in group:
        if k == group[0]:
            features.append(blocks[f"W{k}"])
        if net.architecture.bias:
            features.append(blocks[f"b{k}"][:, None])
        if k == group[-1]:
            features.append(blocks[f"W{k + 1}"].T)
    return np.concatenate(features, axis=1)


def _answers_of(net: Network, theta: np.ndarray, group: range) -> np.ndarray:
    """What each unit passes on, for every sample of the network's data."""
    layers = net.activations(theta)
    return np.concatenate([layers[k - 1].T for k in group], axis=1)
