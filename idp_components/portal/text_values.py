"""Text of a form as values: numbers, one value per line, and mappings as people write them in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

Schema = Mapping[str, Any]
STEP = " " * 2


class TextError(ValueError):
    """Text that can't be read as what the field holds."""


def scalar(text: str, schema: Schema) -> Any:
    """A number where the schema wants one and the text is one; what it wants instead, the library says better."""
    kinds = _kinds(schema)
    if "string" in kinds or not kinds & {"integer", "number", "boolean"}:
        return text
    try:
        return {"true": True, "false": False}[text] if "boolean" in kinds else int(text) if "integer" in kinds else float(text)
    except (ValueError, KeyError):
        return text


def lines(text: str, items: Schema) -> list[Any]:
    """One value per line."""
    return [scalar(line.strip(), items) for line in text.splitlines() if line.strip()]


def mapping(text: str, schema: Schema) -> Any:
    """YAML, of which each scalar is text where the schema allows text: `PORT: 8080` in an environment is what it looks like.

    Raises TextError.
    """
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise TextError("an alias (*name) is refused: write the value out")
        return _typed(yaml.load(text, Loader=yaml.BaseLoader), schema)  # noqa: S506  it makes nothing but text
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TextError(f"line {line} is not YAML: {error.problem or error.context}; write for example 'LOG_LEVEL: info'") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise error if isinstance(error, TextError) else TextError(f"is not YAML: {str(error).splitlines()[0]}") from None


def _typed(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict):
        return {key: _typed(inner, _member(key, schema)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner, schema.get("items") or {}) for inner in value]
    return value if "string" in _kinds(schema) else yaml.safe_load(value)


def _member(key: str, schema: Schema) -> Schema:
    """The schema of one member of a mapping."""
    forms = schema.get("anyOf") or schema.get("oneOf") or [schema]
    for each in forms:
        if key in (each.get("properties") or {}):
            found: Schema = each["properties"][key]
            return found
    inner = next((each for form in forms for each in (form.get("patternProperties") or {}).values()), None)
    further = next((form["additionalProperties"] for form in forms if isinstance(form.get("additionalProperties"), dict)), None)
    return inner or further or {}


def _kinds(schema: Schema) -> set[str]:
    return {str(each.get("type")) for each in (schema.get("anyOf") or [schema])}
