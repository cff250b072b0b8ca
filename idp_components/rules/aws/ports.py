"""Ports and addresses: what the entries of security groups and network ACLs open, in each of their spellings."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource
from idp_components.rules.values import is_true, number, one_or_many

LARGEST = 65_535
NUMBERS: Mapping[str, str] = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
"""Protocols by their number (IANA, "Assigned Internet Protocol Numbers")."""
WITH_PORTS = ("tcp", "udp", "all")
OPEN_V4, OPEN_V6 = 8, 32
"""Prefix lengths below which a public range is as good as everybody; two halves of the internet are /1 each."""
UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")
"""Addresses that are not routed on the internet (RFC 4193)."""
ADDRESSES = ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6", "cidrBlock", "ipv6CidrBlock")


@dataclass(frozen=True)
class Opening:
    """One entry: a protocol, its ports, and from where or to where."""

    field: Field

    @property
    def _protocol(self) -> Field:
        named = self.field.get("ipProtocol")
        return self.field.get("protocol") if named.value is None else named

    @property
    def protocol(self) -> str:
        """`tcp`, `udp`, `all` and so on; empty where it is unknown."""
        value = self._protocol.value
        number_of = whole(value)
        text = str(value).strip().lower() if number_of is None and isinstance(value, str) else str(number_of)
        return NUMBERS.get(text, text)

    @property
    def ports(self) -> range:
        """The ports that it opens, of a protocol that has some."""
        start, end = (whole(self.field.get(name).value) for name in ("fromPort", "toPort"))
        if self.protocol == "all" or start is None or start < 0:
            return range(LARGEST + 1) if self.protocol in WITH_PORTS else range(0)
        return range(start, (start if end is None else end) + 1) if self.protocol in WITH_PORTS else range(0)

    @property
    def undecided(self) -> list[Field]:
        """What decides about ports."""
        return [self._protocol, self.field.get("fromPort"), self.field.get("toPort")]

    def may_open(self, ports: tuple[int, ...] | range) -> bool:
        """Whether it opens one of some ports, or may do so once unknown values are known."""
        return any(each.value is UNKNOWN for each in self.undecided) or any(port in self.ports for port in ports)

    def anywhere(self) -> Iterator[Field]:
        """The addresses that mean everybody, or may turn out to."""
        for name in ADDRESSES:
            for address in one_or_many(self.field.get(name)):
                if address.value is UNKNOWN or is_everybody(address.value):
                    yield address


def whole(value: object) -> int | None:
    """A whole number, also as text."""
    amount = number(value)
    return int(amount) if amount is not None and math.isfinite(amount) else None


def is_everybody(address: object) -> bool:
    """Whether an address range is the internet, or a great part of it."""
    try:
        network = ipaddress.ip_network(address if isinstance(address, str) else "", strict=False)
    except ValueError:
        return False
    if isinstance(network, ipaddress.IPv6Network):
        return network.prefixlen < OPEN_V6 and not network.subnet_of(UNIQUE_LOCAL)
    return network.prefixlen < OPEN_V4


GROUPS = ("ec2/SecurityGroup", "ec2/DefaultSecurityGroup")
RULES_IN = ("ec2/SecurityGroupRule", "vpc/SecurityGroupIngressRule")
RULES_OUT = ("ec2/SecurityGroupRule", "vpc/SecurityGroupEgressRule")
ACLS = ("ec2/NetworkAcl", "ec2/DefaultNetworkAcl", "ec2/NetworkAclRule")


def openings(resource: Resource, direction: str) -> Iterator[Opening]:
    """What a security group, or a rule of one, opens: direction is `ingress` or `egress`."""
    if resource.aws in GROUPS:
        yield from (Opening(each) for each in one_or_many(resource.root.get(direction)))
    elif resource.aws == "ec2/SecurityGroupRule":
        if resource.root.get("type").value in (direction, UNKNOWN):
            yield Opening(resource.root)
    elif resource.aws == f"vpc/SecurityGroup{direction.capitalize()}Rule":
        yield Opening(resource.root)


def acl_openings(resource: Resource) -> Iterator[Opening]:
    """What a network ACL lets in."""
    if resource.aws != "ec2/NetworkAclRule":
        yield from (Opening(each) for each in resource.root.get("ingress").items() if _allows(each.get("action")))
    elif not is_true(resource.root.get("egress").value) and _allows(resource.root.get("ruleAction")):
        yield Opening(resource.root)


def _allows(action: Field) -> bool:
    return not (isinstance(action.value, str) and action.value.lower() == "deny")
