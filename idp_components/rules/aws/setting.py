"""Settings: checks of a single property, which many rules consist of."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from idp_components.rules.expect import must_be_set
from idp_components.rules.field import Field, Problem
from idp_components.rules.values import is_true

AWS_OWN = "alias/aws/"
"""Names of the keys that AWS keeps for a service begin so."""


def own_key(field: Field, *decisive: Field) -> Iterator[Problem]:
    """Objects where no key of KMS is named, or the one that AWS keeps. One that is still to be made is none of those."""
    yield from must_be_set(field, "name a key of KMS", *decisive)
    if isinstance(field.value, str) and AWS_OWN in field.value:
        yield field.problem("is AWS' own; name a key of KMS", *decisive)


def off(field: Field, what: str = "set it to true", *decisive: Field) -> Iterator[Problem]:
    """Objects where a switch isn't on."""
    if not is_true(field.value):
        yield field.problem(f"{'is unset' if field.value is None else 'is false'}; {what}", *decisive)


def none_of(field: Field, allowed: Collection[Any], what: str, *decisive: Field) -> Iterator[Problem]:
    """Objects where a value isn't among the allowed ones."""
    if not (isinstance(field.value, str | int) and field.value in allowed):
        yield field.problem(f"{'is unset' if field.value is None else 'is not allowed'}; {what}", *decisive)
