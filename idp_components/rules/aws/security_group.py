"""Rules about security groups and network ACLs: what the internet reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.ports import ACLS, GROUPS, LARGEST, RULES_IN, RULES_OUT, AclEntry, acl_entries, is_everybody, openings
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import Owners, companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import every, same, some

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html"
DEFAULT = "ec2/DefaultSecurityGroup"
VPCS = ("ec2/Vpc", "ec2/DefaultVpc")
BESIDE = (*RULES_OUT, "vpc/SecurityGroupIngressRule")
"""Rules that stand beside their group."""
FIX = "Reach it through a Service with an ingress, or by Session Manager; otherwise name the network or the clients' group."
SSH_RDP = (22, 3389)
ADMINISTRATION = (22, 23, 135, 445, 2375, 2376, 2379, 2380, 3389, 5900, 5985, 5986, 6443, 10250)
"""SSH, Telnet, RPC, SMB, Docker, etcd, RDP, VNC, WinRM, Kubernetes."""
DATABASES = (
    1433,
    1434,
    1521,
    3306,
    4333,
    5432,
    5439,
    5500,
    5601,
    5984,
    6379,
    6380,
    7000,
    7001,
    7199,
    8086,
    9042,
    9092,
    9200,
    9300,
    11211,
    27017,
    27018,
    27019,
    50000,
)
"""SQL Server, Oracle, MySQL, PostgreSQL, Redshift, CouchDB, Redis, Cassandra, InfluxDB, Kafka, OpenSearch, Memcached, MongoDB, Db2."""


@aws_rule(
    "aws-ec2-open-administration",
    *GROUPS,
    *RULES_IN,
    title="The internet doesn't reach ports of administration.",
    severity=Severity.CRITICAL,
    rationale="Whoever is let in there owns the machine; an open SSH or RDP port is tried within minutes.",
    fix=FIX,
    source=f"{CONTROLS}#ec2-19",
    tags=("fsbp:EC2.19", "fsbp:EC2.13", "fsbp:EC2.14"),
)
def open_administration(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from _open(resource, ADMINISTRATION, "a port of administration such as SSH or RDP")


@aws_rule(
    "aws-ec2-open-database",
    *GROUPS,
    *RULES_IN,
    title="The internet doesn't reach ports of databases.",
    severity=Severity.CRITICAL,
    rationale="A database has no defence but its password; the network around it is the other half.",
    fix="Use Database or Cache, which only their clients reach; otherwise name the security group of the clients.",
    source=f"{CONTROLS}#ec2-19",
    tags=("fsbp:EC2.19",),
)
def open_database(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from _open(resource, DATABASES, "a port of databases")


def _open(resource: Resource, ports: tuple[int, ...], what: str) -> Iterator[Problem]:
    for opening in openings(resource, "ingress"):
        if opening.may_open(ports):
            for address in opening.anywhere():
                kind = resource.root.get("type")
                yield address.problem(f"opens {what} to everybody; name the network or the group of the clients", kind, *opening.undecided)


def _check_unexpected(resource: Resource, options: Options) -> Iterator[Problem]:
    expected = {int(port) for port in options.get("ports", ("80", "443")) if str(port).isdecimal()}
    known_elsewhere = {*expected, *ADMINISTRATION, *DATABASES}
    for opening in openings(resource, "ingress"):
        known = not any(each.value is UNKNOWN for each in opening.undecided)
        if known and all(port in known_elsewhere for port in opening.ports):
            continue  # expected, or worse and said by the rules above
        for address in opening.anywhere():
            message = "opens ports to everybody that are not for the public; name the network or the group of the clients"
            yield address.problem(message, resource.root.get("type"), *opening.undecided)


@aws_stack_rule(
    "aws-ec2-open-prefix-list",
    title="No prefix list lets the internet to ports of administration and databases.",
    severity=Severity.CRITICAL,
    rationale="A security group with a list of networks looks as closed as the list's name says, and is as open as its entries.",
    fix=FIX,
    source=f"{CONTROLS}#ec2-19",
    tags=("fsbp:EC2.19",),
)
def open_prefix_list(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    lists = stack.once(Owners, "ec2/ManagedPrefixList")
    everybody = {id(each): address for each in lists.all if (address := _everybody_in(stack, each))}
    for resource in stack.of(*GROUPS, *RULES_IN):
        for opening in openings(resource, "ingress"):
            for name in opening.prefix_lists if opening.may_open((*ADMINISTRATION, *DATABASES)) else ():
                named = lists.called(name)
                # What is no list's name is that of one which stands elsewhere, or which is still to be made.
                possible = named or [each for each in lists.all if name.value is UNKNOWN or lists.is_nameless(each)]
                if found := [everybody[id(each)] for each in possible if id(each) in everybody]:
                    message = "has the internet in it, and opens a port of administration or databases; name the network of the clients"
                    decisive = [resource.root.get("type"), *opening.undecided, *found, *(() if named else (Field(UNKNOWN),))]
                    yield resource, name.problem(message, *decisive)


def _everybody_in(stack: Stack, prefix_list: Resource) -> Field | None:
    """The entry of a list that means everybody, or may turn out to."""
    more = companions(stack, prefix_list, ("ec2/ManagedPrefixListEntry",), "prefixListId")
    addresses = [each.get("cidr") for each in (*prefix_list.root.get("entries").items(), *(entry.root for entry in more.certain))]
    known = (address for address in addresses if is_everybody(address.value))
    unknown = (address for address in (*addresses, *more.possible) if address.value is UNKNOWN)
    return next(known, next(unknown, None))


open_port = aws_rule(
    "aws-ec2-open-port",
    *GROUPS,
    *RULES_IN,
    title="The internet only reaches ports that are meant for it.",
    severity=Severity.MEDIUM,
    rationale="Each open port is a program that must have no flaw.",
    fix=FIX,
    source=f"{CONTROLS}#ec2-18",
    tags=("fsbp:EC2.18",),
    options={
        "ports": {
            "type": "array",
            "items": {"type": "string"},
            "default": ["80", "443"],
            "description": "Ports that may be open to everybody.",
        }
    },
)(_check_unexpected)


@aws_rule(
    "aws-ec2-open-egress",
    *GROUPS,
    *RULES_OUT,
    title="A security group says where its members may go.",
    severity=Severity.LOW,
    rationale="With every port to everywhere, what was stolen leaves unseen, and an intruder fetches his tools.",
    fix="Name the ports and networks; the golden paths' groups only reach each other.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    framework=None,
)
def open_egress(resource: Resource, _options: Options) -> Iterator[Problem]:
    for opening in openings(resource, "egress"):
        unknown = any(each.value is UNKNOWN for each in opening.undecided)
        if unknown or len(opening.ports) >= LARGEST:  # nothing answers on port 0
            for address in opening.anywhere():
                yield address.problem(
                    "opens every port to everywhere; name ports and networks", resource.root.get("type"), *opening.undecided
                )


@aws_stack_rule(
    "aws-ec2-default-security-group",
    title="The default security group of a VPC lets nothing through.",
    severity=Severity.MEDIUM,
    rationale="Whatever is made without a group gets this one, and would be reached and reach by accident.",
    fix="Add a DefaultSecurityGroup, leave its ingress and egress empty, and give everything a group of its own.",
    source=f"{CONTROLS}#ec2-2",
    tags=("fsbp:EC2.2",),
)
def default_security_group(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for group in stack.of(DEFAULT):
        for entries in (group.root.get("ingress"), group.root.get("egress")):
            if entries.value not in (None, []):
                yield group, entries.problem("lets traffic through; leave it empty")
    for vpc in stack.of("ec2/Vpc"):
        found = companions(stack, vpc, (DEFAULT,), "vpcId")
        if not found.certain:
            yield vpc, vpc.root.problem("leaves its default security group as AWS makes it; add a DefaultSecurityGroup", *found.possible)
    yield from _beside_default(stack)


def _beside_default(stack: Stack) -> Iterator[tuple[Resource, Problem]]:
    """The rules that stand beside a default group, or may turn out to: each names what it was made after."""
    groups = [(group, group.root.get("id").value) for group in stack.of(DEFAULT)]
    groups += [(vpc, vpc.root.get("defaultSecurityGroupId").value) for vpc in stack.of(*VPCS)]
    owners, known = {owner.urn for owner, _ in groups}, [name for _, name in groups if isinstance(name, str)]
    for rule in stack.of(*BESIDE):
        named = rule.root.get("securityGroupId")
        possible = named.value is UNKNOWN and not owners.isdisjoint(rule.dependencies or owners)
        if possible or named.value in known:
            yield rule, named.problem("is the default group of a VPC; name a group of its own")


@aws_stack_rule(
    "aws-ec2-network-acl",
    title="A network ACL doesn't let the internet to SSH and RDP.",
    severity=Severity.MEDIUM,
    rationale="It is the wall behind the security groups, for the day on which one of them is wrong.",
    fix="Name the networks that administrators come from, or deny ports 22 and 3389 with a lower number.",
    source=f"{CONTROLS}#ec2-21",
    tags=("fsbp:EC2.21",),
)
def network_acl(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    acl_of = _acls(stack)
    entries = [(resource, entry) for resource in stack.of(*ACLS) for entry in acl_entries(resource)]
    for resource, entry in entries:
        ports = [port for port in SSH_RDP if entry.allows and entry.may_open((port,))]
        for address in entry.anywhere() if ports else ():
            others = [(same(acl_of[id(resource)], acl_of[id(where)]), other) for where, other in entries]
            denied = [_is_denied(entry, address, port, others) for port in ports]
            if not all(denied):
                unknown = [] if False in denied else [Field(UNKNOWN)]
                message = "lets everybody to SSH or RDP; name the networks of administrators"
                yield resource, address.problem(message, *entry.decisive, *unknown)


def _acls(stack: Stack) -> dict[int, Any]:
    """What tells the ACL that a resource belongs to, by the resource's `id()`; unknown where nobody knows it yet."""
    found = {id(rule): rule.root.get("networkAclId").value for rule in stack.of("ec2/NetworkAclRule")}
    for acl in stack.of("ec2/NetworkAcl", "ec2/DefaultNetworkAcl"):
        found[id(acl)] = id(acl)
    for acl in stack.of("ec2/NetworkAcl"):
        found |= {id(rule): id(acl) for rule in companions(stack, acl, ("ec2/NetworkAclRule",), "networkAclId").certain}
    return found


def _is_denied(entry: AclEntry, address: Field, port: int, others: list[tuple[bool | None, AclEntry]]) -> bool | None:
    """Whether another entry, if it is of the same ACL, denies a port to an address before this one would let it in."""
    return some(every((is_same, other.denies_before(entry, address, port))) for is_same, other in others)


RULES = (open_administration, open_database, open_prefix_list, open_port, open_egress, default_security_group, network_acl)
