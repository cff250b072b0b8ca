"""Requests that a service's description makes: one for every operation, with something in every place that has to be filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_sandbox.plugins.aws.api import model

FILLING = {"integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": True, "timestamp": 0, "blob": b"x"}


def members(service: str, operation: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Members of an operation: what is known of the resource, and something in the place of everything else that is required."""
    shape = model(service).operation_model(operation).input_shape
    return {} if shape is None else {name: known[name] for name in shape.members if name in known} | _filled(shape, known)


def _filled(shape: Any, known: Mapping[str, Any] = {}) -> dict[str, Any]:
    return {name: _something(shape.members[name]) for name in shape.required_members if name not in known}


def _something(shape: Any) -> Any:
    if shape.type_name == "structure":
        return _filled(shape)
    if shape.type_name == "list":
        return [_something(shape.member)]
    if shape.type_name == "map":
        return {_something(shape.key): _something(shape.value)}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "x" * max(1, shape.metadata.get("min", 1))
    return FILLING[shape.type_name]
