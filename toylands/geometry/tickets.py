"""Lottery tickets: prune the small weights, rewind the rest, train again.

    ticket = find_ticket(net, tl.adam(0.01), net.init(0), keep=0.2, rounds=3, steps=1000)
    ticket.run.loss[-1], ticket.dense.loss[-1]          # pruned and rewound, and the whole network
    ticket.train(net.init(1)).loss[-1]                  # the same mask, re-initialised

A mask makes a landscape of its own (`masked`): the same loss over the weights that are kept, all others
zero, with exact derivatives, so everything in toylands works on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from toylands._brief import Brief
from toylands._door import Numbers, door
from toylands._words import show
from toylands.dynamics.checks import check_landscape
from toylands.dynamics.descend import descend
from toylands.formula import Landscape
from toylands.geometry._checks import is_network, one_point
from toylands.geometry.masked_networks import MaskedNetwork
from toylands.geometry.slices import readable, substituted
from toylands.optimizers import Optimizer
from toylands.optimizers.optimizer import check_count


@door
def magnitude_mask(theta: Numbers, keep: float, *, within: Numbers | None = None) -> np.ndarray:
    """Which weights to keep: the largest in size, over all weights together, shape (d,), bool.

    Ties are broken by order, so exactly round(keep * candidates) are kept, and at least one.

    Args:
        theta: the weights, shape (d,).
        keep: the share to keep, above 0 and at most 1.
        within: an earlier mask; only its weights are candidates, and `keep` is a share of them.

    Raises:
        ValueError: for a share outside (0, 1], weights that are not finite, or a mask of another shape.
    """
    try:
        weights = np.asarray(theta, dtype=float)
    except (TypeError, ValueError):
        weights = np.empty(0)
    if weights.ndim != 1 or not len(weights) or not np.isfinite(weights).all():
        raise ValueError(f"magnitude_mask: theta={show(theta)} must be finite weights, shape (d,).")
    if not isinstance(keep, Real) or not 0 < keep <= 1:
        raise ValueError(
            f"magnitude_mask: keep={show(keep)} must be the share of weights to keep, above 0 and at "
            "most 1; keep=0.2 prunes 80%."
        )
    allowed = np.ones(len(weights), bool) if within is None else _mask_of(within, len(weights))
    count = max(1, round(keep * int(allowed.sum())))
    order = np.argsort(np.where(allowed, -np.abs(weights), np.inf), kind="stable")
    mask = np.zeros(len(weights), bool)
    mask[order[:count]] = True
    return mask


@door
def masked(land: Landscape, mask: Numbers, *, fill: Numbers = 0.0) -> Landscape:
    """The landscape over the coordinates that a mask keeps; the others stay at `fill`.

    Loss, gradient and Hessian are exact: those of the whole landscape at the filled-up point, restricted to
    the kept coordinates. A formula is simplified, so its LaTeX shows what is left.

    Args:
        land: the landscape.
        mask: True for a coordinate that is kept, shape (d,), at least one.
        fill: the value of those that are not: 0 (pruned), one number, or a point of shape (d,) (frozen).

    Raises:
        ValueError: for a mask of another shape or without any True, or a bad fill.
    """
    check_landscape("masked", land)
    kept = _mask_of(mask, land.dim)
    values = np.full(land.dim, fill, dtype=float) if np.ndim(fill) == 0 else fill
    rest = one_point("masked", land, values, "fill")
    if isinstance(land, MaskedNetwork):
        whole, outer = np.zeros(land.whole.dim, bool), land.fill.copy()
        whole[np.flatnonzero(land.mask)[kept]] = True
        outer[land.mask] = rest
        return MaskedNetwork(land.whole, whole, outer)
    if is_network(land):
        return MaskedNetwork(land, kept, rest)
    index = np.flatnonzero(kept)
    names = [land.coordinates[i] for i in index]

    def place(*free: Any) -> list[Any]:
        made: list[Any] = rest.tolist()
        for i, value in zip(index, free, strict=True):
            made[i] = value
        return made

    return substituted(
        land,
        f"{land.name}_masked",
        f"{readable(land)} with {len(index)} of its {land.dim} coordinates.\n\n"
        f"The others stay at {'0' if not rest[~kept].any() else 'fixed values'}.",
        names,
        {},
        place,
        [land.view[i] for i in index],
        [land.start[i] for i in index],
        None if land.players is None else [land.players[i] for i in index],
    )


def _mask_of(mask: Any, dim: int) -> np.ndarray:
    given = np.asarray(mask)
    if given.shape != (dim,) or given.dtype != bool or not given.any():
        raise ValueError(
            f"mask={show(mask)} must hold True or False for each of {dim} coordinates, with at least one "
            "True. magnitude_mask(theta, keep=0.2) makes one."
        )
    return given


@dataclass(frozen=True, repr=False)
class Ticket(Brief):
    """A pruned landscape and how well it trains from its own start.

    Attributes:
        mask: what is kept, shape (d,).
        masks: of every round, the last one is `mask`.
        start: the whole network's weights to which it was rewound, shape (d,).
        landscape: the masked landscape.
        dense: the run of the whole network.
        run: the run of the ticket, rewound.
        optimizer, steps: how both were trained.
    """

    mask: np.ndarray
    masks: tuple[np.ndarray, ...]
    start: np.ndarray
    landscape: Landscape
    dense: Any
    run: Any
    optimizer: Optimizer
    steps: int

    @property
    def kept(self) -> float:
        """The share of the weights that is left."""
        return float(self.mask.mean())

    def train(self, theta: Any, **options: Any) -> Any:
        """Train the same mask from other weights (d,) of the whole network: the control experiment.

        Options are those of `toylands.descend`. Returns a trajectory of the masked landscape.
        """
        whole = one_point("train", self.dense.landscape, theta, "theta")
        return descend(self.landscape, self.optimizer, whole[self.mask], self.steps, **options)


@door
def find_ticket(
    land: Landscape,
    opt: Optimizer,
    start: Any = None,
    *,
    keep: float = 0.2,
    rounds: int = 1,
    steps: int = 1000,
    rewind: int = 0,
    **options: Any,
) -> Ticket:
    """Train, prune the smallest weights, rewind the rest to an early step, and train again.

    With several rounds each prunes to the share keep^(1/rounds) of what is left (iterative magnitude
    pruning). [Frankle and Carbin 2019; rewinding to a later step: Frankle et al. 2020]

    Args:
        land: the landscape to prune, usually a network.
        opt: the optimizer.
        start: the initialisation, shape (d,), by default the landscape's start.
        keep: the share of weights left at the end.
        rounds: prunings.
        steps: of every training; after rewinding to step k, a ticket too trains all of them.
        rewind: the step of the whole network's run to which kept weights go back, 0 for the initialisation.
        **options: of `toylands.descend`, such as seed and batch.

    Raises:
        ValueError: for bad counts or shares, or a training that diverges: its weights say nothing.
    """
    check_landscape("find_ticket", land)
    rounds = check_count("find_ticket", "rounds", rounds, least=1)
    steps = check_count("find_ticket", "steps", steps, least=1)
    rewind = check_count("find_ticket", "rewind", rewind, least=0)
    if rewind > steps:
        raise ValueError(f"find_ticket: rewind={rewind} must be a step of the run, 0 to {steps}.")
    first = one_point("find_ticket", land, land.start if start is None else start, "start")
    magnitude_mask(first, keep)  # refuses a share that is none
    dense = _trained(descend(land, opt, first, steps, **options))
    if options.get("every", 1) != 1 and rewind:
        raise ValueError("find_ticket: rewinding needs every step recorded: leave out every=.")
    rewound = np.array(dense.path[rewind])
    end, masks = np.array(dense.end), [np.ones(land.dim, bool)]
    sub, run = land, dense
    for number in range(1, rounds + 1):
        before = int(masks[-1].sum())
        wanted = max(1, round(keep ** (number / rounds) * land.dim))
        mask = magnitude_mask(end, wanted / before, within=masks[-1])
        masks.append(mask)
        sub = masked(land, mask)
        run = _trained(descend(sub, opt, rewound[mask], steps, **options))
        end = np.zeros(land.dim)
        end[mask] = run.end
    return Ticket(masks[-1], tuple(masks[1:]), rewound, sub, dense, run, opt, steps)


def _trained(run: Any) -> Any:
    if run.status.left:
        raise ValueError(
            f"find_ticket: training {run.landscape.name} {run.status}, so the sizes of its weights say "
            "nothing. Take a smaller lr."
        )
    return run
