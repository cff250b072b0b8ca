"""Means with their uncertainty.

The interval is a percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13): the answers are drawn
again and again with replacement, and the middle 95 % of the means are the interval. Times lost are few, skewed and never negative; a
formula such as Student's t supposes none of that, and would give times below zero. The generator has a fixed seed, so the same answers
always give the same report. With five to ten answers such an interval is somewhat too narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from random import Random

LEVEL = 0.95
RESAMPLES = 1000
"""As many as are usual for the ends of an interval; more move them less than one more answer does."""
SEED = 20_151_023


@dataclass(frozen=True)
class Estimate:
    """A mean and the interval in which it lies with 95 % confidence."""

    mean: float
    low: float
    high: float
    answers: int
    """How many people it is about."""

    def times(self, factor: float) -> Estimate:
        """The same in another unit, or for more people; `factor` is not negative."""
        return Estimate(self.mean * factor, self.low * factor, self.high * factor, self.answers)


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of at least one value."""
    low, high = _middle(_means(values, Random(SEED)))  # noqa: S311  (no secret: it must repeat)
    return Estimate(_mean(values), low, high, len(values))


def difference(new: Sequence[float], old: Sequence[float]) -> Estimate:
    """How much the mean changed between two groups of different people, each of at least one value."""
    generator = Random(SEED)  # noqa: S311
    resampled = [a - b for a, b in zip(_means(new, generator), _means(old, generator), strict=True)]
    low, high = _middle(resampled)
    return Estimate(_mean(new) - _mean(old), low, high, len(new))


def _means(values: Sequence[float], generator: Random) -> Iterator[float]:
    for _ in range(RESAMPLES):
        yield _mean(generator.choices(values, k=len(values)))


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)


def _middle(values: Iterator[float] | list[float]) -> tuple[float, float]:
    """The ends of the middle 95 %."""
    ordered = sorted(values)
    outside = round(len(ordered) * (1 - LEVEL) / 2)
    return ordered[outside], ordered[-1 - outside]
