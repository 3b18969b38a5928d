"""Small datasets made by a seed, and data of one's own, checked.

moons = two_moons(100, seed=0)
moons.x.shape, moons.y.shape          # (100, 2), (100, 1)
Dataset(x, y)                         # your own arrays
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from toylands.networks.checks import chosen, generator, numbers, real, whole


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets, one row per sample.

    Attributes:
        x: inputs, shape (n, inputs); one axis becomes one column.
        y: targets, shape (n, outputs); classes as 0 and 1, or one column per class.
        name: how it is called in titles.

    Raises:
        TypeError, ValueError: when they are not finite numbers or differ in length.
    """

    x: np.ndarray
    y: np.ndarray
    name: str = field(default="data")

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            array = numbers(self.name, name, getattr(self, name))
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if len(self.x) != len(self.y):
            raise ValueError(
                f"{self.name}: x has {len(self.x)} samples, but y has {len(self.y)}; they must match."
            )

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"{self.name}({len(self)} samples, {self.x.shape[1]} in, {self.y.shape[1]} out)"

    @property
    def classes(self) -> bool:
        """Whether the targets are classes: every number of y is 0 or 1."""
        return bool(np.isin(self.y, (0.0, 1.0)).all())

    def standardised(self) -> Dataset:
        """The same data with every column of x shifted and scaled to mean 0 and variance 1.

        Raises:
            ValueError: when a column of x is constant.
        """
        constant = self.x.min(axis=0) == self.x.max(axis=0)
        if constant.any():
            raise ValueError(
                f"{self.name}: column {int(np.argmax(constant))} of x is constant, so it has no scale."
            )
        return Dataset((self.x - self.x.mean(axis=0)) / self.x.std(axis=0), self.y, self.name)

    def split(self, fraction: float = 0.5, *, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Two datasets, for training and testing: a random share of the samples, and the others.

        Args:
            fraction: the share of the first, between 0 and 1; both parts get at least one sample.
            seed: fixes the choice.
        """
        share = real(self.name, "fraction", fraction, above=0, below=1)
        if len(self) < 2:
            raise ValueError(f"{self.name} has one sample, which cannot be split.")
        order = generator(self.name, seed).permutation(len(self))
        at = min(max(round(share * len(self)), 1), len(self) - 1)
        first, second = np.sort(order[:at]), np.sort(order[at:])
        return (
            Dataset(self.x[first], self.y[first], self.name),
            Dataset(self.x[second], self.y[second], self.name),
        )


def _two(n: int) -> tuple[int, np.ndarray]:
    """How many samples the first of two classes gets, and the labels, shape (n, 1)."""
    first = (n + 1) // 2
    return first, (np.arange(n) >= first).astype(float)[:, None]


def two_moons(n: int = 100, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two interleaved half circles of radius 1, one class each.

    Class 0 is the upper half circle around (0, 0), class 1 the lower one around (1, 1/2); points are
    evenly spaced and shaken by Gaussian noise in both coordinates.

    Args:
        n: samples in all, half of each class (class 0 has one more when n is odd).
        noise: standard deviation of the noise. seed: fixes it.
    """
    n, noise = whole("two_moons", "n", n, 2), real("two_moons", "noise", noise, least=0)
    first, y = _two(n)
    upper, lower = np.linspace(0, np.pi, first), np.linspace(0, np.pi, n - first)
    x = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    x += noise * generator("two_moons", seed).standard_normal(x.shape)
    return Dataset(x, y, "two_moons")


def spirals(n: int = 100, *, turns: float = 1.0, noise: float = 0.02, seed: int = 0) -> Dataset:
    """Two spirals of one class each, the second turned by half a turn.

    The radius grows from 0.1 to 1 while the angle makes `turns` turns.

    Args:
        n: samples in all, half of each class. turns: how often they wind.
        noise: standard deviation of the noise. seed: fixes it.
    """
    n, noise = whole("spirals", "n", n, 2), real("spirals", "noise", noise, least=0)
    turns = real("spirals", "turns", turns, above=0)
    first, y = _two(n)
    arms = []
    for count, begin in ((first, 0.0), (n - first, np.pi)):
        along = np.linspace(0.1, 1.0, count)
        angle = begin + 2 * np.pi * turns * along
        arms.append(np.stack([along * np.cos(angle), along * np.sin(angle)], axis=1))
    x = np.concatenate(arms)
    x += noise * generator("spirals", seed).standard_normal(x.shape)
    return Dataset(x, y, "spirals")


def circles(n: int = 100, *, factor: float = 0.5, noise: float = 0.05, seed: int = 0) -> Dataset:
    """A circle of radius 1 (class 0) around a smaller one (class 1).

    Args:
        n: samples in all, half on each circle, evenly spaced. factor: the inner radius, in (0, 1).
        noise: standard deviation of the noise. seed: fixes it.
    """
    n, noise = whole("circles", "n", n, 2), real("circles", "noise", noise, least=0)
    factor = real("circles", "factor", factor, above=0, below=1)
    first, y = _two(n)
    rings = []
    for count, radius in ((first, 1.0), (n - first, factor)):
        angle = 2 * np.pi * np.arange(count) / count
        rings.append(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    x = np.concatenate(rings)
    x += noise * generator("circles", seed).standard_normal(x.shape)
    return Dataset(x, y, "circles")


def xor(n: int = 4, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    """Exclusive or: the corners of the unit square, class 1 where the two inputs differ.

    Args:
        n: samples, dealt to the corners (0,0), (0,1), (1,0), (1,1) in turn; 4 for one of each.
        noise: standard deviation of Gaussian noise on the inputs. seed: fixes it.
    """
    n, noise = whole("xor", "n", n, 1), real("xor", "noise", noise, least=0)
    corner = np.arange(n) % 4
    x = np.stack([corner // 2, corner % 2], axis=1).astype(float)
    y = (x[:, :1] != x[:, 1:]).astype(float)
    x += noise * generator("xor", seed).standard_normal(x.shape)
    return Dataset(x, y, "xor")


#: functions on [-1, 1] for `regression_curve`
CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sine": lambda x: np.sin(np.pi * x),
    "step": lambda x: np.where(x > 0, 1.0, -1.0),
    "abs": np.abs,
    "cubic": lambda x: x**3 - x / 2,
    "bump": lambda x: np.exp(-20 * x**2),
}


def regression_curve(
    n: int = 40, *, curve: str = "sine", noise: float = 0.1, seed: int = 0
) -> Dataset:
    """Points of a curve over [-1, 1], with noise on y.

    Args:
        n: samples, evenly spaced in x.
        curve: "sine" (sin pi x), "step" (the sign of x), "abs", "cubic" (x^3 - x/2) or "bump"
            (exp -20 x^2).
        noise: standard deviation of the noise. seed: fixes it.

    Raises:
        ValueError: for an unknown curve, with the nearest right one.
    """
    n, noise = (
        whole("regression_curve", "n", n, 1),
        real("regression_curve", "noise", noise, least=0),
    )
    chosen("regression_curve", "curve", curve, CURVES)
    x = np.linspace(-1.0, 1.0, n)[:, None]
    y = CURVES[curve](x) + noise * generator("regression_curve", seed).standard_normal(x.shape)
    return Dataset(x, y, curve)


def blobs(
    n: int = 100, *, classes: int = 2, inputs: int = 2, spread: float = 0.3, seed: int = 0
) -> Dataset:
    """Gaussian clouds of one class each, around evenly spaced points of the unit circle.

    With two classes y is one column of 0 and 1; with more it has a column per class (one-hot). Beyond
    two inputs the further coordinates are noise.

    Args:
        n: samples, dealt to the classes in turn. classes: at least 2. inputs: columns of x, at least 2.
        spread: standard deviation of each cloud. seed: fixes the noise.
    """
    n, classes = whole("blobs", "n", n, 2), whole("blobs", "classes", classes, 2)
    inputs, spread = whole("blobs", "inputs", inputs, 2), real("blobs", "spread", spread, least=0)
    label = np.arange(n) % classes
    angle = 2 * np.pi * label / classes
    x = spread * generator("blobs", seed).standard_normal((n, inputs))
    x[:, 0] += np.cos(angle)
    x[:, 1] += np.sin(angle)
    y = label[:, None].astype(float) if classes == 2 else np.eye(classes)[label]
    return Dataset(x, y, "blobs")
