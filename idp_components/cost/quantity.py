"""Quantities of Kubernetes: `250m`, `1.5Gi`, `2e3`."""

from __future__ import annotations

import re
from typing import Any

PATTERN = re.compile(r"([+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)([eE][+-]?[0-9]+)?([numkMGTPE]|[KMGTPE]i)?")
"""Grammar of `resource.Quantity` (k8s.io/apimachinery)."""
FACTORS = {
    **{suffix: 1000.0**power for power, suffix in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), start=-3)},
    **{suffix: 1024.0**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)},
}
GIB = 1024.0**3


def quantity(value: Any) -> float | None:
    """The number; none for what is no quantity, such as a value that isn't known yet."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = PATTERN.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[2] and found[3]):
        return None
    return float(found[1] + (found[2] or "")) * FACTORS[found[3] or ""]


def gib(value: Any) -> float | None:
    """The number in GiB."""
    found = quantity(value)
    return None if found is None else found / GIB
