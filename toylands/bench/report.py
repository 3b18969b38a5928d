"""The table: what was measured, how the peers compare, what was to be reached, whether it was."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from toylands.bench import peers_c, peers_jax, peers_torch
from toylands.bench.problems import MissingError

#: the columns of peers, in the order in which they are shown
PEERS = ("C, 1 core", "C, 2 passes", "C, all cores", "JAX", "torch", "NumPy")

#: a load above this means that other programs take part in the measurement
BUSY = 0.5


@dataclass(frozen=True)
class Target:
    """What had to be reached, in words, and whether it was (None: it could not be measured)."""

    words: str
    met: bool | None

    @property
    def answer(self) -> str:
        """The answer in words: yes, NO or not measured."""
        return "not measured" if self.met is None else "yes" if self.met else "NO"


@dataclass(frozen=True)
class Detail:
    """One timing behind a row: whose, the fastest way found, seconds per call."""

    who: str
    way: str
    median: float
    best: float
    samples: int


@dataclass
class Row:
    """One line of the table.

    Attributes:
        name: what was measured.
        ours: what toylands needed, as text with its unit.
        ratios: peer -> its time (or memory) over that of toylands; above 1 toylands is better.
        missing: peer -> why it has no number.
        targets: what had to be reached.
        details: the timings behind the ratios.
    """

    name: str
    ours: str
    ratios: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)

    def cell(self, peer: str) -> str:
        """What the table says about a peer."""
        if peer in self.ratios:
            return f"{three(self.ratios[peer])}x"
        return self.missing.get(peer, "")


@dataclass
class Report:
    """All rows of one run and the machine they were measured on; its text is the table."""

    rows: list[Row]
    machine: str

    @property
    def met(self) -> bool:
        """Whether every target that could be measured was met."""
        return all(target.met is not False for row in self.rows for target in row.targets)

    def __str__(self) -> str:
        head = ["", "toylands", *PEERS, "must", "met"]
        lines: list[list[str]] = []
        for row in self.rows:
            first = [row.name, row.ours, *(row.cell(peer) for peer in PEERS)]
            told = [[target.words, target.answer] for target in row.targets] or [["", ""]]
            lines.append(first + told[0])
            lines.extend([""] * len(first) + more for more in told[1:])
        legend = (
            "A peer's number is its time (or memory) over that of toylands in the same run: 2x\n"
            "means that toylands is twice as fast. Medians over rounds in which all take turns;\n"
            "the fastest variant of a peer counts. 'C, 1 core' is compared with toylands on one core,\n"
            "and so is 'C, 2 passes': gradient and step apart, as toylands joins any landscape with\n"
            "any rule."
        )
        return f"{_table(head, lines)}\n\n{legend}\n{self.machine}"

    def details(self) -> str:
        """The seconds behind the ratios: the median and the fastest of the repeats."""
        head = ["", "who", "fastest way", "median", "fastest", "repeats"]
        lines = []
        for row in self.rows:
            name = row.name
            for d in row.details:
                seconds = [duration(d.median), duration(d.best)]
                lines.append([name, d.who, d.way, *seconds, str(d.samples)])
                name = ""
        return _table(head, lines) if lines else ""


def machine() -> str:
    """One line about this machine and the versions of everything that was measured."""
    import numba
    import numpy

    versions = [f"Python {platform.python_version()}", f"numba {numba.__version__}"]
    versions.append(f"NumPy {numpy.__version__}")
    for name, version in (("JAX", peers_jax.version), ("torch", peers_torch.version)):
        versions.append(_version(f"{name} ", version) or f"{name} not installed")
    versions.append(_version("", peers_c.version) or "no C compiler")
    cpu = f"{os.cpu_count()} CPUs ({_processor()}), {platform.system()}"
    text = f"{cpu}; {', '.join(versions)}"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > BUSY:
        text += f"\nThis machine was busy before the run (load {load:.1f}): repeat when it is idle."
    return text


def duration(seconds: float) -> str:
    """Seconds with three significant digits in the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= 0.9995 * size:
            return f"{three(seconds / size)} {unit}"
    return f"{three(seconds / 1e-9)} ns"


def three(value: float) -> str:
    """Three significant digits without an exponent."""
    digits = f"{value:.3g}"
    if "e" in digits:
        digits = f"{float(digits):f}".rstrip("0").rstrip(".")
    return digits


def _version(name: str, ask: Callable[[], str]) -> str:
    try:
        return f"{name}{ask()}"
    except MissingError:
        return ""


def _processor() -> str:
    if sys.platform == "linux":
        try:
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
        except OSError:
            pass
    return platform.processor() or platform.machine()


def _table(head: list[str], lines: Iterable[list[str]]) -> str:
    rows = [head, *lines]
    widths = [max(len(row[c]) for row in rows) for c in range(len(head))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, rule, *rows[1:]]
    )
