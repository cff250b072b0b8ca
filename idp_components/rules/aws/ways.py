"""Ways: what stands below some keys, through lists, and through text that is JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from idp_components.rules.field import Field, SecretText
from idp_components.rules.values import one_or_many


def below(root: Field, way: Iterable[str]) -> list[Field]:
    """What stands under some keys, one per level; of a list each element, and what it has under the keys that follow."""
    found = [root]
    for key in way:
        found = [each for above in found for part in one_or_many(_read(above)) for each in one_or_many(part.get(key))]
    return found


def _read(field: Field) -> Field:
    """What a text says as JSON, in its place; anything else as it is."""
    if not isinstance(field.value, str):
        return field
    try:
        value = json.loads(field.value, object_hook=_secret if isinstance(field.value, SecretText) else None)
    except (ValueError, RecursionError):
        return field
    return Field(value, field.key, field.parent)


def _secret(members: dict[str, Any]) -> dict[str, Any]:
    """What comes out of secret text is secret too."""
    return {key: SecretText(value) if isinstance(value, str) else value for key, value in members.items()}
