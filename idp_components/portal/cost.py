"""What stacks cost, for pages: as the catalogue has it, and as a change would have it. Nothing here is a reason to refuse anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idp_components.catalog.build import Answer
from idp_components.core.spec import SpecError
from idp_components.cost.prices import table
from idp_components.cost.stacks import of_stack

AVAILABLE = True
"""Whether prices are known here at all."""


def of_program(stack: str, root: Path) -> float | None:
    """US dollars a month of what a stack declares; none where nobody knows."""
    try:
        return of_stack(stack, table(), root=root).usd_per_month
    except SpecError:
        return None  # a region without prices, a chart that can't be templated


def of_state(stack: str, state: Mapping[str, Any]) -> float | None:
    """US dollars a month of what a stack has; none where nobody knows."""
    cost = Answer(stack, state).assessment.cost
    return cost.usd_per_month if cost else None
