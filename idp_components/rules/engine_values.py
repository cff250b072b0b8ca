"""Engine values: a resource's properties as the Pulumi engine sends them, decoded once into plain data.

The markers are those of `sdk/go/common/resource/plugin/rpc.go` and `properties.go` in github.com/pulumi/pulumi.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2

from idp_components.rules.field import UNKNOWN, SecretText

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of an object that stands for a secret, an asset or a reference; its value says which."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a public marker
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string, or of unknown type
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


def decoded(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Plain JSON values: integral numbers as `int`, unknown values as `UNKNOWN`, secret text as `SecretText`."""
    return {key: _plain(value) for key, value in properties.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    if kind == "struct_value":
        members = {key: _plain(member) for key, member in value.struct_value.fields.items()}
        return _unwrapped(members) if SIGNATURE in members else members
    if kind == "list_value":
        return [_plain(element) for element in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _unwrapped(members: dict[str, Any]) -> Any:
    """What a marked object stands for. Assets, archives and references keep their members: no rule looks into them."""
    if members[SIGNATURE] == SECRET:
        return _concealed(members.get("value"))
    if members[SIGNATURE] == OUTPUT:
        value = members.get("value", UNKNOWN)
        return _concealed(value) if members.get("secret") else value
    return members


def _concealed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _concealed(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_concealed(element) for element in value]
    return SecretText(value) if isinstance(value, str) else value
