"""What a chart's JSON Schema refuses, in sentences that name the place, the value, what is allowed and an example."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable

from idp_components.core.spec import SpecError

Path = tuple[str | int, ...]
"""A place in values."""
TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
ALLOWED = {
    "exclusiveMaximum": "less than {}",
    "exclusiveMinimum": "more than {}",
    "maxItems": "at most {} items",
    "maxLength": "at most {} characters",
    "maximum": "at most {}",
    "minItems": "at least {} items",
    "minLength": "at least {} characters",
    "minimum": "at least {}",
    "multipleOf": "a multiple of {}",
    "pattern": "text that matches {}",
}
"""What a keyword of a schema allows."""


def schema_problems(
    schema: Any, values: Mapping[str, Any], defaults: Mapping[str, Any], place: str, path: Path, hidden: frozenset[Path]
) -> Iterator[tuple[Path, str]]:
    """Places that the schema refuses, each with its sentence. `path` leads from the team's values to these. Raises SpecError.

    A schema that refers to another file or address is left to helm, which fetches it: nothing here waits for a network.
    """
    chosen = validator_for(schema, default=Draft202012Validator)
    try:
        chosen.check_schema(schema)
    except SchemaError as broken:
        raise SpecError(f"{place}.chart: its values.schema.json is no JSON Schema: {broken.message}") from broken
    try:
        errors = list(chosen(schema, registry=REGISTRY).iter_errors(values))
    except (Unresolvable, RecursionError):
        return
    for error in errors:
        if not _concerns(error, path, hidden):
            yield from _sentences(best_match([error]) or error, defaults, place, path)


def dotted(path: Path) -> str:
    """A place as people write it: `service.ports[0].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _concerns(error: ValidationError, path: Path, hidden: frozenset[Path]) -> bool:
    """Whether the value in question, or one that a choice between forms turned on, is hidden."""
    where = (*path, *error.absolute_path)
    return any(where[: len(secret)] == secret for secret in hidden) or any(_concerns(each, path, hidden) for each in error.context or ())


def _sentences(error: ValidationError, defaults: Mapping[str, Any], place: str, path: Path) -> Iterator[tuple[Path, str]]:
    here: Path = (*path, *error.absolute_path)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    properties = schema.get("properties") or {}

    def hint(name: Any, described: Any, default: Any) -> str:
        example = _example(described, default)
        return "" if example is None else f", for example {name}: {example!r}"

    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield (*here, name), f"{place}.values.{dotted((*here, name))}: is required{hint(name, properties.get(name), None)}"
    elif (
        error.validator in ("additionalProperties", "unevaluatedProperties") and isinstance(error.instance, Mapping) and not _is_open(error)
    ):
        for name in error.instance.keys() - properties.keys():
            near = difflib.get_close_matches(name, properties, n=1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            where = (*here, name)
            yield where, f"{place}.values.{dotted(where)}: no such value; {meant}allowed: {', '.join(properties) or 'none'}"
    else:
        default: Any = defaults
        for part in error.absolute_path:
            default = default.get(part) if isinstance(default, Mapping) else None
        shown = _short(error.instance)
        usable = None if default == error.instance else default
        place_and_value = f"{place}.values{'.' if here else ''}{dotted(here)}: {shown} is refused"
        yield here, f"{place_and_value}: use {_allowed(error)}{hint(here[-1] if here else 'values', schema, usable)}"


def _is_open(error: ValidationError) -> bool:
    """Whether further names are allowed in some form: then the error is about one of their values."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    return error.validator_value is not False or bool(schema.get("patternProperties"))


def _allowed(error: ValidationError) -> str:
    keyword, wanted = str(error.validator), error.validator_value
    if keyword == "type":
        return " or ".join(TYPES.get(each, str(each)) for each in ([wanted] if isinstance(wanted, str) else wanted))
    if keyword in ("enum", "const"):
        return " or ".join(map(repr, wanted if keyword == "enum" else [wanted]))
    if keyword in ALLOWED:
        return ALLOWED[keyword].format(repr(wanted) if isinstance(wanted, str) else wanted)
    return f"what its schema says: {error.message}"


def _example(schema: Any, default: Any) -> Any:
    """A value that the schema allows: of its examples, its default, or the chart's default."""
    said = schema if isinstance(schema, Mapping) else {}
    candidates = [*(said.get("examples") or ()), said.get("default"), *(said.get("enum") or ()), default]
    return next((each for each in candidates if each is not None), None)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
