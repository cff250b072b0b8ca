"""What stacks cost, where the library can say so."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

AVAILABLE = find_spec("idp_components.cost") is not None
"""Whether prices are known here at all."""


def of_program(stack: str, root: Path) -> float | None:
    """US dollars a month of what a stack declares. Raises SpecError."""
    if not AVAILABLE:
        return None
    return float(import_module("idp_components.cost.stacks").of_stack(stack, _table(), root=root).usd_per_month)


def of_state(stack: str, state: Mapping[str, Any]) -> float | None:
    """US dollars a month of what a stack has. Raises SpecError."""
    if not AVAILABLE:
        return None
    return float(import_module("idp_components.cost.stacks").of_state(stack, state, _table()).usd_per_month)


def _table() -> Any:
    prices = import_module("idp_components.cost.prices")
    return prices.table(prices.OWN_TABLE)
