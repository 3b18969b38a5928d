"""The clinic: what a training curve betrays about the place it comes from, and what it does not.

    alignment(run)                 # q_t = g_{t+1} . g_t / |g_t|^2
    diagnose(run)                  # a finding, the evidence, what to try
    case = cases(seed=1)[0]        # a patient: case.run to look at, case.reveal() for the landscape

For plain gradient descent q_t is exactly 1 - lr * (mean curvature along the step), so the curve alone
tells the curvature. What it cannot tell is whether a minimum found will do well on new data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylands import landscapes
from toylands._door import door
from toylands._words import show
from toylands.dynamics.descend import descend
from toylands.dynamics.trajectory import Swarm, Trajectory
from toylands.formula import Landscape
from toylands.optimizers import Optimizer, gd, noise
from toylands.optimizers.optimizer import check_count

#: successive gradients whose q varies by more than this have no direction in common
SCATTER = 0.3
#: a q nearer to 1 than this, from above, is a desert and no way out of a saddle
DESERT = 1e-3
#: finding -> what to try, each with its limit
REMEDIES = {
    "too large a step": "a smaller rate, or a warmup if only the start is steep; clipping; normalisation",
    "ravine": "momentum, a preconditioner, or a rate nearer to 1/curvature: it overshoots every step",
    "slow tail": "a larger rate if all curvatures are small, else a preconditioner or momentum",
    "saddle": "patience, noise or momentum: the way out grows by itself at 1 - lr * curvature per step",
    "desert": "an adaptive method, which divides by the gradient's size; another start; another loss",
    "noise floor": "decay the rate, average the weights, or enlarge the batch",
    "settled": "nothing to cure; whether it does well on new data this curve cannot tell",
    "healthy": "nothing to cure yet",
    "different minima": "compare their losses; restart, or ensemble where the errors differ",
    "valley of minima": "the solutions are one family: align them before comparing, or regularise",
    "equally good minima": "look for a symmetry between them, and align before averaging",
    "agreement": "nothing to cure: all runs found the same point",
}


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a run, or between runs.

    Attributes:
        finding: one of the words of `REMEDIES`.
        evidence: the sentence that the numbers say.
        remedy: what to try.
        q: the typical alignment of successive gradients; not a number for several runs.
        curvature: the curvature along the gradient that q implies for gradient descent, (1 - q)/lr.
    """

    finding: str
    evidence: str
    q: float = field(default=float("nan"))
    curvature: float = field(default=float("nan"))

    @property
    def remedy(self) -> str:
        """What to try, with its limit."""
        return REMEDIES[self.finding]

    def __repr__(self) -> str:
        return f"<{self.finding}: {self.evidence} Try: {self.remedy}.>"


@door
def alignment(run: Trajectory) -> np.ndarray:
    """How successive gradients line up, q_t = g_{t+1} . g_t/|g_t|^2, shape (T,).

    For plain gradient descent exactly 1 - lr times the mean curvature along the step, in the direction
    of the gradient: below -1 that direction diverges, from -1 to 0 it overshoots, from 0 to 1 it
    shrinks, above 1 the curvature is negative. Not a number where the gradient vanishes.

    Args:
        run: a recorded walk with every=1.
    """
    _check_run("alignment", run)
    gradients = (
        run.landscape(**run.time_varying).field(run.path)
        if run.time_varying
        else run.landscape.field(run.path)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(
            (gradients[1:] * gradients[:-1]).sum(axis=1) / np.square(gradients[:-1]).sum(axis=1)
        )


def diagnose(runs: Any) -> Diagnosis:
    """Say what a run of gradient descent shows, or what several runs of it have in common.

    One run is judged by the typical q of its last quarter (see `alignment`), by its losses and its
    gradient norms. Of several runs that have all settled, the ends are compared. The words are
    heuristics with exact limits: they name what gradient descent at this rate does here, not why a
    network was built so.

    Args:
        runs: a `Trajectory` recorded with every=1, or a `Swarm`, or a list of trajectories.

    Raises:
        TypeError, ValueError: for anything else, or a run too short to judge.
    """
    if isinstance(runs, Trajectory):
        return _one(runs)
    if isinstance(runs, Swarm) or (
        isinstance(runs, list | tuple) and all(isinstance(run, Trajectory) for run in runs)
    ):
        if len(runs) < 2:
            raise ValueError("diagnose: give one run by itself, or at least two to compare.")
        return _several(list(runs))
    raise TypeError(f"diagnose needs a run of descend, or several; got {show(runs)}.")


def _one(run: Trajectory) -> Diagnosis:
    _check_run("diagnose", run)
    q = alignment(run)
    left = run.diverged_at is not None
    if len(q) < 4 and not left:
        raise ValueError(f"diagnose: {len(q)} steps are too few to judge; record at least 4.")
    last = q[-max(len(q) // 4, 4) :]
    last = last[np.isfinite(last)]
    rate = float(run.rates[-1]) if len(run.rates) else 0.0
    typical = float(np.median(last)) if len(last) else float("nan")
    curvature = (1 - typical) / rate if rate else float("nan")

    def told(finding: str, words: str) -> Diagnosis:
        return Diagnosis(finding, words, typical, curvature)

    size = f"q = {typical:.6g}"
    if left and typical > 1:
        words = f"{size}, above 1: it left downhill, on a curvature of {curvature:.3g}."
        return told("saddle", words)
    if left:
        return told("too large a step", f"it {run.status}; {size} before.")
    if typical < -1:
        return told("too large a step", f"{size}, below -1: every step is larger than the last.")
    if run.grad_norm[-1] <= run.tol:
        return told("settled", f"the gradient is {run.grad_norm[-1]:.2g}.")
    quarter = len(q) // 4
    sizes = run.grad_norm[-2 * quarter :].reshape(2, quarter).mean(axis=1)
    if np.std(last) > SCATTER and sizes[1] > sizes[0] / 2:
        words = "q has no typical value and the gradient no longer gets smaller."
        return told("noise floor", words)
    if typical < 0:
        return told("ravine", f"{size}, negative: it overshoots at every step and still shrinks.")
    if typical > 1:
        if typical - 1 < DESERT:
            slope = f"at a gradient of {run.grad_norm[-1]:.2g} that does not grow to speak of"
            return told("desert", f"{size}, hardly above 1, {slope}.")
        return told("saddle", f"{size}, above 1: the curvature along the way is {curvature:.3g}.")
    if typical > 0.99:
        return told("slow tail", f"{size}: a step removes {1 - typical:.2g} of the gradient.")
    return told("healthy", f"{size}: a step removes {1 - typical:.2g} of the gradient.")


def _several(runs: list[Trajectory]) -> Diagnosis:
    unsettled = [n for n, run in enumerate(runs) if run.status.kind != "converged"]
    if unsettled:
        raise ValueError(
            f"diagnose: run {unsettled[0]} is not settled ({runs[unsettled[0]].status}); diagnose it "
            "alone, or give all runs more steps."
        )
    losses = np.array([run.loss[-1] for run in runs])
    ends = np.array([run.end for run in runs])
    land = runs[0].landscape
    reach = np.array([high - low for low, high in land.view])
    apart = float(np.max(np.abs(ends - ends[0]) / reach))
    scale = max(run.loss[0] - run.loss[-1] for run in runs)
    if np.ptp(losses) > 1e-3 * max(scale, 1e-300):
        words = f"the losses at the ends range from {losses.min():.4g} to {losses.max():.4g}."
        return Diagnosis("different minima", words)
    if apart < 0.01:
        return Diagnosis("agreement", f"all {len(runs)} runs end within 1% of the view.")
    flat = [np.abs(run.spectrum[-1]).min() < 1e-6 * np.abs(run.spectrum[-1]).max() for run in runs]
    if all(flat):
        words = "equal losses at different points, each with a direction of no curvature."
        return Diagnosis("valley of minima", words)
    return Diagnosis(
        "equally good minima", "equal losses at different points, all of them isolated."
    )


@dataclass(frozen=True)
class Case:
    """A patient: curves to look at, and the answer behind them.

    Attributes:
        number: which case of its list.
        run: the walk; a class should see `symptoms` alone before it looks.
        answer: the finding.
    """

    number: int
    run: Trajectory
    answer: str

    @property
    def symptoms(self) -> dict[str, np.ndarray]:
        """All that a practitioner would see: loss, grad_norm and q, without the landscape."""
        return {"loss": self.run.loss, "grad_norm": self.run.grad_norm, "q": alignment(self.run)}

    def check(self, finding: str) -> bool:
        """Whether this is the answer.

        Raises:
            ValueError: for a word that is no finding, with the nearest right one.
        """
        from toylands._words import did_you_mean, one_of

        if finding not in REMEDIES:
            raise ValueError(
                f"case: {finding!r} is no finding; expected {one_of(REMEDIES)}."
                + did_you_mean(finding, REMEDIES)
            )
        return finding == self.answer

    def reveal(self) -> str:
        """The landscape, the optimizer and the diagnosis, in words."""
        return f"{self.run.optimizer.label} on {self.run.landscape!r}: {diagnose(self.run)!r}"

    def __repr__(self) -> str:
        first, *_, last = self.run.loss
        return f"<case {self.number}: {self.run.steps} steps, loss {first:.3g} to {last:.3g}>"


@door
def cases(seed: int = 0) -> list[Case]:
    """Patients for a class, one for every finding about a single run, in an order of the seed's own.

    The landscapes are those of the lessons; curvatures and starts are drawn by the seed, so that no two
    pupils need have the same numbers.

    Args:
        seed: fixes the numbers and the order.
    """
    seed = check_count("cases", "seed", seed, least=0)
    rng = np.random.default_rng(seed)
    patients = [
        ("too large a step", *_steep(rng.uniform(2.05, 2.2))),
        ("ravine", *_steep(rng.uniform(1.85, 1.95))),
        ("slow tail", *_steep(rng.uniform(5e-4, 2e-3))),
        ("saddle", landscapes.get("quartic_saddle"), gd(rng.uniform(0.09, 0.11)), (1.0, 1e-4), 75),
        ("desert", landscapes.get("gaussian_desert"), gd(0.1), (3.0, rng.uniform(3.9, 4.1)), 60),
        ("noise floor", landscapes.get("bowl"), noise(gd(0.1), 0.5), (0.1, 0.1), 120),
        ("healthy", landscapes.get("bowl")(b=1.5), gd(rng.uniform(0.1, 0.3)), (1.0, 1.0), 30),
    ]
    order = rng.permutation(len(patients))
    found = []
    for number, which in enumerate(order):
        answer, land, opt, start, steps = patients[which]
        run = descend(land, opt, start=start, steps=steps, seed=seed)
        found.append(Case(number, run, answer))
    return found


def _steep(stiffness: float) -> tuple[Landscape, Optimizer, tuple[float, ...], int]:
    """A parabola on which lr * curvature is this number."""
    return landscapes.get("parabola")(a=stiffness / 0.1), gd(0.1), (1.0,), 60


def _check_run(owner: str, run: Any) -> None:
    if not isinstance(run, Trajectory):
        raise TypeError(f"{owner} needs a run of descend with one walker, got {show(run)}.")
    if run.every != 1:
        raise ValueError(f"{owner}: the run recorded every {run.every} steps; record with every=1.")
