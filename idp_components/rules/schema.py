"""Options against their schema: the part of JSON Schema that rules use, without loading a validator in every pack's process."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "number": ("number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "array": ("list", lambda value: isinstance(value, list)),
    "object": ("object", lambda value: isinstance(value, dict)),
}
KEYWORDS = {"additionalProperties", "enum", "items", "maximum", "minItems", "minimum", "pattern", "properties", "required", "type"}
"""What a rule's schema may say, beside `default` and `description`."""


def fault(value: Any, schema: Mapping[str, Any], place: str) -> str:
    """The first thing that is wrong with a value, as a sentence without its end, or nothing."""
    name, is_of_kind = KINDS[schema["type"]]
    if not is_of_kind(value):
        return f"{place} is no {name}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} is none of {', '.join(map(str, schema['enum']))}"
    if "minimum" in schema and value < schema["minimum"]:
        return f"{place} is less than {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        return f"{place} is more than {schema['maximum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{place} doesn't look like {schema['pattern']}"
    if isinstance(value, list):
        return _list(value, schema, place)
    return _object(value, schema, place) if isinstance(value, dict) else ""


def _list(value: list[Any], schema: Mapping[str, Any], place: str) -> str:
    if len(value) < schema.get("minItems", 0):
        return f"{place} has less than {schema['minItems']} items"
    faults = (fault(item, schema["items"], f"{place}[{index}]") for index, item in enumerate(value)) if "items" in schema else ()
    return next(filter(None, faults), "")


def _object(value: dict[str, Any], schema: Mapping[str, Any], place: str) -> str:
    if missing := [name for name in schema.get("required", ()) if name not in value]:
        return f"{place}.{missing[0]} is missing"
    for key, member in value.items():
        other = schema.get("additionalProperties", True)
        expected = schema.get("properties", {}).get(key, other)
        if expected is False:
            return f"{place}.{key} is not known"
        if isinstance(expected, Mapping) and (found := fault(member, expected, f"{place}.{key}")):
            return found
    return ""
