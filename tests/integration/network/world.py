"""Who could talk to whom: every workload of some objects, strangers, and addresses outside, on every port that anything listens on."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from integration.network.judge import Peer, Traffic, reached

from idp_components.core import labels
from idp_components.service.network import NAMESPACE_NAME

DNS_PORTS = {(53, "UDP"): "dns", (53, "TCP"): "dns-tcp"}
PUBLIC = Peer("the internet", ip="1.1.1.1")
PRIVATE = [Peer(ip, ip=ip) for ip in ("10.1.2.3", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1")]
"""A VPC, a carrier's network, a node's metadata, and two networks at home."""
CURIOUS_PORTS = (22, 53, 80, 443, 6443)
"""Ports that are tried beside those that pods declare."""


def stranger(name: str, namespace: str, pod: Mapping[str, str] | None = None, room: Mapping[str, str] | None = None, **more: Any) -> Peer:
    """A pod in a namespace that the objects don't have."""
    return Peer(name, namespace, pod or {}, {NAMESPACE_NAME: namespace, **(room or {})}, **more)


DNS = stranger("dns", "kube-system", {"k8s-app": "kube-dns"}, ports=DNS_PORTS)
INGRESS = stranger("the way in", "ingress")
STRANGERS = [
    DNS,
    INGRESS,
    stranger("another pod of the system", "kube-system"),
    stranger("prometheus", "monitoring"),
    stranger("a namespace of nobody", "default"),
    stranger("another team", "stranger-dev", room={labels.TEAM: "stranger", labels.ENVIRONMENT: "dev"}),
    stranger(
        "the same team in another environment",
        "storefront-staging",
        {labels.NAME: "frontend"},
        {labels.TEAM: "storefront", labels.ENVIRONMENT: "staging"},
        ports={(8080, "TCP"): "main"},
    ),
    stranger("a pod that calls itself frontend", "default", {labels.NAME: "frontend"}, ports={(8080, "TCP"): "main"}),
]


def pods(objects: Iterable[Mapping[str, Any]]) -> list[Peer]:
    """The pods that objects make, one for each workload; named `team/workload` as the graph's nodes are."""
    known = list(objects)
    rooms = {each["metadata"]["name"]: each["metadata"].get("labels", {}) for each in known if each["kind"] == "Namespace"}
    found = []
    for each in known:
        template = _template(each)
        if template:
            namespace, carried = each["metadata"]["namespace"], template["metadata"]["labels"]
            ports = {
                (port["containerPort"], port.get("protocol", "TCP")): port.get("name", "")
                for container in template["spec"]["containers"]
                for port in container.get("ports", ())
            }
            room = {NAMESPACE_NAME: namespace, **rooms[namespace]}
            found.append(Peer(f"{room[labels.TEAM]}/{carried[labels.NAME]}", namespace, carried, room, ports))
    return found


def _template(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    spec = manifest.get("spec", {})
    found: Mapping[str, Any] | None = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    return found if found and "containers" in found.get("spec", {}) else None


def open_ways(objects: Sequence[Mapping[str, Any]]) -> set[Traffic]:
    """Every way that the NetworkPolicies of objects leave open from or to a pod in one of their namespaces."""
    declared = pods(objects)
    rooms = {pod.namespace: pod.namespace_labels for pod in declared}
    inside = [*declared, *(Peer(f"a pod that nobody declared in {room}", room, {}, carried) for room, carried in rooms.items())]
    everybody = [*inside, *STRANGERS, PUBLIC, *PRIVATE]
    ports = sorted({port for peer in everybody for port, _ in peer.ports} | {*CURIOUS_PORTS})
    ways = [
        Traffic(source, target, port, protocol)
        for source, target in itertools.product(everybody, everybody)
        if (source in inside or target in inside) and source != target
        for port in ports
        for protocol in ("TCP", "UDP")
    ]
    return reached([each for each in objects if each["kind"] == "NetworkPolicy"], ways)


def declared_ways(objects: Sequence[Mapping[str, Any]], graph: Mapping[str, Any]) -> set[Traffic]:
    """The ways that a graph's connections stand for, beside DNS and the way in from outside."""
    inside = pods(objects)
    kinds = {node["id"]: node["kind"] for node in graph["nodes"]}
    found = {Traffic(pod, DNS, port, protocol) for pod in inside for port, protocol in DNS_PORTS}
    for edge in [*graph["edges"], *_of_parts(graph, inside)]:
        for source in (pod for pod in inside if pod.name == edge["from"]):
            if any(pod.name == edge["to"] for pod in inside):
                number = int(edge["by"].split()[0])
                found |= {Traffic(source, pod, _container_port(objects, pod, number)) for pod in inside if pod.name == edge["to"]}
            else:
                found.add(Traffic(source, PUBLIC, OUTSIDE[kinds[edge["to"]]]))
    return found | {Traffic(INGRESS, pod, port) for pod in inside for port in _exposed(objects, pod)}


def _of_parts(graph: Mapping[str, Any], inside: Iterable[Peer]) -> Iterator[dict[str, str]]:
    """What the graph doesn't show: the Jobs of a database (`products-backup`) reach the database that they are parts of."""
    ports = {edge["to"]: edge["by"] for edge in graph["edges"]}
    nodes = [node["id"] for node in graph["nodes"]]
    for pod in inside:
        if pod.name not in nodes:
            whole = next(node for node in nodes if pod.name.startswith(f"{node}-"))
            yield {"from": pod.name, "to": whole, "by": ports[whole]}


OUTSIDE = {"Queue": 443, "Topic": 443, "Bucket": 443}
"""Ports of the kinds that no pod of the cluster answers for."""


def _container_port(objects: Iterable[Mapping[str, Any]], pod: Peer, number: int) -> int:
    """Where traffic to a port of the pod's Service arrives."""
    (service,) = (each for each in objects if each["kind"] == "Service" and _leads_to(each, pod))
    (wanted,) = (port["targetPort"] for port in service["spec"]["ports"] if port["port"] == number)
    return next(port for (port, _), name in pod.ports.items() if wanted in (port, name))


def _leads_to(service: Mapping[str, Any], pod: Peer) -> bool:
    return service["metadata"]["namespace"] == pod.namespace and service["spec"]["selector"].items() <= pod.labels.items()


def _exposed(objects: Iterable[Mapping[str, Any]], pod: Peer) -> list[int]:
    """The container's ports that an Ingress leads to."""
    known = list(objects)
    backends = [
        (each["metadata"]["namespace"], path["backend"]["service"])
        for each in known
        if each["kind"] == "Ingress"
        for rule in each["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
    return [
        _container_port(known, pod, port["port"])
        for namespace, backend in backends
        for service in known
        if service["kind"] == "Service" and (service["metadata"]["namespace"], service["metadata"]["name"]) == (namespace, backend["name"])
        if _leads_to(service, pod)
        for port in service["spec"]["ports"]
        if port["name"] == backend["port"]["name"]
    ]
