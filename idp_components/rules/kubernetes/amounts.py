"""Amounts as the Kubernetes API writes them: quantities (`250m`, `1.5Gi`), and numbers or percentages of pods."""

from __future__ import annotations

import math
from typing import Any

from idp_components.rules.regex import regex

_QUANTITY = regex(r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?P<suffix>Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])?")
_DIVISORS = {"n": 10**9, "u": 10**6, "m": 10**3}
_FACTORS = {suffix: 1000**power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))} | {
    suffix: 1024**power for power, suffix in enumerate(("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
}
_PERCENT = regex(r"(?P<percent>[0-9]{1,9})%")
_ROUNDING = 1e-9


def quantity(value: Any) -> float | None:
    """A quantity in its base unit, cores or bytes; none for what is no quantity."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _QUANTITY.fullmatch(str(value).strip())
    if not match:
        return None
    number, suffix = float(match["number"]), match["suffix"] or ""
    return number / _DIVISORS[suffix] if suffix in _DIVISORS else number * _FACTORS[suffix]


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
