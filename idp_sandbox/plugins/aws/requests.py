"""Requests out of properties, and properties out of answers: what a line of the table and botocore's model say together. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jmespath

from idp_sandbox.plugins.aws.api import model
from idp_sandbox.plugins.aws.kind import Call, Kind, State
from idp_sandbox.plugins.aws.shapes import (
    BadInput,
    at,
    from_pairs,
    member_of,
    member_shape,
    near,
    property_name,
    put,
    steps,
    to_members,
    to_properties,
)
from idp_sandbox.plugins.values import UNKNOWN

TAGS = ("tags", "taglist")
"""Members that hold tags, in small letters."""


def operation(kind: Kind, call: Call) -> Any:
    """The input shape of a call's operation."""
    return model(kind.service).operation_model(call.operation).input_shape


@cache
def taken(kind: Kind, call: Call) -> frozenset[str]:
    """Properties that a call sends."""
    keyed = {kind.keys[member] for member in operation(kind, call).members if member in kind.keys}
    return _direct(kind, call) | keyed


def _direct(kind: Kind, call: Call) -> frozenset[str]:
    shape = operation(kind, call)
    renamed = {steps(path)[0]: name for name, path in kind.members.items() if "." not in name}
    inside = {name for name, path in kind.members.items() if "." not in name and steps(path)[0] in shape.members}
    plain = {
        property_name(member)
        for member in shape.members
        if member not in renamed and member not in kind.keys and member not in call.fixed and member.lower() not in TAGS
    }
    return frozenset(inside | plain)


def sent(kind: Kind, call: Call) -> frozenset[str]:
    """Properties whose change is a reason for a call: with `each` those of the map that it spreads."""
    if not call.each:
        return taken(kind, call)
    return frozenset(name for name, path in kind.members.items() if steps(path)[0] == call.each)


@cache
def inputs_of(kind: Kind) -> frozenset[str]:
    """Every property that a program may set."""
    calls = [kind.create, *kind.creates.values(), *kind.update, *([kind.delete] if kind.delete else [])]
    sent = frozenset[str]().union(*(_direct(kind, call) for call in calls))
    return sent | {*kind.local, *kind.inputs_with_tags, "region"}


def replaced(kind: Kind, changed: set[str]) -> set[str]:
    """Of the changed properties those that no operation changes."""
    updated = frozenset[str]().union(*(sent(kind, call) for call in kind.update), kind.local, kind.inputs_with_tags)
    always = {*kind.fixed, *kind.identity, kind.named}
    return {name for name in changed if name not in updated or name in always}


def check(token: str, kind: Kind, inputs: State) -> Iterator[BadInput]:
    """What is wrong with inputs, before anything is called."""
    allowed = inputs_of(kind)
    for name in inputs:
        if name not in allowed:
            yield BadInput(name, f"is no property of {token} in the offline provider{near(name, allowed - {'tagsAll'})}")
    create = kind.creation(inputs)
    shape = operation(kind, create)
    for member in shape.required_members:
        names = [name for name, path in kind.members.items() if steps(path)[0] == member] or [property_name(member)]
        if member not in create.fixed and not any(inputs.get(name) is not None for name in (*names, kind.keys.get(member, ""))):
            yield BadInput(names[0], f"is required by {kind.service} {create.operation}")
    for call in (create, *kind.update):
        try:
            request(kind, call, inputs)
        except BadInput as error:
            yield error
            return


def request(kind: Kind, call: Call, properties: State, *, whole: bool = True) -> dict[str, Any]:
    """Members of an operation. Not `whole`: only what finds the resource. A deletion also says how."""
    shape = operation(kind, call)
    found: dict[str, Any] = {}
    names = taken(kind, call) if whole else taken(kind, call) & {*kind.identity}
    if call is kind.delete and not call.describes:
        names = taken(kind, call) - (taken(kind, kind.create) - {*kind.identity})
    for name in sorted(names):
        value = properties.get(name)
        if value is None:
            continue
        path = _path(kind, shape, name)
        if path and kind.absent.get(name) != value:
            put(found, path, to_members(member_shape(shape, path), value, kind.members, name))
    for member, name in kind.keys.items():
        if member in shape.members and properties.get(name) is not None:
            found[member] = to_members(shape.members[member], properties[name], {}, name)
    tags = next((member for member in shape.members if member.lower() in TAGS), None)
    if call is kind.creation(properties) and tags and kind.tags and properties.get("tagsAll"):
        found[tags] = to_members(shape.members[tags], properties["tagsAll"], {}, "tags")
    return _merged(found, call.fixed)


def _path(kind: Kind, shape: Any, name: str) -> str | None:
    path = kind.members.get(name)
    return path if path and steps(path)[0] in shape.members else member_of(shape, name)


def tag_members(kind: Kind, call: Call, tags: Mapping[str, str]) -> dict[str, Any]:
    """The members of a tagging operation that hold tags. One that takes tags off wants their keys, or nothing at all."""
    found: dict[str, Any] = {}
    for member, shape in operation(kind, call).members.items():
        inner = shape.members.get("TagSet") if shape.type_name == "structure" else shape
        if inner is None or member in kind.keys or member in call.fixed:
            continue
        if inner.type_name == "list" and inner.member.type_name == "string" and "key" in member.lower():
            found[member] = sorted(tags)
        elif inner.type_name == "map" or (inner.type_name == "list" and inner.member.type_name == "structure"):
            written = to_members(inner, tags, {}, "tags")
            found[member] = written if inner is shape else {"TagSet": written}
    return found


def answered(call: Call, response: Mapping[str, Any], properties: State) -> Mapping[str, Any] | None:
    """The resource in an answer, or None."""
    found = jmespath.search(call.answer, response)
    if call.where:
        found = next((item for item in found or [] if _fits(item, call.where, properties)), None)
    if found is None or isinstance(found, Mapping):
        return found
    return {"Value": found}


def _fits(item: Mapping[str, Any], where: Mapping[str, str], properties: State) -> bool:
    return all(item.get(member) == properties.get(name) for member, name in where.items())


def properties_of(kind: Kind, answer: Mapping[str, Any]) -> State:
    """Properties that an answer tells."""
    found: State = {}
    for name in inputs_of(kind) - {*kind.local, "tags", "tagsAll"}:
        path = kind.members.get(name)
        member = next((member for member in answer if member.lower() == name.lower()), None)
        value = at(answer, path) if path else answer.get(member) if member else None
        if value is not None:
            found[name] = value if name in kind.documents else to_properties(value, kind.members, name)
    for name, expression in kind.outputs.items():
        value = jmespath.search(expression, answer)
        if value is not None:
            found[name] = value if name in kind.documents else to_properties(value, kind.members, name)
    found = {name: value for name, value in found.items() if name not in kind.hidden}
    return {name: normal(kind, name, value) for name, value in found.items()}


def ordered(known: State, live: State) -> State:
    """The live properties, with lists whose order means nothing in the order in which the program has them."""
    for name, value in live.items():
        wanted = known.get(name)
        if isinstance(value, list) and isinstance(wanted, list) and sorted(map(str, value)) == sorted(map(str, wanted)):
            live[name] = wanted
    return live


def composed(kind: Kind, state: State) -> State:
    """The state with what no answer holds."""
    for name, whole in kind.last.items():
        state[name] = re.split("[/:]", state[whole])[-1]
    for name, pattern in kind.composed.items():
        state[name] = pattern.format_map(state)
    return state


def normal(kind: Kind, name: str, value: Any) -> Any:
    """A value in the one way in which it is compared."""
    if name in kind.documents:
        return _document(value)
    if name in kind.numbers:
        return int(value) if value != UNKNOWN else value
    if name in kind.maps:
        return from_pairs(value) if value != UNKNOWN else value
    if kind.members.get(name, "").startswith("Attributes.") and value in ("true", "false"):
        return value == "true"
    return value


def _document(value: Any) -> Any:
    """A JSON document as AWS takes it: text, with no difference between two ways to write the same."""
    if value == UNKNOWN:
        return value
    try:
        return json.dumps(json.loads(value) if isinstance(value, str) else value, separators=(",", ":"), sort_keys=True)
    except ValueError:
        return value


def _merged(found: dict[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    for member, value in fixed.items():
        if isinstance(value, Mapping) and isinstance(found.get(member), dict):
            found[member] = {**found[member], **value}
        else:
            found[member] = value
    return found
