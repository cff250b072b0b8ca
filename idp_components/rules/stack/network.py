"""Rules about networks of AWS: who reaches databases through which groups, and which networks record their traffic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from idp_components.rules.aws.ports import GROUPS, Opening, openings
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity, Stack, StackRule
from idp_components.rules.values import number, one_or_many

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
PUBLIC = frozenset({80, 443})
"""Ports of websites: a machine that only serves these is no way in by itself."""


@dataclass
class Group:
    """A security group with all that lets something into it, inline or as resources of their own."""

    entries: list[tuple[Resource, Opening]] = field(default_factory=list)


class Groups:
    """The security groups of a stack, by id; in a program that hasn't run, by name."""

    def __init__(self, stack: Stack) -> None:
        self._groups: dict[str, Group] = {}
        for resource in stack.of(*GROUPS):
            group = Group([(resource, opening) for opening in openings(resource, "ingress")])
            for name in (resource.name, resource.root.get("name").value, resource.root.get("id").value):
                if isinstance(name, str) and name:
                    self._groups[name] = group
        for resource in stack.of("ec2/SecurityGroupRule", "vpc/SecurityGroupIngressRule"):
            owner = resource.root.get("securityGroupId").value
            if isinstance(owner, str):
                self._groups.setdefault(owner, Group()).entries.extend((resource, each) for each in openings(resource, "ingress"))

    def get(self, name: Field) -> Group:
        return self._groups.get(name.value, Group()) if isinstance(name.value, str) else Group()


def sources(opening: Opening) -> Iterator[Field]:
    """The groups whose members an entry lets in."""
    for name in ("securityGroups", "sourceSecurityGroupId", "referencedSecurityGroupId"):
        yield from one_or_many(opening.field.get(name))


def _port(resource: Resource) -> int:
    asked, engine = number(resource.root.get("port").value), resource.root.get("engine").value
    by_engine = next((port for name, port in ENGINE_PORTS.items() if name in str(engine)), 0)
    return int(asked or by_engine or DATABASES[resource.aws][1] or 5432)


def _check_databases(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    groups = Groups(stack)
    for database in stack.of(*DATABASES):
        for name in database.root.get(DATABASES[database.aws][0]).items():
            for resource, opening in groups.get(name).entries:
                if not opening.may_open((_port(database),)):
                    continue
                for address in opening.anywhere():
                    message = f"lets everybody to {database.aws} {database.name or 'of the stack'}; name the group of its clients"
                    yield resource, address.problem(message, *opening.undecided)
                for client in sources(opening):
                    yield from _through(groups.get(client), database)


def _through(clients: Group, database: Resource) -> Iterator[tuple[Resource, Problem]]:
    """Ways over a machine that everybody may log in to. A website in between is what a website is for."""
    for resource, opening in clients.entries:
        if set(opening.ports) - PUBLIC:
            for address in opening.anywhere():
                message = f"lets everybody to a machine that reaches {database.aws} {database.name or 'of the stack'}; name a network"
                yield resource, address.problem(message, *opening.undecided)


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
            unknown = [log for log in logged if log.value is UNKNOWN]
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
