"""Apply for AWS: plain resources become Pulumi resources, and what AWS decides flows between them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import pulumi

from idp_components.core.aws import Aws, Json, Ref


def register(
    resources: Iterable[Aws], *, parent: pulumi.Resource, depends_on: Iterable[pulumi.Resource] = ()
) -> dict[str, pulumi.CustomResource]:
    """Register resources below `parent`, in an order in which each comes after those that it refers to; by logical name and type."""
    waiting = list(resources)
    made: dict[str, pulumi.CustomResource] = {}
    wanted = _wanted(waiting)
    before = list(depends_on)
    for resource in waiting:
        attributes: dict[str, Any] = dict.fromkeys(wanted.get(resource.name, ()))
        made[resource.name] = pulumi.CustomResource(
            resource.type,
            resource.name,
            {**attributes, **{key: _resolved(value, made) for key, value in resource.properties.items()}},
            pulumi.ResourceOptions(
                parent=parent,
                depends_on=before,
                protect=resource.protect or None,
                retain_on_delete=resource.retain or None,
                ignore_changes=list(resource.settled),
                version=_sdk_version(),
            ),
        )
    return made


def attribute(made: Mapping[str, pulumi.CustomResource], reference: Ref) -> pulumi.Output[Any]:
    """What AWS decided."""
    found: pulumi.Output[Any] = getattr(made[reference.resource], reference.attribute)
    return found.apply(lambda value: f"{value}{reference.suffix}") if reference.suffix else found


ALWAYS = ("arn",)
"""Attributes that every resource is asked for: connections name it by them."""


def _wanted(resources: list[Aws]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {resource.name: {*ALWAYS, *resource.decides} for resource in resources}
    for resource in resources:
        for reference in _references(resource.properties):
            found[reference.resource].add(reference.attribute)
    return {name: names - {"id"} for name, names in found.items()}


def _references(value: Any) -> Iterable[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Json):
        yield from _references(value.document)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)


def _resolved(value: Any, made: Mapping[str, pulumi.CustomResource]) -> Any:
    if isinstance(value, Ref):
        return attribute(made, value)
    if isinstance(value, Json):
        return pulumi.Output.from_input(_resolved(value.document, made)).apply(lambda document: json.dumps(document, sort_keys=True))
    if isinstance(value, Mapping):
        return {key: _resolved(item, made) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(item, made) for item in value]
    return value


@cache
def _sdk_version() -> str:
    """Version of the provider plugin: that of the installed SDK."""
    return version("pulumi-aws")
