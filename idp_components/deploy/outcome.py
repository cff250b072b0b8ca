"""What an update did to each component of a stack, out of the engine's events and the stack's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

COMPONENT_PREFIX = "idp:index:"
AWS_PREFIX = "aws:"
UNCHANGED = "same"


@dataclass(frozen=True)
class Component:
    """One golden path in a stack, after the update."""

    kind: str
    name: str
    namespace: str
    address: str
    """`host:port` inside the cluster, the ARN of what AWS has, or a namespace; empty where there is none of them."""
    url: str
    """URL from outside; empty where it isn't exposed."""
    changes: Mapping[str, int]
    """Objects below it by operation: `create`, `update`, `replace`, `delete`, `same`."""
    team: str = ""
    uses: tuple[str, ...] = ()
    """Its connections, each as `team/name:by`."""
    aws: tuple[str, ...] = ()
    """ARNs of the resources of AWS below it."""


@dataclass
class Outcome:
    """What became of one stack."""

    stack: str
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    """Resources by operation, over the whole stack."""

    @property
    def succeeded(self) -> bool:
        """Whether the update went through."""
        return not self.errors


def components(state: Mapping[str, Any], operations: Mapping[str, str]) -> list[Component]:
    """The golden paths in a stack's exported state. `operations`: what the update did, by URN."""
    resources = {resource["urn"]: resource for resource in state.get("deployment", {}).get("resources", [])}
    below: dict[str, Counter[str]] = {
        urn: Counter() for urn, resource in resources.items() if resource["type"].startswith(COMPONENT_PREFIX)
    }
    for urn, resource in resources.items():
        if resource.get("custom") and (owner := owner_of(urn, resources)):
            below[owner][operations.get(urn, UNCHANGED)] += 1
    arns: dict[str, list[str]] = {urn: [] for urn in below}
    for urn, resource in resources.items():
        arn = resource.get("outputs", {}).get("arn")
        if resource["type"].startswith(AWS_PREFIX) and isinstance(arn, str) and (owner := owner_of(urn, resources)):
            arns[owner].append(arn)
    found = (_component(resources[urn], changes, arns[urn]) for urn, changes in below.items())
    return sorted(found, key=lambda component: component.name)


def owner_of(urn: str, resources: Mapping[str, Mapping[str, Any]]) -> str | None:
    """URN of the golden path that a resource hangs below."""
    parent = str(resources[urn].get("parent"))
    passed = {urn}
    while parent in resources and parent not in passed:
        if resources[parent]["type"].startswith(COMPONENT_PREFIX):
            return parent
        passed.add(parent)
        parent = str(resources[parent].get("parent"))
    return None


def changes(operations: Iterable[str]) -> Counter[str]:
    """Operations counted under the words a person uses: a replacement is one thing, however many steps it takes."""
    return Counter(_WORDS[operation] for operation in operations if operation in _WORDS)


_WORDS = {
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete": "delete",
    "same": UNCHANGED,
}


def _component(resource: Mapping[str, Any], counted: Counter[str], arns: Iterable[str]) -> Component:
    inputs, outputs = resource.get("inputs", {}), resource.get("outputs", {})
    return Component(
        kind=resource["type"].removeprefix(COMPONENT_PREFIX),
        name=resource["urn"].rsplit("::", 1)[1],
        namespace=f"{inputs.get('team', '')}-{inputs.get('environment', '')}",
        address=outputs.get("address") or outputs.get("arn") or outputs.get("namespace") or "",
        url=outputs.get("url") or "",
        changes=dict(counted),
        team=inputs.get("team", ""),
        uses=tuple(inputs.get("uses", ())),
        aws=tuple(sorted(arns)),
    )
