"""Settings: checks of a single property, which many rules consist of."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from idp_components.rules.field import Field, Problem
from idp_components.rules.values import is_true


def off(field: Field, what: str = "set it to true", *decisive: Field) -> Iterator[Problem]:
    """Objects where a switch isn't on."""
    if not is_true(field.value):
        yield field.problem(f"{'is unset' if field.value is None else 'is false'}; {what}", *decisive)


def none_of(field: Field, allowed: Collection[Any], what: str, *decisive: Field) -> Iterator[Problem]:
    """Objects where a value isn't among the allowed ones."""
    if not (isinstance(field.value, str | int) and field.value in allowed):
        yield field.problem(f"{'is unset' if field.value is None else 'is not allowed'}; {what}", *decisive)
