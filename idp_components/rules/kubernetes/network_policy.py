"""Rules about NetworkPolicies that open what they seem to close."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import number

NETWORK_POLICY = ("networking.k8s.io", "NetworkPolicy")
WIDEST_PREFIX = 7
"""Bits of a network that is as good as all: halves and quarters of the internet add up, and 10.0.0.0/8 is still one of ours."""
ALL_PORTS = 65535 // 2
"""More ports in a row than this are no choice of ports."""


@object_rule(
    "kubernetes-network-policy-open",
    {NETWORK_POLICY},
    title="No NetworkPolicy lets in everybody, or out to everywhere.",
    severity=Severity.HIGH,
    rationale="An empty peer, an empty selector of namespaces or 0.0.0.0/0 means all: the policy is there, and closes nothing.",
    fix="Name who may come in by namespace and pod labels, and for the way out the ports too; a golden path does from uses and allow_from.",
    source="https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
)
def network_policy_open(resource: Resource, _options: Options) -> Iterator[Problem]:
    spec = resource.root.get("spec")
    for rule in spec.get("ingress").items():
        yield from _open(rule, "from", "lets in everybody; name namespaces and pods")
    for rule in spec.get("egress").items():
        ports = list(rule.get("ports").items())
        if not ports or not all(_is_choice(port) for port in ports):
            yield from _open(
                rule,
                "to",
                "leads everywhere on every port; name the peers, or the ports",
                *(port.get(key) for port in ports for key in ("port", "endPort")),
            )


def _open(rule: Field, key: str, message: str, *decisive: Field) -> Iterator[Problem]:
    peers = rule.get(key)
    entries = list(peers.items())
    if not entries:
        yield (rule if rule.value == {} else peers).problem(f"is empty and {message}", *decisive)
    for peer in entries:
        block, pods, namespaces = peer.get("ipBlock"), peer.get("podSelector"), peer.get("namespaceSelector")
        if block.value is not None:
            cidr = block.get("cidr")
            if cidr.value is UNKNOWN or _is_wide(cidr.value):
                yield cidr.problem(message, *decisive)
        elif namespaces.value is not None and _selects_all(namespaces) and (pods.value in (None, UNKNOWN) or _selects_all(pods)):
            yield namespaces.problem(message, *decisive, pods, *_parts(namespaces), *_parts(pods))
        elif namespaces.value is None and pods.value is None:
            yield peer.problem(f"is empty and {message}", *decisive)


def _selects_all(selector: Field) -> bool:
    """Whether a selector selects everything, or can't be known not to."""
    if selector.value is UNKNOWN:
        return True
    return all(part.value in (None, {}, [], UNKNOWN) for part in _parts(selector))


def _parts(selector: Field) -> list[Field]:
    return [selector.get(name) for name in ("matchLabels", "matchExpressions")]


def _is_wide(cidr: object) -> bool:
    try:
        return ip_network(str(cidr).strip(), strict=False).prefixlen <= WIDEST_PREFIX
    except ValueError:
        return False


def _is_choice(port: Field) -> bool:
    """Whether this leaves out ports."""
    first, last = number(port.get("port").value), number(port.get("endPort").value)
    if port.get("port").value in (None, UNKNOWN) or port.get("endPort").value is UNKNOWN:
        return False
    return first is None or last is None or last - first < ALL_PORTS


RULES = (network_policy_open,)
