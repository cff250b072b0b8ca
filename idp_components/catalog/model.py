"""The model of the catalogue: plain values, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

STUCK = "stuck"
"""A rollout that takes longer than it may."""


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
    rollout: str = ""
    """`complete`, `progressing`, `paused`, or `stuck` where it takes longer than it may; empty for what rolls nothing out."""
    versions: tuple[str, ...] = ()
    """Tags or digests of the images that run now: two of them during a rollout."""

    @property
    def well(self) -> bool:
        return self.ready >= self.wanted and not self.troubles and self.rollout != STUCK


@dataclass(frozen=True)
class Cost:
    """What something costs, by the price table."""

    usd_per_month: float
    unknown: tuple[str, ...] = ()
    """What costs something that nobody can name, and why; no part of the sum."""


@dataclass(frozen=True)
class Rule:
    """A rule that found something."""

    id: str
    title: str
    severity: str
    why: str
    fix: str
    source: str


@dataclass(frozen=True)
class Finding:
    """What a rule says about something that runs. What can't be judged, such as an encrypted secret, is none."""

    rule: str
    """Id of the rule (`Catalog.rules`)."""
    level: str
    """`mandatory`, or `advisory`."""
    message: str
    """It holds no value that could be a secret (`rules.Finding`)."""
    waiver: str = ""
    """Id of the waiver that lifts it (`Catalog.waivers`)."""

    @property
    def counts(self) -> bool:
        """Whether no waiver lifts it."""
        return not self.waiver


@dataclass(frozen=True)
class Waiver:
    """A reviewed exception that lifts a finding."""

    id: str
    owner: str
    reason: str
    expires: str
    """The last day on which it holds, in UTC."""


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
    """Tag or digest of its image, version of its engine or chart, revision of its repository; empty where it has none of them."""
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
    roles: tuple[str, ...] = ()
    """ARNs of the IAM roles among them."""
    api: str = ""
    """What it offers to others speaks: `grpc`, `http` or `tcp`; empty for what offers no API."""
    docs: str = ""
    """URL of its documentation."""
    runbook: str = ""
    """URL of what to do when it fails."""
    urn: str = ""
    """By what Pulumi knows it."""
    protected: bool = False
    """Whether Pulumi refuses to delete something of it."""
    cost: Cost | None = None
    """None where nobody can say what its stack costs (`Catalog.problems` says why)."""
    findings: tuple[Finding, ...] | None = None
    """What the rules say about what it is made of; None where its stack couldn't be judged (`Catalog.problems` says why)."""
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
    """When it goes away: RFC 3339, UTC; empty for one that stays. Later ends, which only the cluster knows, are in it."""
    owner: str = ""
    """Person behind an environment that ends."""
    source: str = ""
    """Pull request or ticket that it was made for."""
    isolation: str = ""
    """`namespace` or `vcluster` for one that ends."""
    kept_until: str = ""
    """Until when nobody removes it, whatever its end."""
    resources: int = 0
    cost: Cost | None = None
    """Of everything in it; None where nobody can say (`Catalog.problems` says why)."""
    findings: tuple[Finding, ...] | None = None
    """What the rules say about it as a whole, and about what is part of no item; None where it couldn't be judged."""
    last: Change | None = None
    """None where it never changed, and where its history can't be read (`Catalog.problems` says so)."""
    earlier: tuple[Change, ...] = ()
    """Changes before the last one, the newest first; not all of them."""


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
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """The rules that found something, by id."""
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    """The waivers that lift something, by id."""
    problems: tuple[Problem, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Everything that the rules say, with the stack that it is about."""
        everything: tuple[Environment | Item, ...] = (*self.environments, *self.items)
        for whole in everything:
            yield from ((whole.stack, each) for each in whole.findings or ())

    def used_by(self) -> dict[tuple[str, str], list[Item]]:
        """Who uses each item, by environment and `team/name`."""
        found: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            for use in item.uses:
                found.setdefault((item.environment, use.partition(":")[0]), []).append(item)
        return found
