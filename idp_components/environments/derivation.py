"""What becomes of each resource of a stack in the environment that is derived from it; pure.

Nothing is taken out of the source's resources. The team's own file is composed anew by the profile of environments that end; the
comparison only says what that yields in place of what the source has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from idp_components.cost.estimate import Estimate
from idp_components.cost.report import document as cost_document
from idp_components.deploy.outcome import COMPONENT_PREFIX, owner_of
from idp_components.environments.carried import Becomes, Carried, Source
from idp_components.environments.facts import CENTS, ROOM
from idp_components.testing import Recording

DATA: Mapping[str, str] = {
    "aws:elasticache/replicationGroup:ReplicationGroup": "cache on ElastiCache",
    "aws:rds/instance:Instance": "database on RDS",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:sns/topic:Topic": "topic",
    "aws:sqs/queue:Queue": "queue",
    "kubernetes:apps/v1:StatefulSet": "pod with a volume",
    "kubernetes:core/v1:PersistentVolumeClaim": "volume",
}
"""The types that hold what people or programs put into them, and how people call them."""
SECRETS = ("aws:secretsmanager/", "kubernetes:core/v1:Secret", "random:")
"""Starts of the types whose values nobody may carry elsewhere."""
NO_RESOURCE = ("pulumi:", COMPONENT_PREFIX)
HASH = re.compile(r"-[0-9a-f]{8}$")
"""End of a name that stands for the object's content, which differs between environments."""


@dataclass(frozen=True)
class Resource:
    """What becomes of one resource."""

    type: str
    name: str
    becomes: Becomes


@dataclass(frozen=True)
class Part:
    """What becomes of one component, or of a resource that belongs to none."""

    kind: str
    name: str
    becomes: Becomes
    why: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Derivation:
    """An environment beside the stack that it is derived from."""

    source: str
    carried: Carried
    parts: tuple[Part, ...]
    here: Estimate
    there: Estimate


Owner = tuple[str, str]
"""Kind and name of a component."""
Contents = Mapping[Owner, list[tuple[str, str]]]
"""Type and name of each component's resources."""


def parts(source: Source, carried: Carried, composed: Recording) -> tuple[Part, ...]:
    """What becomes of each component of the source, then what the environment has besides."""
    recorded = {each.urn: {"urn": each.urn, "type": each.type, "parent": each.parent, "custom": each.custom} for each in composed.resources}
    there, here = _contents(source.resources), _contents(recorded)
    parts = [_part(owner, found, here.get(owner), source.stack, carried) for owner, found in sorted(there.items())]
    new = [
        Part(*owner, "new", f"{source.stack} has none", tuple(Resource(*each, "new") for each in found))
        for owner, found in sorted(here.items())
        if owner not in there and owner[0] != ROOM
    ]
    return (*parts, *new)


def document(found: Derivation) -> dict[str, Any]:
    """A derivation as plain data, with the costs of each component there and here in US dollars a month."""
    here, there = found.here.owners, found.there.owners
    return {
        "from": found.source,
        "parts": [
            {
                "kind": part.kind,
                "name": part.name,
                "becomes": part.becomes,
                "why": part.why,
                "resources": [vars(resource) for resource in part.resources],
                "usd_per_month_there": round(there.get(part.name, 0), CENTS),
                "usd_per_month_here": round(here.get(part.name, 0), CENTS),
            }
            for part in found.parts
        ],
        "config": [vars(key) for key in found.carried.keys],
        "seed": found.carried.seed,
        "usd_per_month": round(found.here.usd_per_month - found.there.usd_per_month, CENTS),
        "cost_there": cost_document(found.there),
    }


def _contents(resources: Mapping[str, Mapping[str, Any]]) -> dict[Owner, list[tuple[str, str]]]:
    found: dict[Owner, list[tuple[str, str]]] = {
        _owner(each): [] for each in resources.values() if each["type"].startswith(COMPONENT_PREFIX)
    }
    for urn, each in resources.items():
        if each.get("custom") and not each["type"].startswith(NO_RESOURCE):
            above = owner_of(urn, resources)
            found.setdefault(_owner(resources[above] if above else each), []).append((each["type"], _name(each)))
    return found


def _owner(resource: Mapping[str, Any]) -> Owner:
    return resource["type"].rsplit(":", 1)[1], _name(resource)


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"].rsplit("::", 1)[1])


def _part(owner: Owner, there: list[tuple[str, str]], here: list[tuple[str, str]] | None, source: str, carried: Carried) -> Part:
    kind, name = owner
    if kind == "Bucket" and name in carried.shared:
        return Part(kind, name, "shared", f"read only, that of {source}", tuple(Resource(*each, "shared") for each in there))
    if here is None:
        why = "it belongs to that environment alone" if kind == ROOM else "the team's file has no such thing for environments that end"
        return Part(kind, name, "left out", why, tuple(Resource(*each, "left out") for each in there))
    same = {_kept(each) for each in here}
    resources = tuple(Resource(*each, _becomes(each, same)) for each in there)
    if data := _kinds(there):
        why = f"{data} there, {_kinds(here) or 'pod without a volume'} here, without its data"
        return Part(kind, name, "stand-in", why, resources)
    return Part(kind, name, "copied", "declared anew by the team's file", resources)


def _becomes(resource: tuple[str, str], same: set[tuple[str, str]]) -> Becomes:
    if resource[0] in DATA:
        return "stand-in"
    if _kept(resource) not in same:
        return "left out"
    return "stand-in" if resource[0].startswith(SECRETS) else "copied"


def _kept(resource: tuple[str, str]) -> tuple[str, str]:
    """Type and name, without the part of the name that stands for the content."""
    return resource[0], HASH.sub("", resource[1])


def _kinds(resources: Iterable[tuple[str, str]]) -> str:
    """What holds data among the resources, as people say it."""
    return ", ".join(sorted({DATA[kind] for kind, _ in resources if kind in DATA}))
