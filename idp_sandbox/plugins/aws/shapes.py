"""Between the SDK's properties and the members of botocore's shapes. Pure."""

from __future__ import annotations

import base64
import datetime
import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from idp_sandbox.plugins.values import UNKNOWN


class BadInput(Exception):
    """An input that can't be: `place` is the property, the message says what is allowed."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


def property_name(member: str) -> str:
    """`DBSubnetGroupName` -> `dbSubnetGroupName`, `QueueUrl` -> `queueUrl`, `MultiAZ` -> `multiAZ`."""
    leading = re.match(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z]", member)
    return leading[0].lower() + member[leading.end() :] if leading else member


def to_members(shape: Any, value: Any, names: Mapping[str, str], place: str) -> Any:
    """A property's value in the form of a shape. Raises BadInput."""
    if value == UNKNOWN:
        return value
    return _WRITERS.get(shape.type_name, _as_is)(shape, value, names, place)


def _structure(shape: Any, value: Any, names: Mapping[str, str], place: str) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == 1:  # a block that can be there once: the SDK has lists of one for some
        value = value[0]
    if not isinstance(value, Mapping):
        raise BadInput(place, f"{_shown(value)} is refused: use an object with {', '.join(map(property_name, shape.members))}")
    found: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        inner = f"{place}.{key}"
        path = names.get(re.sub(r"\[\d+\]", "", inner)) or member_of(shape, key)
        if path is None:
            raise BadInput(inner, f"is no property of the offline provider{near(key, map(property_name, shape.members))}")
        put(found, path, to_members(member_shape(shape, path), item, names, inner))
    return found


def _list(shape: Any, value: Any, names: Mapping[str, str], place: str) -> list[Any]:
    element = shape.member
    if isinstance(value, Mapping) and element.type_name == "structure" and (pair := pair_members(element)):
        return [{pair[0]: key, pair[1]: str(item)} for key, item in value.items()]
    items = value if isinstance(value, list) else [value]
    return [to_members(element, item, names, f"{place}[{index}]") for index, item in enumerate(items)]


def _map(shape: Any, value: Any, names: Mapping[str, str], place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadInput(place, f"{_shown(value)} is refused: use a map, for example {{'key': 'value'}}")
    return {key: to_members(shape.value, item, names, f"{place}.{key}") for key, item in value.items() if item is not None}


def _string(shape: Any, value: Any, _: Mapping[str, str], place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        if "enum" in shape.metadata:
            raise BadInput(place, "an object is refused: use text")
        return json.dumps(value)
    text = str(value)
    if shape.enum and text not in shape.enum:
        raise BadInput(place, f"{text!r} is refused: use one of {', '.join(shape.enum)}")
    return text


def _number(shape: Any, value: Any, _: Mapping[str, str], place: str) -> int | float:
    kind = int if shape.type_name in ("integer", "long") else float
    try:
        if not isinstance(value, bool):
            return kind(value)
    except (TypeError, ValueError):
        pass
    raise BadInput(place, f"{_shown(value)} is refused: use a number, for example 10")


def _boolean(_: Any, value: Any, __: Mapping[str, str], place: str) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise BadInput(place, f"{_shown(value)} is refused: use true or false")


def _blob(_: Any, value: Any, __: Mapping[str, str], place: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise BadInput(place, f"{_shown(value)} is refused: use bytes in base64, for example 'aGVsbG8='") from None


def _as_is(_: Any, value: Any, __: Mapping[str, str], ___: str) -> Any:
    return value


_WRITERS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "boolean": _boolean,
    "blob": _blob,
    **dict.fromkeys(("integer", "long", "float", "double"), _number),
}


def member_of(shape: Any, name: str) -> str | None:
    """The member of that name, whatever its capitals."""
    return next((member for member in shape.members if member.lower() == name.lower()), None)


def pair_members(shape: Any) -> tuple[str, str] | None:
    """The two members of a name with its value, as tags and dimensions are written."""
    members = {member.lower(): member for member in shape.members}
    for key, value in (("key", "value"), ("tagkey", "tagvalue"), ("name", "value")):
        if key in members and value in members:
            return members[key], members[value]
    return None


def member_shape(shape: Any, path: str) -> Any:
    """The shape at a path like `Attributes.Policy` or `IpPermissions[0].FromPort`."""
    for step in steps(path):
        shape = shape.members[step] if shape.type_name == "structure" else shape.member if isinstance(step, int) else shape.value
    return shape


def steps(path: str) -> list[str | int]:
    """The path, step by step."""
    return [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]


def put(target: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a path, making what leads there. The only index is 0: paths lead into lists of one."""
    *leading, last = steps(path)
    here: Any = target
    for step, following in zip(leading, steps(path)[1:], strict=True):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            here[:] = here or [empty]
            here = here[0]
        else:
            here = here.setdefault(step, empty)
    if isinstance(last, int):
        here[last:] = [value]
    else:
        here[last] = value


def at(source: Any, path: str) -> Any:
    """The value at a path, or None."""
    for step in steps(path):
        if isinstance(step, int):
            source = source[step] if isinstance(source, list) and len(source) > step else None
        else:
            source = source.get(step) if isinstance(source, Mapping) else None
        if source is None:
            return None
    return source


def to_properties(value: Any, names: Mapping[str, str], place: str) -> Any:
    """An answer in the form of the SDK. `names` are those of `to_members`."""
    if isinstance(value, Mapping):
        here = {path: name.rpartition(".")[2] for name, path in names.items() if name.rpartition(".")[0] == place}
        found = {}
        for member, item in value.items():
            name = here.get(member, property_name(member))
            found[name] = to_properties(item, names, f"{place}.{name}")
        return {name: item for name, item in found.items() if item not in (None, [], {})}
    if isinstance(value, list):
        return [to_properties(item, names, place) for item in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value


def from_pairs(items: Any) -> dict[str, Any]:
    """Tags, dimensions and the like as a map, however the service writes them."""
    if isinstance(items, Mapping):
        return dict(items)
    found = {}
    for item in items or []:
        lowered = {key.lower(): value for key, value in item.items()}
        key = next(lowered[name] for name in ("key", "tagkey", "name") if name in lowered)
        found[key] = lowered.get("value", lowered.get("tagvalue"))
    return found


def near(name: str, allowed: Iterable[str]) -> str:
    """The end of a sentence: what may have been meant, and what is allowed."""
    names = sorted(allowed)
    close = difflib.get_close_matches(name, names, 1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{meant} Allowed: {', '.join(names)}"


def _shown(value: Any) -> str:
    """What is wrong, without the value itself: it may be a secret."""
    return {"dict": "an object", "list": "a list", "str": "this text", "NoneType": "nothing"}.get(type(value).__name__, "this value")
