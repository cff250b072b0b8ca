"""The model of the catalogue: plain values, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One update of a stack, as its backend recorded it."""

    at: str
    """When it ended, or began if it runs still: RFC 3339, UTC."""
    kind: str
    """`update`, `refresh`, `destroy`…"""
    result: str
    """`succeeded`, `failed`, `in-progress`."""
    message: str = ""
    """First line of the commit's message."""
    author: str = ""
    commit: str = ""
    pipeline: str = ""
    """URL of the pipeline's run, or its system and number; empty for an update by hand."""


@dataclass(frozen=True)
class Pods:
    """What runs of one workload now, as the cluster says."""

    ready: int
    wanted: int
    troubles: tuple[str, ...] = ()
    """Why pods aren't ready: `ImagePullBackOff`, `Unschedulable`… each once."""

    @property
    def well(self) -> bool:
        return self.ready >= self.wanted and not self.troubles


@dataclass(frozen=True)
class Item:
    """One golden path of one stack."""

    kind: str
    """Class of the golden path: `Service`, `Database`…"""
    name: str
    team: str
    environment: str
    stack: str
    namespace: str
    spec: Mapping[str, Any]
    """What its team said about it; specs never hold secrets."""
    version: str = ""
    """Tag or digest of its image; empty where it runs none."""
    address: str = ""
    """`host:port` inside the cluster, the ARN of what AWS has, or a namespace."""
    url: str = ""
    """URL from outside."""
    uses: tuple[str, ...] = ()
    """Its connections, each as `team/name:by`."""
    objects: tuple[str, ...] = ()
    """Kubernetes objects below it, as `Kind namespace/name`."""
    aws: tuple[str, ...] = ()
    """ARNs of the resources of AWS below it."""
    protected: bool = False
    """Whether Pulumi refuses to delete something of it."""
    pods: Pods | None = None
    """None for what runs no pods, and where the cluster wasn't asked or didn't answer (`Catalog.problems` says so)."""

    @property
    def key(self) -> str:
        """What others call it: `team/name`, the same in every environment."""
        return f"{self.team}/{self.name}"


@dataclass(frozen=True)
class Environment:
    """One stack: a team's things in one environment."""

    stack: str
    team: str
    environment: str
    ends: str = ""
    """When it goes away: RFC 3339, UTC; empty for one that stays."""
    owner: str = ""
    """Person behind an environment that ends."""
    source: str = ""
    """Pull request or ticket that it was made for."""
    isolation: str = ""
    """`namespace` or `vcluster` for one that ends."""
    resources: int = 0
    last: Change | None = None


@dataclass(frozen=True)
class Team:
    """Who owns things, and whom to ask."""

    name: str
    email: str = ""
    slack_channel: str = ""
    cost_centre: str = ""
    budget_usd_per_month: float | None = None
    repositories: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    """Groups of the identity provider by role, where they aren't the defaults."""


@dataclass(frozen=True)
class Problem:
    """Something that is missing from the catalogue, and why."""

    place: str
    what: str


@dataclass(frozen=True)
class Catalog:
    """Everything that is known."""

    at: str
    """When it was built: RFC 3339, UTC."""
    teams: tuple[Team, ...] = ()
    environments: tuple[Environment, ...] = ()
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def used_by(self) -> dict[tuple[str, str], list[Item]]:
        """Who uses each item, by environment and `team/name`."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            for use in item.uses:
                found.setdefault((item.environment, use.partition(":")[0]), []).append(item)
        return found
