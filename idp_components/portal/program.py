"""Python as a team would write it: a component's call out of its spec, put at the end of a file's `compose`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from pydantic import BaseModel

import idp_components
from idp_components.core.spec import Spec, SpecError

WIDTH = 140
"""Characters of a line, as the project's formatter has it."""
STEP = "    "
LIBRARY = "idp_components"


@dataclass(frozen=True)
class Group:
    """An expression in brackets, which goes over several lines where one is too short."""

    opening: str
    parts: tuple[tuple[str, Expression], ...]
    """Each with what stands before it: `name=`, `"key": `, or nothing."""
    closing: str
    one_needs_comma: bool = False


Expression = str | Group


@dataclass(frozen=True)
class Call:
    """A component as it is declared."""

    kind: str
    """Class of the golden path."""
    name: str
    spec: Spec
    uses: tuple[tuple[str, str], ...] = ()
    """What it uses, as `team/name:port`, and the variable that tells it where that is."""
    for_team: str = ""
    """Team on whose behalf the platform declares it."""


def team_file(team: str) -> str:
    """The file of a team that has none yet."""
    about = f'"""Team {team}."""\n\nfrom idp_components import Context\n'
    return f'{about}\n\ndef compose(context: Context) -> None:\n    """What team {team} runs."""\n'


def with_call(source: str, call: Call, place: str) -> str:
    """The file with the component at the end of its `compose`, and what it needs imported. Raises SpecError."""
    if "\r\n" in source:
        return with_call(source.replace("\r\n", "\n"), call, place).replace("\n", "\r\n")
    tree = _parsed(source, place)
    function = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "compose"), None)
    if function is None or not (function.args.posonlyargs + function.args.args):
        raise SpecError(f"{place}: has no function compose(context); begin it with: def compose(context: Context) -> None:")
    context = (function.args.posonlyargs + function.args.args)[0].arg
    lines = _lines(source)
    first, last = function.body[0], function.body[-1]
    indent = lines[first.lineno - 1][: first.col_offset]
    if indent.strip():
        raise SpecError(f"{place}: compose is written in one line; put its body on lines of its own")
    lines[last.end_lineno : last.end_lineno] = [f"{indent}{_text(_statement(call, context), indent, 0)}"]
    return _importing("\n".join(lines) + "\n", _names(call), place)


def _statement(call: Call, context: str) -> Group:
    said = _constructor(call.spec)
    takes_none = not any(field.is_required() for field in type(call.spec).model_fields.values())
    of = f"{context}.of_team({_string(call.for_team)})" if call.for_team else context
    parts: list[tuple[str, Expression]] = [("", _string(call.name))]
    if isinstance(said, Group) and (said.parts or not takes_none):
        parts.append(("", said))
    if call.uses:
        references = tuple(("", f"reference({_string(target)}, {_string(variable)})") for target, variable in call.uses)
        parts.append(("uses=", Group("[", references, "]")))
    return Group(f"{call.kind}(", (*parts, ("context=", of)), ")")


def _constructor(value: Any) -> Expression:
    """A value as Python; a spec only with what was said."""
    if isinstance(value, BaseModel):
        public = type(value).__name__ in idp_components.__all__
        said = [(name, getattr(value, name)) for name in type(value).model_fields if name in value.model_fields_set]
        if public:
            kept = ((f"{name}=", _constructor(inner)) for name, inner in said if not _is_fixed(value, name))
            return Group(f"{type(value).__name__}(", tuple(kept), ")")
        return _constructor(dict(said))
    if isinstance(value, dict):
        return Group("{", tuple((f"{_string(key)}: ", _constructor(inner)) for key, inner in value.items()), "}")
    if isinstance(value, tuple):
        return Group("(", tuple(("", _constructor(inner)) for inner in value), ")", one_needs_comma=True)
    if isinstance(value, list):
        return Group("[", tuple(("", _constructor(inner)) for inner in value), "]")
    return _string(value) if isinstance(value, str) else repr(value)


def _is_fixed(value: BaseModel, name: str) -> bool:
    """Whether a class leaves a field no choice, such as the provider of `GitHub`."""
    field = type(value).model_fields[name]
    return get_origin(field.annotation) is Literal and getattr(value, name) == field.default and len(field.annotation.__args__) == 1  # type: ignore[union-attr]


def _text(value: Expression, indent: str, used: int) -> str:
    """The expression after `used` characters of its line, as the formatter writes it."""
    flat = _flat(value)
    if isinstance(value, str) or not value.parts or len(indent) + used + len(flat) <= WIDTH:
        return flat
    inner = indent + STEP
    parts = (f"{inner}{before}{_text(part, inner, len(before) + 1)},\n" for before, part in value.parts)
    return f"{value.opening}\n{''.join(parts)}{indent}{value.closing}"


def _flat(value: Expression) -> str:
    if isinstance(value, str):
        return value
    comma = "," if value.one_needs_comma and len(value.parts) == 1 else ""
    return f"{value.opening}{', '.join(f'{before}{_flat(part)}' for before, part in value.parts)}{comma}{value.closing}"


def _string(text: str) -> str:
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown.startswith("'") and '"' not in shown else shown


def _names(call: Call) -> set[str]:
    """What the call needs from the library."""
    found = set(re.findall(r"\b([A-Z]\w*)\(", _flat(_without_strings(_statement(call, "context"))))) & set(idp_components.__all__)
    return found | ({"reference"} if call.uses else set())


def _without_strings(value: Expression) -> Expression:
    if isinstance(value, str):
        return '""' if value[:1] in "\"'" else value
    parts = tuple((before if before.endswith("=") else "", _without_strings(part)) for before, part in value.parts)
    return Group(value.opening, parts, value.closing)


def _importing(source: str, names: Iterable[str], place: str) -> str:
    """The file with these names imported from the library. Raises SpecError."""
    tree = _parsed(source, place)
    lines = _lines(source)
    found = next(_imports(tree), None)
    if found is None:
        after = tree.body[0].end_lineno if ast.get_docstring(tree) is not None else 0
        lines[after:after] = ["", _import(names)]
        return "\n".join(lines) + "\n"
    there = {alias.name for node in _imports(tree) for alias in node.names if alias.asname in (None, alias.name)}
    missing = set(names) - there
    if not missing:
        return source
    if any(alias.asname for alias in found.names):
        lines[(found.end_lineno or found.lineno) : (found.end_lineno or found.lineno)] = [_import(missing)]
    else:
        lines[found.lineno - 1 : found.end_lineno] = [_import({alias.name for alias in found.names} | missing)]
    return "\n".join(lines) + "\n"


def _imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    return (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == LIBRARY and node.level == 0)


def _import(names: Iterable[str]) -> str:
    ordered: Sequence[str] = sorted(names, key=lambda name: (name[:1].islower(), name))
    line = f"from {LIBRARY} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"from {LIBRARY} import (", *(f"{STEP}{name}," for name in ordered), ")"])


def _lines(source: str) -> list[str]:
    """Lines as Python counts them: `splitlines` also breaks at characters that may stand in a string."""
    return source.removesuffix("\n").split("\n")


def _parsed(source: str, place: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"{place}: is not Python: {error}") from error
