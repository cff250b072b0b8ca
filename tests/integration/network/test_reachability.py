"""Who reaches whom in the shop, as it would be applied: what `idp graph` shows, and nothing more."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from integration.network.judge import Peer, Traffic, reached
from integration.network.world import declared_ways, open_ways

from idp_components.graph import graph
from idp_components.render import declared, render

STACKS = ("catalog-dev", "checkout-dev", "storefront-dev")


@cache
def rendered() -> list[dict[str, Any]]:
    return [manifest for stack in ("platform-dev", *STACKS) for manifest in render(stack)]


@cache
def drawn() -> dict[str, Any]:
    return graph(declared(stack)[1] for stack in STACKS).plain()


def test_what_is_open_is_what_is_declared() -> None:
    found = open_ways(rendered())
    assert sorted(map(str, found)) == sorted(map(str, declared_ways(rendered(), drawn())))
    assert len(found) > 40


@pytest.mark.parametrize("name", ["default-deny", "adservice", "emailservice", "frontend", "checkoutservice-to-paymentservice"])
def test_no_policy_is_superfluous(name: str) -> None:
    without = [each for each in rendered() if (each["kind"], each["metadata"]["name"]) != ("NetworkPolicy", name)]
    assert open_ways(without) != declared_ways(rendered(), drawn())


def test_a_rule_that_opens_too_much_shows() -> None:
    objects = copy.deepcopy(rendered())
    policy = next(each for each in objects if (each["kind"], each["metadata"]["name"]) == ("NetworkPolicy", "paymentservice"))
    policy["spec"]["ingress"].append(
        {"from": [{"namespaceSelector": {"matchLabels": {"idp/team": "storefront", "idp/environment": "dev"}}}]}
    )
    assert open_ways(objects) == declared_ways(objects, drawn())  # a team's pods still have no way out to it
    policy["spec"]["ingress"].append({"from": [{"namespaceSelector": {}}]})
    more = {str(way) for way in open_ways(objects) - declared_ways(objects, drawn())}
    assert "another team → checkout/paymentservice:50051/TCP" in more
    assert not {way for way in more if "→ checkout/paymentservice" not in way}


SHOP, OTHER = Peer("a", "shop", {"app": "a"}, {"room": "shop"}, {(80, "TCP"): "web"}), Peer("b", "other", {"app": "b"}, {"room": "other"})
INSIDE = Peer("c", "shop", {"app": "c"}, {"room": "shop"})
ADDRESS = Peer("outside", ip="203.0.113.7")


def ingress(*rules: Any, **spec: Any) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"], "ingress": list(rules), **spec}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec}


def who(*policies: dict[str, Any], port: int = 80) -> str:
    """Who of the three reaches the shop's pod."""
    return "".join(
        sorted(way.source.name[0] for way in reached(policies, [Traffic(peer, SHOP, port) for peer in (OTHER, INSIDE, ADDRESS)]))
    )


POD, ROOM = {"podSelector": {"matchLabels": {"app": "b"}}}, {"namespaceSelector": {"matchLabels": {"room": "other"}}}
EVERY_ROOM = {"namespaceSelector": {}}


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], "bco"),
        ([ingress()], ""),
        ([ingress({})], "bco"),
        ([ingress({"from": [{"podSelector": {}}]})], "c"),
        ([ingress({"from": [ROOM]})], "b"),
        ([ingress({"from": [POD]})], ""),
        ([ingress({"from": [{**ROOM, **POD}]})], "b"),
        ([ingress({"from": [{**ROOM, "podSelector": {"matchLabels": {"app": "c"}}}]})], ""),
        ([ingress({"from": [ROOM, {"podSelector": {"matchLabels": {"app": "c"}}}]})], "bc"),
        ([ingress({"from": [EVERY_ROOM]})], "bc"),
        ([ingress({"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]})], "o"),
        ([ingress({"from": [{"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.0/28"]}}]})], ""),
        ([ingress({"from": [EVERY_ROOM], "ports": [{"port": "web"}]})], "bc"),
        ([ingress({"from": [EVERY_ROOM], "ports": [{"port": "other"}]})], ""),
        ([ingress({"from": [EVERY_ROOM], "ports": [{"port": 80, "protocol": "UDP"}]})], ""),
        ([ingress({"from": [EVERY_ROOM], "ports": [{"port": 1, "endPort": 100}]})], "bc"),
        ([ingress(), ingress({"from": [ROOM]})], "b"),
        ([ingress(podSelector={"matchLabels": {"app": "another"}})], "bco"),
        ([ingress(policyTypes=["Egress"], egress=[])], "bco"),
    ],
    ids=lambda value: None if isinstance(value, list) else value or "nobody",
)
def test_the_judge_reads_policies_as_kubernetes_documents_them(policies: list[dict[str, Any]], expected: str) -> None:
    assert who(*policies) == expected
