"""Expectations: what most rules about one property ask, with the words of their messages."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.values import is_false, is_true, number


def is_set(field: Field) -> bool:
    """Whether something stands there. What is only known after the update refers to something, so it stands there too."""
    return field.value is UNKNOWN or field.value not in (None, "", [], {})


def must_be_true(field: Field, *decisive: Field) -> Iterator[Problem]:
    """Only `true` will do."""
    if not is_true(field.value):
        yield field.problem(f"{_state(field)}; set it to true", *decisive)


def may_be_unset_or_true(field: Field, *decisive: Field) -> Iterator[Problem]:
    """`true` is the default."""
    if field.value is not None and not is_true(field.value):
        yield field.problem(f"{_state(field)}; remove it or set it to true", *decisive)


def must_not_be_true(field: Field, *decisive: Field) -> Iterator[Problem]:
    """`false` is the default."""
    if field.value is not None and not is_false(field.value):
        yield field.problem(f"{_state(field)}; set it to false", *decisive)


def must_be_set(field: Field, what: str, *decisive: Field) -> Iterator[Problem]:
    """Anything will do, also what is only known after the update, unless all around it is unknown too."""
    lost = field.value is UNKNOWN and field.parent is not None and field.parent.value is UNKNOWN
    if lost or not is_set(field):
        yield field.problem(f"is unset; {what}", *decisive)


def must_be_at_least(field: Field, least: float, unset: float, *decisive: Field) -> Iterator[Problem]:
    """A number; `unset` is what AWS takes where none is given."""
    amount = unset if field.value is None else number(field.value)
    if amount is None or not amount >= least:
        state = f"is unset, which means {unset:g}" if field.value is None else f"is below {least:g}"
        yield field.problem(f"{state}; set it to {least:g} or more", *decisive)


def _state(field: Field) -> str:
    if field.value is None:
        return "is unset"
    return "is true" if is_true(field.value) else "is false" if is_false(field.value) else "is no boolean"
