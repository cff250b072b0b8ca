"""Forms out of the specs' JSON Schemas: their fields, what was filled in as data, and the library's own messages at the fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from pydantic import ValidationError

from idp_components.core.spec import Spec, located
from idp_components.portal.text_values import TextError, lines, mapping, scalar
from idp_components.schema import SPECS

Schema = Mapping[str, Any]
Widget = Literal["text", "number", "checkbox", "select", "lines", "yaml", "fixed", "group", "choice"]
Posted = Mapping[str, str]
ROOT = "spec"
"""What the names of all fields begin with."""
SCALARS = frozenset({"string", "integer", "number", "boolean"})
LONGEST_PLACEHOLDER = 60


class Unset:
    """What wasn't filled in: the spec's default holds."""


UNSET = Unset()


@dataclass(frozen=True)
class Field:
    """One field of a form, or a group of them."""

    name: str
    """In the posted form: the path, with `@<number>` after a choice for the form that was chosen."""
    path: tuple[str, ...]
    """In the spec."""
    label: str
    help: str
    widget: Widget
    required: bool
    schema: Schema = field(repr=False)
    default: Any = None
    options: tuple[str, ...] = ()
    """Values to select from; of a text those that are suggested; of a choice the titles of its forms."""
    children: tuple[Field, ...] = ()
    """Fields of a group; of a choice its forms."""

    @property
    def id(self) -> str:
        """Of the element, stable for labels and tests."""
        return self.name.replace(".", "-").replace("@", "-")

    @property
    def placeholder(self) -> str:
        """The default, else an example."""
        if self.default not in (None, [], {}, ""):
            shown = str(self.default)
        else:
            examples = self.schema.get("examples") or ()
            shown = f"for example {examples[0]}" if examples and isinstance(examples[0], str | int) else ""
        return shown if len(shown) <= LONGEST_PLACEHOLDER else ""

    def walk(self) -> Iterator[Field]:
        """This field and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Filled:
    """A form as somebody filled it in."""

    data: dict[str, Any] = field(default_factory=dict)
    spec: Spec | None = None
    """None where something is wrong."""
    errors: dict[str, list[str]] = field(default_factory=dict)
    """Messages by the name of the field; `spec` for those about the whole."""


@cache
def form(path: str) -> Field:
    """The form of a golden path, by its name in `SPECS`."""
    schema = SPECS[path].model_json_schema()
    return _field(ROOT, (), {**schema, "title": SPECS[path].__name__.removesuffix("Spec")}, schema.get("$defs", {}), required=True)


def fill(path: str, posted: Posted) -> Filled:
    """What was posted, as a spec; else what the library says about it, at the fields."""
    filled, places = Filled(), dict[tuple[str, ...], str]()
    data = _read(form(path), posted, filled, places)
    filled.data = data if isinstance(data, dict) else {}
    if not filled.errors:
        try:
            filled.spec = SPECS[path].model_validate(filled.data)
        except ValidationError as error:
            for loc, message in located(SPECS[path], error):
                filled.errors.setdefault(_nearest(loc, places), []).append(message)
    return filled


def _nearest(loc: tuple[str | int, ...], places: Mapping[tuple[str, ...], str]) -> str:
    """The field that a message is about: that of the place, else of what the place is in."""
    parts = tuple(str(part) for part in loc)
    return next((places[parts[:length]] for length in range(len(parts), 0, -1) if parts[:length] in places), ROOT)


def _field(name: str, path: tuple[str, ...], schema: Schema, definitions: Mapping[str, Schema], *, required: bool) -> Field:
    schema = _resolved(schema, definitions)
    forms = [_resolved(each, definitions) for each in schema.get("anyOf") or schema.get("oneOf") or ()]
    nullable = any(each.get("type") == "null" for each in forms)
    forms = [each for each in forms if each.get("type") != "null"]
    if len(forms) == 1 and not _is_object(forms[0]):
        schema, forms = {**forms[0], **schema}, []  # only that it may be left out
    base = Field(
        name=name,
        path=path,
        label=str(path[-1].replace("_", " ") if path else schema.get("title")).capitalize(),
        help=_help(schema),
        widget="text",
        required=required and not nullable,
        schema=schema,
        default=schema.get("default"),
    )
    if forms:
        children = tuple(_field(f"{name}@{index}", path, each, definitions, required=True) for index, each in enumerate(forms))
        return replace(base, widget="choice", options=tuple(map(_title, forms)), children=children)
    if _is_object(schema):
        needed = schema.get("required", ())
        ordered = sorted(schema["properties"].items(), key=lambda entry: entry[0] not in needed)
        children = tuple(_field(f"{name}.{key}", (*path, key), each, definitions, required=key in needed) for key, each in ordered)
        return replace(base, widget="group", children=children)
    return _simple(base, definitions)


def _simple(base: Field, definitions: Mapping[str, Schema]) -> Field:
    """A field without others in it, with the element that its values are filled in by."""
    schema = base.schema
    if "const" in schema:
        return replace(base, widget="fixed")
    if "enum" in schema:
        return replace(base, widget="select", options=tuple(map(str, schema["enum"])))
    if schema.get("type") == "boolean":
        # A box without a tick says nothing in a form, so it can only stand for a default of no.
        return replace(base, widget="checkbox") if base.default is False else replace(base, widget="select", options=("true", "false"))
    if schema.get("type") == "array" and _resolved(schema.get("items", {}), definitions).get("type") in SCALARS:
        return replace(base, widget="lines")
    if schema.get("type") in ("integer", "number"):
        return replace(base, widget="number")
    return replace(base, widget="text" if schema.get("type") == "string" else "yaml", schema=_inlined(schema, definitions))


def _read(each: Field, posted: Posted, filled: Filled, places: dict[tuple[str, ...], str]) -> Any:
    places.setdefault(each.path, each.name)
    given = posted.get(each.name, "").replace("\r\n", "\n")
    match each.widget:
        case "group":
            found = {child.path[-1]: _read(child, posted, filled, places) for child in each.children}
            said = {key: value for key, value in found.items() if value is not UNSET}
            return said if said or each.required else UNSET
        case "choice":
            chosen = posted.get(f"{each.name}?", "")
            if not chosen.isdecimal() or int(chosen) >= len(each.children):
                return UNSET
            meant = each.children[int(chosen)]
            value = _read(meant, posted, filled, places)
            places[each.path] = each.name if meant.widget == "group" else meant.name
            return value
        case "fixed":
            return each.schema["const"]
        case "checkbox":
            return True if each.name in posted else UNSET
    if not given.strip():
        return UNSET
    try:
        if each.widget == "lines":
            return lines(given, each.schema["items"])
        return mapping(given, each.schema) if each.widget == "yaml" else scalar(given.strip(), each.schema)
    except TextError as error:
        filled.errors.setdefault(each.name, []).append(f"{each.label}: {error}")
        return UNSET


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    if not reference:
        return schema
    return {**definitions[reference.rpartition("/")[2]], **{key: value for key, value in schema.items() if key != "$ref"}}


def _inlined(schema: Any, definitions: Mapping[str, Schema]) -> Any:
    """A schema without references; no spec contains itself."""
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    return (
        {key: _inlined(value, definitions) for key, value in _resolved(schema, definitions).items()} if isinstance(schema, dict) else schema
    )


def _is_object(schema: Schema) -> bool:
    return bool(schema.get("properties"))


def _title(schema: Schema) -> str:
    """What a form of a choice is called."""
    return "a number" if schema.get("type") in ("integer", "number") else str(schema.get("title") or schema.get("type"))


def _help(schema: Schema) -> str:
    """The field's own documentation, and its bounds."""
    about = next(iter(str(schema.get("description") or "").splitlines()), "")
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" {low} to {high}." if low is not None and high is not None else f" At least {low}." if low is not None else ""
    return f"{about}{bounds}".strip()
