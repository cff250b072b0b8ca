"""Ways: what stands below some keys, through lists, and through text that is JSON."""

from __future__ import annotations

from collections.abc import Iterable

from idp_components.rules.aws.json_text import INVALID, parsed
from idp_components.rules.field import Field
from idp_components.rules.values import one_or_many


def below(root: Field, way: Iterable[str]) -> list[Field]:
    """What stands under some keys, one per level; of a list each element, and what it has under the keys that follow."""
    found = [root]
    for key in way:
        found = [each for above in found for part in one_or_many(read(above)) for each in one_or_many(part.get(key))]
    return found


def read(field: Field) -> Field:
    """What a text says as JSON, in its place; anything else as it is."""
    value = parsed(field.value) if isinstance(field.value, str) else INVALID
    return field if value is INVALID else Field(value, field.key, field.parent)
