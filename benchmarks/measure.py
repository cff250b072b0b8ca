"""One measurement: what, against what, and whether the ratio meets its target."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of the table. Times are in seconds."""

    what: str
    measured: float
    against: str
    base: float
    target: float | None = None
    """Largest ratio that is accepted; none where the number only informs."""

    @property
    def ratio(self) -> float:
        """How many times the base."""
        return self.measured / self.base

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.target is None or self.ratio <= self.target

    def line(self) -> str:
        """The row as Markdown."""
        wanted = "" if self.target is None else f"≤ {self.target:g} {'✓' if self.met else '✗'}"
        return f"| {self.what} | {seconds(self.measured)} | {self.against}: {seconds(self.base)} | {self.ratio:.2f} | {wanted} |"


def seconds(value: float) -> str:
    """A duration for people."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.2f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} µs"


def median(action: Callable[[], object], runs: int) -> float:
    """Median duration of `runs` calls, in seconds."""
    return statistics.median(timed(action) for _ in range(runs))


def paired(first: Callable[[], object], second: Callable[[], object], runs: int) -> tuple[float, float]:
    """Medians of two actions that take turns, so that whatever slows the machine slows both."""
    one, other = in_turns((first, second), runs)
    return one, other


def in_turns(actions: Sequence[Callable[[], object]], runs: int) -> list[float]:
    """Medians of actions that take turns."""
    times = [[timed(action) for action in actions] for _ in range(runs)]
    return [statistics.median(each) for each in zip(*times, strict=True)]


def timed(action: Callable[[], object]) -> float:
    """Duration of one call, in seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
