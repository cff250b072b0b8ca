"""Quantities of Kubernetes: `250m`, `1.5Gi`, `2e3`."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

GIB = 1024.0**3
PATTERN = re.compile(r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:(?P<exponent>[eE][+-]?[0-9]+)|(?P<suffix>[KMGTPE]i|[numkMGTPE]))?")
"""Grammar of `resource.Quantity` (k8s.io/apimachinery)."""
_DIVISORS = {"n": 10**9, "u": 10**6, "m": 10**3}
_FACTORS = {suffix: 1000**power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))} | {
    suffix: 1024**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)
}


def quantity(value: Any) -> float | None:
    """The number, of cores or bytes; none for what is no quantity, such as a value that isn't known yet."""
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return None if math.isnan(value) else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def gib(value: Any) -> float | None:
    """The number in GiB."""
    found = quantity(value)
    return None if found is None else found / GIB


@lru_cache(1000)  # manifests repeat the same few
def _parsed(text: str) -> float | None:
    match = PATTERN.fullmatch(text)
    if not match:
        return None
    number, suffix = float(match["number"] + (match["exponent"] or "")), match["suffix"] or ""
    return number / _DIVISORS[suffix] if suffix in _DIVISORS else number * _FACTORS[suffix]
