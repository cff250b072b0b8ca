"""Which environments that end there are: stacks of the backend and namespaces of the cluster, joined by name; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from idp_components.core import labels, naming
from idp_components.core.profiles import PROFILES
from idp_components.core.stack_name import STACK_PATTERN
from idp_components.environments import lifetime, record
from idp_components.environments.record import Broken, Record

State = Literal["running", "asleep", "kept", "expired", "orphan", "broken"]
ARGO_CD = "argocd"
MANAGED_BY = "app.kubernetes.io/managed-by"
ASLEEP, AWAKE = "asleep", "awake"


@dataclass(frozen=True)
class Stack:
    """A stack of the backend."""

    project: str
    name: str
    qualified: str
    """The name by which it is found from anywhere, such as `organization/idp/checkout-pr-42`."""
    saved_at: datetime | None = None
    """When its state was saved last."""
    resources: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """A namespace of the cluster, its Lease, and what went to sleep or woke in it."""

    namespace: Mapping[str, Any]
    lease: Mapping[str, Any] | None = None
    sleepers: Sequence[Mapping[str, Any]] = ()
    """Workloads that carry the label `idp/sleep`."""

    @property
    def name(self) -> str:
        """Name of the namespace."""
        return str(self.namespace["metadata"]["name"])

    @property
    def uid(self) -> str:
        """What tells it from a later one of the same name."""
        return str(self.namespace["metadata"]["uid"])

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.namespace["metadata"].get("labels") or {}

    @property
    def is_argo_cds(self) -> bool:
        """Whether Argo CD made it, and would make it again."""
        return self.labels.get(MANAGED_BY) == ARGO_CD

    @property
    def is_asleep(self) -> bool:
        """Whether something in it sleeps."""
        return any(workload["metadata"]["labels"][labels.SLEEP] == ASLEEP for workload in self.sleepers)

    @property
    def changed(self) -> datetime | None:
        """When something in it last went to sleep or woke."""
        return max((_since(workload) for workload in self.sleepers), default=None)

    @property
    def woken(self) -> datetime | None:
        """When somebody last woke it."""
        return max((_since(workload) for workload in self.sleepers if workload["metadata"]["labels"][labels.SLEEP] == AWAKE), default=None)


@dataclass(frozen=True)
class Leftover:
    """One resource of AWS that carries an environment's tags."""

    arn: str
    made_at: datetime | None
    """When it was made; none where AWS doesn't say."""


@dataclass(frozen=True)
class Environment:
    """One environment that ends: what the backend has of it, what the cluster has, and what is written on it."""

    name: str
    stacks: tuple[Stack, ...] = ()
    room: Room | None = None
    record: Record | None = None
    leftovers: tuple[Leftover, ...] = ()
    """What AWS has of it although it has no stack."""
    broken: str = ""
    """Why its record can't be trusted."""

    @property
    def stack(self) -> Stack | None:
        """Its stack."""
        return self.stacks[0] if self.stacks else None

    @property
    def environment(self) -> str:
        """`pr-42` of `checkout-pr-42`."""
        match = STACK_PATTERN.fullmatch(self.name)
        return match["environment"] if match else ""

    @property
    def team(self) -> str:
        """`checkout` of `checkout-pr-42`."""
        match = STACK_PATTERN.fullmatch(self.name)
        return match["team"] if match else ""

    @property
    def used(self) -> datetime | None:
        """When somebody last used it, as far as it can be seen: made it, brought it up, woke it or extended it."""
        saved = self.stack.saved_at if self.stack else None
        renewed = self.room.lease["spec"].get("renewTime") if self.room and self.room.lease else None
        made = self.record.created_at if self.record else None
        known = (made, saved, self.room.woken if self.room else None, record.moment(renewed) if renewed else None)
        return max(filter(None, known), default=None)

    @property
    def is_empty(self) -> bool:
        """Whether it is no more than a stack's name: a creation that had not begun, or a removal that was almost done."""
        return self.room is None and len(self.stacks) == 1 and self.stacks[0].resources == 0

    def state(self, now: datetime) -> State:
        """What a list says of it."""
        profile = lifetime.profile_of(self.environment)
        if self.record is None:
            return "broken"
        if lifetime.is_kept(self.record, profile, now):
            return "kept"
        if lifetime.is_due(self.record, profile, now):
            return "expired"
        if not self.stacks and not (self.room and self.room.is_argo_cds):
            return "orphan"
        return "asleep" if self.room and self.room.is_asleep else "running"


def join(
    stacks: Iterable[Stack], rooms: Iterable[Room], leftovers: Mapping[str, tuple[Leftover, ...]] = MappingProxyType({})
) -> list[Environment]:
    """All environments, by name. A stack counts if its name is that of a pull request or a person, or if such a namespace is there.

    `leftovers`: what AWS has, by name of the environment; it counts where there is no stack, whose destroy would take it along.
    """
    by_name: dict[str, list[Stack]] = {}
    for stack in stacks:
        by_name.setdefault(stack.name, []).append(stack)
    there = {room.name: room for room in rooms}
    left = {name: found for name, found in leftovers.items() if name not in by_name}
    names = {name for name in by_name if is_ephemeral(name)} | there.keys() | left.keys()
    return [_environment(name, tuple(by_name.get(name, ())), there.get(name), left.get(name, ())) for name in sorted(names)]


def is_ephemeral(name: str) -> bool:
    """Whether a name is that of an environment of a pull request or a person."""
    match = STACK_PATTERN.fullmatch(name)
    return match is not None and match["environment"] not in PROFILES


def empty_since(environment: Environment) -> datetime | None:
    """When a stack without anything in it, and without a record, has outlived every environment: the maximum after it was saved last."""
    stack = environment.stack
    if not environment.is_empty or stack is None or stack.saved_at is None or environment.record:
        return None
    return stack.saved_at + timedelta(hours=lifetime.profile_of(environment.environment).ttl_hours_max)


def _environment(name: str, stacks: tuple[Stack, ...], room: Room | None, leftovers: tuple[Leftover, ...]) -> Environment:
    found = Environment(name, stacks, room, leftovers=leftovers)
    try:
        if len(stacks) > 1:
            raise Broken(f"two stacks claim it: {' and '.join(stack.qualified for stack in stacks)}")
        return replace(found, record=_record(found))
    except Broken as error:
        return replace(found, broken=str(error))


def _record(environment: Environment) -> Record:
    room = environment.room
    if room is None and environment.leftovers:
        return _left(environment)
    if room is None:
        return record.of_tags(environment.stack.tags if environment.stack else {})
    said = naming.namespace(room.labels.get(labels.TEAM, ""), room.labels.get(labels.ENVIRONMENT, ""))
    if said != environment.name:
        raise Broken(f"its labels {labels.TEAM} and {labels.ENVIRONMENT} are those of {said!r}")
    if not lifetime.profile_of(environment.environment).ttl_hours_max:
        raise Broken(f"{environment.environment!r} stays, nothing in it ends, in spite of its label {labels.EPHEMERAL}")
    return record.of_namespace(room.namespace, room.lease)


def _left(environment: Environment) -> Record:
    """The life of what is left at AWS. Nothing there knows of an extension, so the longest that nobody keeps counts, from the newest."""
    made = [each.made_at for each in environment.leftovers if each.made_at]
    if not made:
        raise Broken(f"nothing says when it was made: {', '.join(each.arn for each in environment.leftovers)}")
    longest = timedelta(hours=lifetime.profile_of(environment.environment).ttl_hours_max)
    return Record(owner="", created_at=max(made), expires_at=max(made) + longest)


def _since(workload: Mapping[str, Any]) -> datetime:
    said = (workload["metadata"].get("annotations") or {}).get(labels.SLEEP_SINCE, "")
    try:
        return record.moment(said)
    except ValueError:  # somebody's hand: it counts as long ago
        return record.moment(workload["metadata"]["creationTimestamp"])
