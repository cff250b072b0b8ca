"""Rules about networks of AWS: who reaches databases through which groups, and which networks record their traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from idp_components.rules.aws.ports import GROUPS, LARGEST, Opening, openings, whole
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity, Stack, StackRule
from idp_components.rules.values import one_or_many

DATABASES: Mapping[str, tuple[str, int]] = {
    "rds/Instance": ("vpcSecurityGroupIds", 0),
    "rds/Cluster": ("vpcSecurityGroupIds", 0),
    "docdb/Cluster": ("vpcSecurityGroupIds", 27017),
    "neptune/Cluster": ("vpcSecurityGroupIds", 8182),
    "redshift/Cluster": ("vpcSecurityGroupIds", 5439),
    "elasticache/Cluster": ("securityGroupIds", 6379),
    "elasticache/ReplicationGroup": ("securityGroupIds", 6379),
    "elasticache/ServerlessCache": ("securityGroupIds", 6379),
    "memorydb/Cluster": ("securityGroupIds", 6379),
}
"""Kinds that hold data, the property with their groups, and their port where nothing else says it."""
ENGINE_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "sqlserver": 1433, "oracle": 1521, "memcached": 11211}
NOT_PUBLIC = (*range(80), *range(81, 443), *range(444, LARGEST + 1))
"""All but those of websites: a machine that only serves these is no way in by itself."""


@dataclass(frozen=True)
class Entry:
    """What lets something into a group, inline or as a resource of its own."""

    resource: Resource
    opening: Opening
    decisive: tuple[Field, ...] = ()
    """Unknown values that say whether it belongs to the group at all."""


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


def sources(opening: Opening) -> Iterator[Field]:
    """The groups whose members an entry lets in."""
    for name in ("securityGroups", "sourceSecurityGroupId", "referencedSecurityGroupId"):
        yield from one_or_many(opening.field.get(name))


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
        for name in database.root.get(DATABASES[database.aws][0]).items():
            for entry in groups.entries(name):
                if not entry.opening.may_open(_ports(database)):
                    continue
                yield from _open(entry, f"lets everybody to {_named(database)}; name the group of its clients", *port)
                for client in sources(entry.opening):
                    for way in groups.entries(client):
                        # A website in between is what a website is for.
                        if way.opening.may_open(NOT_PUBLIC):
                            said = f"lets everybody to a machine that reaches {_named(database)}; name a network"
                            yield from _open(way, said, *port, *entry.decisive, *entry.opening.undecided)


def _open(entry: Entry, message: str, *decisive: Field) -> Iterator[tuple[Resource, Problem]]:
    for address in entry.opening.anywhere():
        yield entry.resource, address.problem(message, *entry.decisive, *entry.opening.undecided, *decisive)


def _named(database: Resource) -> str:
    return f"{database.aws} {database.name or 'of the stack'}"


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
    logged = [log.root.get("vpcId") for log in stack.of("ec2/FlowLog")]
    for vpc in stack.of("ec2/Vpc"):
        names = (vpc.name, vpc.root.get("id").value)
        if not any(log.value in names for log in logged if isinstance(log.value, str)):
            unknown = [each for log in logged for each in (log, vpc.root.get("id"))]
            yield vpc, vpc.root.problem("has no flow log; add an ec2.FlowLog for it with trafficType ALL or REJECT", *unknown)


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
