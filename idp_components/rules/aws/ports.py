"""Ports and addresses: what the entries of security groups and network ACLs open, in each of their spellings."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource
from idp_components.rules.selectors import every
from idp_components.rules.values import is_true, number, one_or_many

LARGEST = 65_535
NUMBERS: Mapping[str, str] = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
"""Protocols by their number (IANA, "Assigned Internet Protocol Numbers")."""
WITH_PORTS = ("tcp", "udp", "all")
OPEN_V4, OPEN_V6 = 8, 32
"""Prefix lengths below which a public range is as good as everybody; two halves of the internet are /1 each."""
UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")
"""Addresses that are not routed on the internet (RFC 4193)."""
ADDRESSES = ("cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6", "cidrBlock", "ipv6CidrBlock", "cidrs", "ipv6Cidrs")


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

    @property
    def prefix_lists(self) -> list[Field]:
        """The lists of networks that it names."""
        return [each for name in ("prefixListIds", "prefixListId") for each in one_or_many(self.field.get(name))]


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


def encloses(outer: object, inner: object) -> bool:
    """Whether one address range has all of another one."""
    try:
        networks = [ipaddress.ip_network(each if isinstance(each, str) else "", strict=False) for each in (outer, inner)]
    except ValueError:
        return False
    return networks[0].version == networks[1].version and networks[1].subnet_of(networks[0])  # type: ignore[arg-type]


GROUPS = ("ec2/SecurityGroup", "ec2/DefaultSecurityGroup")
LIGHTSAIL = "lightsail/InstancePublicPorts"
RULES_IN = ("ec2/SecurityGroupRule", "vpc/SecurityGroupIngressRule", LIGHTSAIL)
RULES_OUT = ("ec2/SecurityGroupRule", "vpc/SecurityGroupEgressRule")
ACLS = ("ec2/NetworkAcl", "ec2/DefaultNetworkAcl", "ec2/NetworkAclRule")


def openings(resource: Resource, direction: str) -> Iterator[Opening]:
    """What a security group, or a rule of one, opens: direction is `ingress` or `egress`."""
    if resource.aws in GROUPS:
        yield from (Opening(each) for each in one_or_many(resource.root.get(direction)))
    elif resource.aws == "ec2/SecurityGroupRule":
        if resource.root.get("type").value in (direction, UNKNOWN):
            yield Opening(resource.root)
    elif resource.aws == LIGHTSAIL and direction == "ingress":
        yield from (Opening(each) for each in resource.root.get("portInfos").items())
    elif resource.aws == f"vpc/SecurityGroup{direction.capitalize()}Rule":
        yield Opening(resource.root)


@dataclass(frozen=True)
class AclEntry(Opening):
    """One numbered entry of a network ACL about what comes in. Of those that fit, the lowest number decides."""

    def _first_set(self, *names: str) -> Field:
        return next((found for name in names if (found := self.field.get(name)).value is not None), self.field.get(names[0]))

    @property
    def _action(self) -> Field:
        return self._first_set("action", "ruleAction")

    @property
    def _number(self) -> Field:
        return self._first_set("ruleNo", "ruleNumber")

    @property
    def allows(self) -> bool:
        """Whether it lets in, or may do so."""
        return not (isinstance(self._action.value, str) and self._action.value.lower() == "deny")

    @property
    def decisive(self) -> list[Field]:
        """What decides whether it lets something in."""
        return [self._action, self.field.get("egress"), *self.undecided]

    def denies_before(self, other: AclEntry, address: Field, port: int) -> bool | None:
        """Whether it keeps an address from a port of TCP before another entry lets it in; none as long as nobody knows."""
        numbers = (self._number, other._number)
        own, later = (number(each.value) for each in numbers)
        networks = [network for name in ADDRESSES for network in one_or_many(self.field.get(name))]
        is_of_it = self.protocol in ("all", other.protocol) or (self.protocol == "tcp" and other.protocol == "all")
        return every(
            (
                _known(not self.allows, self._action, self.field.get("egress")),
                _known(own is not None and later is not None and own < later, *numbers),
                _known(is_of_it and port in self.ports, *self.undecided, other._protocol),
                _known(any(encloses(network.value, address.value) for network in networks), address, *networks),
            )
        )


def _known(verdict: bool, *decisive: Field) -> bool | None:
    return None if any(field.value is UNKNOWN for field in decisive) else verdict


def acl_entries(resource: Resource) -> Iterator[AclEntry]:
    """The entries of a network ACL about what comes in, or the one that a resource of its own is."""
    if resource.aws != "ec2/NetworkAclRule":
        yield from (AclEntry(each) for each in resource.root.get("ingress").items())
    elif not is_true(resource.root.get("egress").value):
        yield AclEntry(resource.root)
