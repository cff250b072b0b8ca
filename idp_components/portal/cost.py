"""What stacks cost, where the library can say so; nothing here is a reason to refuse anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from idp_components.core.spec import SpecError

AVAILABLE = find_spec("idp_components.cost") is not None
"""Whether prices are known here at all."""


def of_program(stack: str, root: Path) -> float | None:
    """US dollars a month of what a stack declares; none where nobody knows."""
    return _known(lambda stacks, table: stacks.of_stack(stack, table, root=root))


def of_state(stack: str, state: Mapping[str, Any]) -> float | None:
    """US dollars a month of what a stack has; none where nobody knows."""
    return _known(lambda stacks, table: stacks.of_state(stack, state, table))


def _known(estimate: Callable[[Any, Any], Any]) -> float | None:
    if not AVAILABLE:
        return None
    prices = import_module("idp_components.cost.prices")
    try:
        return float(estimate(import_module("idp_components.cost.stacks"), prices.table(prices.OWN_TABLE)).usd_per_month)
    except (SpecError, KeyError, TypeError, AttributeError, ValueError):
        return None  # a region without prices, a chart that can't be templated, a state that has not its shape
