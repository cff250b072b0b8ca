"""Values: what booleans, numbers and lists of texts mean to an API that also takes them as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.field import Field


def is_true(value: Any) -> bool:
    """`true`, also as text, which YAML and config deliver."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def is_false(value: Any) -> bool:
    """`false`, also as text."""
    return value is False or (isinstance(value, str) and value.strip().lower() == "false")


def number(value: Any) -> float | None:
    """A number, also as text; none for anything else, or for one that is beyond any."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def one_or_many(field: Field) -> Iterator[Field]:
    """The elements of a list; of a single value the value itself, as policy documents allow; nothing where unset."""
    if isinstance(field.value, list):
        yield from field.items()
    elif field.value is not None:
        yield field
