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
"""More ports than this, in one range or in several, are no choice of ports."""
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""A label that Kubernetes gives to every namespace."""


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
    types = list(spec.get("policyTypes").items())
    kinds = {kind.value for kind in types if kind.value is UNKNOWN or isinstance(kind.value, str)}
    if not types or kinds & {"Ingress", UNKNOWN}:
        for rule in spec.get("ingress").items():
            yield from _open(rule, "from", "lets in everybody; name namespaces and pods", *types)
    if not types or kinds & {"Egress", UNKNOWN}:
        for rule in spec.get("egress").items():
            ports = list(rule.get("ports").items())
            if not _are_choice(ports):
                decisive = (port.get(key) for port in ports for key in ("port", "endPort"))
                yield from _open(rule, "to", "leads everywhere on every port; name the peers, or the ports", *types, *decisive)


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
    labels, *expressions = _parts(selector)
    return labels.value in (None, {}, UNKNOWN) and all(part.value in ("Exists", NAMESPACE_NAME, UNKNOWN) for part in expressions)


def _parts(selector: Field) -> list[Field]:
    """What decides whom it selects: its labels, and each expression's key and operator."""
    expressions = selector.get("matchExpressions").items()
    return [selector.get("matchLabels"), *(each.get(name) for each in expressions for name in ("key", "operator"))]


def _is_wide(cidr: object) -> bool:
    try:
        return ip_network(str(cidr).strip(), strict=False).prefixlen <= WIDEST_PREFIX
    except ValueError:
        return False


def _are_choice(ports: list[Field]) -> bool:
    """Whether these leave out ports."""
    if not ports or any(port.get("port").value in (None, UNKNOWN) or port.get("endPort").value is UNKNOWN for port in ports):
        return False
    ends = ((number(port.get("port").value), number(port.get("endPort").value)) for port in ports)
    return sum(last - first for first, last in ends if first is not None and last is not None) < ALL_PORTS


RULES = (network_policy_open,)
