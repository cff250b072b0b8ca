"""Remediation: properties that a rule mends before the resource is made, by changes that touch nothing unknown and no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from idp_components.rules.crossguard.proto import struct_pb2
from idp_components.rules.engine_values import SIGNATURE, UNKNOWNS
from idp_components.rules.evaluate import Judge
from idp_components.rules.field import UNKNOWN, SecretText
from idp_components.rules.model import Finding, Resource, ResourceRule


class Refused(Exception):
    """A change that would touch what isn't known yet, a secret, or take something away."""


@dataclass(frozen=True)
class Remediation:
    """What a rule did to a resource: either its new properties, or why there are none."""

    rule: ResourceRule
    properties: Any = None
    refusal: str = ""


def remediations(
    judge: Judge, resource: Resource, properties: Any, standing: Callable[[Iterable[Finding]], tuple[Finding, ...]]
) -> Iterator[Remediation]:
    """The remedies of the judge's rules, each applied to what the one before left. `standing` leaves out what is waived."""
    if not all(part is resource for part in resource.parts()):
        return  # a list: its elements are judged, and not mended
    for rule in judge.rules_for(resource.type):
        found = standing(judge.of_rule(rule, resource))
        if not found or all(finding.undecided for finding in found) or rule.remedy is None:
            continue
        mended = rule.remedy(resource, judge.options_of(rule))
        if mended is None:
            continue
        result = struct_pb2.Struct()
        result.CopyFrom(properties)
        try:
            _merge(result, resource.props, mended)
            changed = replace(resource, props=mended)
            if standing(judge.of_rule(rule, changed)):
                raise Refused("what can be added is not enough")
        except Refused as reason:
            yield Remediation(rule, refusal=f"{resource.label}: is left as it is: {reason}; {rule.fix}")
            continue
        resource, properties = changed, result
        yield Remediation(rule, properties=result)


def _merge(target: Any, old: Any, new: Any) -> None:
    """Puts what differs between two objects into the engine's own copy of the first, so that all else stays byte for byte."""
    if old.keys() - new.keys():
        raise Refused("a remedy may not take anything away")
    for key, value in new.items():
        if key not in old:
            target.fields[key].CopyFrom(_encoded(value))
        elif not _same(old[key], value):
            _change(target.fields[key], old[key], value)


def _change(target: Any, old: Any, new: Any) -> None:
    if _is_marked(target):
        raise Refused("the value to change is a secret or only known after the update")
    if isinstance(old, dict) and isinstance(new, dict):
        _merge(target.struct_value, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        if len(new) < len(old):
            raise Refused("a remedy may not take anything away")
        for element, before, after in zip(target.list_value.values, old, new, strict=False):
            if not _same(before, after):
                _change(element, before, after)
        target.list_value.values.extend(_encoded(value) for value in new[len(old) :])
    else:
        target.CopyFrom(_encoded(new))


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_same(before, after) for before, after in zip(old, new, strict=True))
    return old is new or (type(old) is type(new) and bool(old == new))  # 1 is not True


def _is_marked(value: Any) -> bool:
    kind = value.WhichOneof("kind")
    return (kind == "string_value" and value.string_value in UNKNOWNS) or (
        kind == "struct_value" and SIGNATURE in value.struct_value.fields
    )


def _encoded(value: Any) -> Any:
    if value is UNKNOWN or isinstance(value, SecretText):
        raise Refused("a remedy may not copy a secret or what is only known after the update")
    if isinstance(value, dict):
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={key: _encoded(member) for key, member in value.items()}))
    if isinstance(value, list):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encoded(element) for element in value]))
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    return struct_pb2.Value(string_value=value) if isinstance(value, str) else struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
