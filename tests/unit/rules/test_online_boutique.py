"""The public manifests of Online Boutique v0.10.6, as facts: what the rules find in them is what a reviewer would say.

github.com/GoogleCloudPlatform/microservices-demo, release/kubernetes-manifests.yaml: hardened by its authors, but not everywhere.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from idp_components.rules import ALL, Resource
from idp_components.rules.judging import Report, Settings, judge
from idp_components.rules.kubernetes import pod_security_baseline, pod_security_restricted
from idp_components.rules.sources import Document, Target

REGISTRY = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"
SERVERS = {
    "frontend": (8080, 80, "100m", "200m", "64Mi", "128Mi"),
    "adservice": (9555, 9555, "200m", "300m", "180Mi", "300Mi"),
    "currencyservice": (7000, 7000, "100m", "200m", "64Mi", "128Mi"),
    "cartservice": (7070, 7070, "200m", "300m", "64Mi", "128Mi"),
    "recommendationservice": (8080, 8080, "100m", "200m", "220Mi", "450Mi"),
    "checkoutservice": (5050, 5050, "100m", "200m", "64Mi", "128Mi"),
    "emailservice": (8080, 5000, "100m", "200m", "64Mi", "128Mi"),
    "paymentservice": (50051, 50051, "100m", "200m", "64Mi", "128Mi"),
    "shippingservice": (50051, 50051, "100m", "200m", "64Mi", "128Mi"),
    "productcatalogservice": (3550, 3550, "100m", "200m", "64Mi", "128Mi"),
}
"""Port, port of the Service, then requests and limits of cpu and memory."""
POD = {"securityContext": {"fsGroup": 1000, "runAsGroup": 1000, "runAsNonRoot": True, "runAsUser": 1000}}
CONTAINER = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }
}
DEPLOYMENTS = {f"Deployment {name}" for name in (*SERVERS, "redis-cart", "loadgenerator")}


def manifests() -> Iterator[dict[str, Any]]:
    for name, (port, service_port, *amounts) in SERVERS.items():
        probe: dict[str, Any] = {"httpGet": {"path": "/_healthz", "port": port}} if name == "frontend" else {"grpc": {"port": port}}
        yield deployment(name, container("server", f"{REGISTRY}/{name}:v0.10.6", amounts, port, probe), serviceAccountName=name)
        yield service(name, name, service_port, port)
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    yield service("frontend-external", "frontend", 80, 8080, type="LoadBalancer")
    redis = container("redis", "redis:alpine", ("70m", "125m", "200Mi", "256Mi"), 6379, {"tcpSocket": {"port": 6379}})
    redis["volumeMounts"] = [{"mountPath": "/data", "name": "redis-data"}]
    yield deployment("redis-cart", redis, volumes=[{"name": "redis-data", "emptyDir": {}}])
    yield service("redis-cart", "redis-cart", 6379, 6379)
    load = container("main", f"{REGISTRY}/loadgenerator:v0.10.6", ("300m", "500m", "256Mi", "512Mi"))
    digest = "sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d"
    check = {"name": "frontend-check", "image": f"busybox:1.38.0@{digest}", **CONTAINER}
    yield deployment("loadgenerator", load, serviceAccountName="loadgenerator", restartPolicy="Always", initContainers=[check])
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "loadgenerator"}}


def container(name: str, image: str, amounts: Any, port: int = 0, probe: Any = None) -> dict[str, Any]:
    cpu, cpu_limit, memory, memory_limit = amounts
    resources = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu_limit, "memory": memory_limit}}
    server = {"ports": [{"containerPort": port}], "readinessProbe": probe, "livenessProbe": probe} if port else {}
    return {"name": name, "image": image, "resources": resources, **CONTAINER, **server}


def deployment(name: str, *containers: dict[str, Any], **pod: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {**POD, **pod, "containers": list(containers)}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def service(name: str, app: str, port: int, target: int, type: str = "ClusterIP") -> dict[str, Any]:
    spec = {"type": type, "selector": {"app": app}, "ports": [{"port": port, "targetPort": target}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


EXPECTED = {
    # No pod and no container names a profile.
    "kubernetes-seccomp-profile": DEPLOYMENTS,
    # The service accounts are their own, but the tokens are mounted although no service calls the API server.
    "kubernetes-service-account-token": DEPLOYMENTS,
    # The init container that waits for the frontend was forgotten.
    "kubernetes-resource-requests": {"Deployment loadgenerator"},
    "kubernetes-memory-limit": {"Deployment loadgenerator"},
    "kubernetes-default-namespace": {
        f"{manifest['kind']} {manifest['metadata']['name']}"
        for manifest in manifests()  # written for `kubectl apply` into whatever namespace is current
    },
}
CONTENT = {
    *(rule.id for rule in (*pod_security_baseline.RULES, *pod_security_restricted.RULES)),
    "kubernetes-image-tag",  # redis:alpine moves, but is a tag; busybox has a digest
    "kubernetes-read-only-root-filesystem",
}
"""Rules that find nothing: what the authors have done well is not held against them."""


def report() -> Report:
    documents = [Document("kubernetes-manifests.yaml", Resource.from_manifest(manifest)) for manifest in manifests()]
    return judge([Target("boutique", documents)], Settings(), datetime(2026, 11, 1, tzinfo=UTC))


def test_the_findings_are_those_that_a_reviewer_would_name() -> None:
    found: dict[str, set[str]] = {}
    for judgement in report().judgements:
        found.setdefault(judgement.finding.rule.id, set()).add(judgement.finding.resource.label)
    assert {rule: found.get(rule, set()) for rule in EXPECTED} == EXPECTED
    assert (CONTENT - EXPECTED.keys()) & found.keys() == set()


def test_nothing_is_undecided_in_plain_manifests() -> None:
    assert report().undecided == []


def test_every_rule_named_here_exists() -> None:
    assert (EXPECTED.keys() | CONTENT) - {rule.id for rule in ALL} == set()
