"""What a resource uses of the things that have a price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """One resource of a stack, as a builder, a recording or exported state has it."""

    type: str
    """Pulumi's token."""
    name: str
    owner: str
    """The component that it belongs to."""
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Usage:
    """So much of something, for a month."""

    owner: str
    """Component that uses it."""
    what: str
    """The thing, as people say it."""
    key: str
    """Key in the price table."""
    quantity: float | None
    """How many of the price's unit in a month; none where nobody can know."""
    note: str = ""
    """The assumption that the quantity stands on."""
