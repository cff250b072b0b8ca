"""What a change would cost, for pages. Nothing here is a reason to refuse anything."""

from __future__ import annotations

from pathlib import Path

from idp_components.core.spec import SpecError
from idp_components.cost.prices import table
from idp_components.cost.stacks import of_stack


def of_program(stack: str, root: Path) -> float | None:
    """US dollars a month of what a stack declares; none where nobody knows."""
    try:
        return of_stack(stack, table(), root=root).usd_per_month
    except SpecError:
        return None  # a region without prices, a chart that can't be templated
