"""Rules about networks of AWS: who reaches databases through which groups, and which networks record their traffic."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from idp_components.rules.aws.ports import GROUPS, LARGEST, Opening, openings, whole
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity, Stack, StackRule
from idp_components.rules.selectors import doubts, every, same, some
from idp_components.rules.values import one_or_many

DATABASES: Mapping[str, tuple[str, int]] = {
    "rds/Instance": ("vpcSecurityGroupIds", 0),
    "rds/Cluster": ("vpcSecurityGroupIds", 0),
    "docdb/Cluster": ("vpcSecurityGroupIds", 27017),
    "neptune/Cluster": ("vpcSecurityGroupIds", 8182),
    "redshift/Cluster": ("vpcSecurityGroupIds", 5439),
    "redshiftserverless/Workgroup": ("securityGroupIds", 5439),
    "elasticache/Cluster": ("securityGroupIds", 6379),
    "elasticache/ReplicationGroup": ("securityGroupIds", 6379),
    "elasticache/ServerlessCache": ("securityGroupIds", 6379),
    "memorydb/Cluster": ("securityGroupIds", 6379),
}
"""Kinds that hold data, the property with their groups, and their port where nothing else says it."""
ENGINE_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "sqlserver": 1433, "oracle": 1521, "memcached": 11211}
WEBSITES = (80, 443)


@dataclass(frozen=True)
class Entry:
    """What lets something into a group, inline or as a resource of its own."""

    resource: Resource
    opening: Opening
    decisive: tuple[Field, ...] = ()
    """Unknown values that say whether it belongs to the group at all."""

    @property
    def is_sure(self) -> bool:
        """Whether all is known that says whom it lets in where."""
        return not any(field.value is UNKNOWN for field in (*self.decisive, *self.opening.undecided))


def sources(opening: Opening) -> Iterator[Field]:
    """The groups whose members an entry lets in."""
    for name in ("securityGroups", "sourceSecurityGroupId", "referencedSecurityGroupId"):
        named = one_or_many(opening.field.get(name))
        yield from (group for group in named if group.value is UNKNOWN or isinstance(group.value, str))


class Groups:
    """The security groups of a stack, by id; in a program that hasn't run, by name."""

    def __init__(self, stack: Stack) -> None:
        self._named: dict[str, list[Entry]] = {}
        self._all: list[Entry] = []
        self._somewhere: list[Entry] = []
        for resource in stack.of(*GROUPS):
            identity = resource.root.get("id")
            entries = [Entry(resource, opening) for opening in openings(resource, "ingress")]
            self._all += entries
            if identity.value is UNKNOWN:
                self._somewhere += [replace(entry, decisive=(identity,)) for entry in entries]
            for name in (resource.name, resource.root.get("name").value, identity.value):
                if isinstance(name, str) and name:
                    self._named[name] = entries
        for resource in stack.of("ec2/SecurityGroupRule", "vpc/SecurityGroupIngressRule"):
            owner = resource.root.get("securityGroupId")
            entries = [Entry(resource, opening, (owner,)) for opening in openings(resource, "ingress")]
            self._all += entries
            if owner.value is UNKNOWN:
                self._somewhere += entries
            elif isinstance(owner.value, str):
                self._named.setdefault(owner.value, []).extend(entries)

    def entries(self, name: Field) -> list[Entry]:
        """What lets something into a group; into one whose id is unknown, perhaps every entry of the stack."""
        if name.value is UNKNOWN:
            return [replace(entry, decisive=(*entry.decisive, name)) for entry in self._all]
        return [*(self._named.get(name.value, ()) if isinstance(name.value, str) else ()), *self._somewhere]

    def ways(self, entries: list[Entry]) -> Iterator[Entry]:
        """Some entries, what lets something into the machines that they let in, into those that reach these, and so on; each once."""
        # What is sure goes first, so that an entry is found, and a group followed, on the surest of the ways that lead there.
        pending = deque(sorted(entries, key=lambda entry: not entry.is_sure))
        seen = {(id(entry.opening), entry.is_sure) for entry in entries}
        followed = set()
        while pending:
            entry = pending.popleft()
            if not entry.is_sure and (id(entry.opening), True) in seen:
                continue
            yield entry
            clients = [client for client in sources(entry.opening) if client.value not in followed]
            followed |= {client.value for client in clients}
            for before in (each for client in clients for each in self.entries(client) if not _is_website(each.opening)):
                way = replace(before, decisive=(*before.decisive, *entry.decisive, *entry.opening.undecided))
                if (id(way.opening), way.is_sure) not in seen:
                    seen.add((id(way.opening), way.is_sure))
                    (pending.appendleft if way.is_sure else pending.append)(way)


def _is_website(opening: Opening) -> bool:
    """Whether it opens nothing else. A website in between is what a website is for: a machine that only serves one is no way in."""
    return not any(each.value is UNKNOWN for each in opening.undecided) and all(port in WEBSITES for port in opening.ports)


def _ports(resource: Resource) -> tuple[int, ...] | range:
    """Its port; any, as long as nobody knows it."""
    asked, engine = resource.root.get("port").value, resource.root.get("engine").value
    if asked is UNKNOWN or (asked is None and engine is UNKNOWN):
        return range(LARGEST + 1)
    by_engine = next((port for name, port in ENGINE_PORTS.items() if name in str(engine)), 0)
    return (whole(asked) or by_engine or DATABASES[resource.aws][1] or 5432,)


def _check_databases(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    groups = Groups(stack)
    for database in stack.of(*DATABASES):
        port = (database.root.get("port"), *([] if database.root.get("port").value else [database.root.get("engine")]))
        names = database.root.get(DATABASES[database.aws][0]).items()
        direct = [entry for name in names for entry in groups.entries(name) if entry.opening.may_open(_ports(database))]
        nearest, named = {id(entry.opening) for entry in direct}, f"{database.aws} {database.name or 'of the stack'}"
        for entry in groups.ways(direct):
            is_near = id(entry.opening) in nearest
            said = f"{named}; name the group of its clients" if is_near else f"a machine that reaches {named}; name a network"
            for address in entry.opening.anywhere():
                unknown = (*entry.decisive, *entry.opening.undecided, *port)
                yield entry.resource, address.problem(f"lets everybody to {said}", *unknown)


database_path = StackRule(
    id="stack-database-path",
    title="No way leads from the internet to a database.",
    severity=Severity.CRITICAL,
    check=_check_databases,
    rationale="Groups and rules are written in different places; only together do they show who reaches the data.",
    fix="Use Database and Cache: only the clients of uses=[...] reach them. Otherwise name the security group of the clients.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.RDSSecurityGroups.html",
)


def _check_flow_logs(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for vpc in stack.of("ec2/Vpc", "ec2/DefaultVpc"):
        verdicts = [_records(log, vpc) for log in stack.of("ec2/FlowLog")]
        if True not in verdicts:
            yield vpc, vpc.root.problem("has no flow log; add an ec2.FlowLog for it with trafficType ALL or REJECT", *doubts(verdicts))


def _records(log: Resource, vpc: Resource) -> bool | None:
    """Whether a log has what a network refuses, which is where somebody tries the doors."""
    network, traffic = log.root.get("vpcId").value, log.root.get("trafficType").value
    named = some(same(network, name) for name in (vpc.name, vpc.root.get("id").value))
    accepted = same(traffic, "ACCEPT")
    return every((network is not None, named, None if accepted is None else not accepted))


flow_logs = StackRule(
    id="stack-vpc-flow-logs",
    title="Every VPC records its traffic.",
    severity=Severity.MEDIUM,
    check=_check_flow_logs,
    rationale="After a break-in, they alone say where the data went.",
    fix="Add an ec2.FlowLog with the VPC's id.",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6",
    tags=("fsbp:EC2.6",),
)

RULES = (database_path, flow_logs)
