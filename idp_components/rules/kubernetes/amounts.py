"""Amounts as the Kubernetes API writes them: which of two is more, and numbers or percentages of pods."""

from __future__ import annotations

import math
from typing import Any

from idp_components.core.quantity import quantity
from idp_components.rules.regex import regex

_PERCENT = regex(r"(?P<percent>[0-9]{1,9})%")
_ROUNDING = 1e-9


def exceeds(value: float, limit: float) -> bool:
    """Whether one quantity is above another, and not just by rounding."""
    return value > limit * (1 + _ROUNDING)


def pods(value: Any, whole: float, *, up: bool = False) -> float | None:
    """How many pods of `whole` a number (`1`) or a percentage (`25%`) means; none for anything else. A part of a pod is dropped, or
    with `up` a whole one."""
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value.strip())):
        share = whole * int(match["percent"]) / 100
        return math.ceil(share - _ROUNDING) if up else math.floor(share + _ROUNDING)
    number = quantity(value)
    return None if number is None or not math.isfinite(number) else number


def is_whole(value: Any) -> bool:
    """Whether this is a percentage that means all pods."""
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return match is not None and int(match["percent"]) >= 100
