"""Who may reach a workload, whom it may reach, and how it is reached from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idp_components.core import labels, naming
from idp_components.core.connection import Connection
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.spec import SpecError
from idp_components.service.observability import METRICS_PORT_NAME, extra_port
from idp_components.service.pod import PORT_NAME, metadata
from idp_components.service.spec import Expose, ServiceSpec

APP_PROTOCOL = {"http": "http", "grpc": "kubernetes.io/h2c", "tcp": "tcp"}
"""`appProtocol` of a Service's port, by health check; the port's name is the check's own, which service meshes read too."""
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Label that every namespace carries with its own name (Kubernetes, "Well-Known Labels")."""
DNS = {
    "to": [
        {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    ],
    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
}


def network_policy(
    name: str, context: Context, component: str, *, uses: Sequence[Connection], ingress: Sequence[dict[str, Any]] = ()
) -> Manifest:
    """All traffic of the workload is denied but DNS, what `ingress` lets in, and its connections."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, name, context, component),
        "spec": {
            "podSelector": {"matchLabels": {labels.NAME: name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": list(ingress),
            "egress": [DNS, *(_egress(use, context) for use in uses if use.port is not None), *_outside(uses)],
        },
    }


def ingress_rules(spec: ServiceSpec, context: Context) -> list[dict[str, Any]]:
    """What a service lets in beside the connections of its own team: allowed teams, the way from outside, and Prometheus."""
    rules = [_admitted(team, context) for team in spec.allow_from]
    if spec.expose:
        rules.append(_from({NAMESPACE_NAME: context.cluster.ingress_namespace}))
    if spec.metrics and context.profile.scrape != "none":
        rules.append(
            _from({NAMESPACE_NAME: context.cluster.monitoring_namespace}, port=METRICS_PORT_NAME if extra_port(spec) else PORT_NAME)
        )
    return rules


def connection_policies(name: str, context: Context, component: str, uses: Sequence[Connection]) -> list[Manifest]:
    """One policy per connection inside the team: it opens the provider's pods for this workload alone. And its security groups."""
    opened: list[Manifest] = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata(f"{name}-to-{provider}", name, context, component),
            "spec": {
                **_pods_of(use),
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"podSelector": {"matchLabels": {labels.NAME: name}}}], "ports": _ports_of(use)}],
            },
        }
        for provider, use in {use.name: use for use in uses if use.team == context.team and use.port is not None}.items()
    ]
    return [*opened, *_security_groups(name, context, component, uses)]


def service(name: str, spec: ServiceSpec, context: Context, component: str) -> Manifest:
    """The stable address of the pods."""
    main = {"name": spec.health.kind, "port": spec.ports.service, "targetPort": PORT_NAME, "appProtocol": APP_PROTOCOL[spec.health.kind]}
    extra = [{"name": port["name"], "port": port["containerPort"], "targetPort": port["name"]} for port in extra_port(spec)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, name, context, component),
        "spec": {"selector": labels.selector(name, component), "ports": [main, *extra]},
    }


def route(name: str, spec: ServiceSpec, context: Context, component: str) -> list[Manifest]:
    """The way in from outside: an Ingress, or a route of the Gateway API. Raises SpecError for gRPC through an Ingress."""
    if spec.expose is None:
        return []
    described = metadata(name, name, context, component)
    host = _public_host(name, spec.expose, context)
    if context.cluster.routing == "gateway":
        return [_gateway_route(name, spec, spec.expose, host, described, context)]
    if spec.health.kind == "grpc":
        raise SpecError(
            f"{context.team}.{name}.expose: gRPC can't be exposed through an Ingress in a portable way; "
            "use a cluster with the Gateway API (config idp:routing: gateway), or expose an HTTP service in front of it"
        )
    return [_ingress(name, spec, spec.expose, host, described, context)]


def public_url(name: str, expose: Expose, context: Context) -> str:
    """URL of an exposed service."""
    return f"https://{_public_host(name, expose, context)}{expose.path}"


def _public_host(name: str, expose: Expose, context: Context) -> str:
    return expose.host or naming.public_host(name, context.team, context.environment, context.cluster.domain)


def _ingress(name: str, spec: ServiceSpec, expose: Expose, host: str, described: dict[str, Any], context: Context) -> Manifest:
    backend = {"service": {"name": name, "port": {"name": spec.health.kind}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {**described, "annotations": {"cert-manager.io/cluster-issuer": context.cluster.tls_issuer}},
        "spec": {
            "ingressClassName": context.cluster.ingress_class,
            "tls": [{"hosts": [host], "secretName": naming.child(name, "tls")}],
            "rules": [{"host": host, "http": {"paths": [{"path": expose.path, "pathType": "Prefix", "backend": backend}]}}],
        },
    }


def _gateway_route(name: str, spec: ServiceSpec, expose: Expose, host: str, described: dict[str, Any], context: Context) -> Manifest:
    rule: dict[str, Any] = {"backendRefs": [{"name": name, "port": spec.ports.service}]}
    if spec.health.kind != "grpc":
        rule["matches"] = [{"path": {"type": "PathPrefix", "value": expose.path}}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GRPCRoute" if spec.health.kind == "grpc" else "HTTPRoute",
        "metadata": described,
        "spec": {
            "parentRefs": [{"name": context.cluster.gateway, "namespace": context.cluster.ingress_namespace, "sectionName": "https"}],
            "hostnames": [host],
            "rules": [rule],
        },
    }


def _security_groups(name: str, context: Context, component: str, uses: Sequence[Connection]) -> list[Manifest]:
    """Security groups that the pods join for what their connections reach in the VPC (EKS, "Assign security groups to individual Pods")."""
    groups = list(dict.fromkeys(group for use in uses for group in use.security_groups))
    if not groups:
        return []
    context.cluster.needed(f"{context.team}.{name}.uses", "cluster_security_group")
    return [
        {
            "apiVersion": "vpcresources.k8s.aws/v1beta1",
            "kind": "SecurityGroupPolicy",
            "metadata": metadata(name, name, context, component),
            "spec": {
                "podSelector": {"matchLabels": {labels.NAME: name}},
                "securityGroups": {"groupIds": [context.cluster.cluster_security_group, *groups]},
            },
        }
    ]


def _egress(use: Connection, context: Context) -> dict[str, Any]:
    peer = _pods_of(use)
    if use.team != context.team:
        peer["namespaceSelector"] = {"matchLabels": _namespaces_of(use.team, context.environment_of(use.team))}
    return {"to": [peer], "ports": _ports_of(use)}


def _pods_of(use: Connection) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": dict(use.pods or {labels.NAME: use.name})}}


def _ports_of(use: Connection) -> list[dict[str, Any]]:
    return [{"port": use.pod_port or PORT_NAME}]


def _outside(uses: Sequence[Connection]) -> list[dict[str, Any]]:
    """The ways out of the cluster, each once."""
    ways = dict.fromkeys(way for use in uses for way in use.egress)
    return [
        {
            "to": [{"ipBlock": {"cidr": way.cidr, **({"except": list(way.excluding)} if way.excluding else {})}}],
            "ports": [{"port": way.port, "protocol": "TCP"}],
        }
        for way in ways
    ]


def _from(namespace_labels: dict[str, str], port: str = PORT_NAME) -> dict[str, Any]:
    return {"from": [{"namespaceSelector": {"matchLabels": namespace_labels}}], "ports": [{"port": port}]}


def _admitted(team: str, context: Context) -> dict[str, Any]:
    """The pods of a team in the same environment and, where the profile says so, in its ephemeral ones, which use this environment."""
    rule = _from(_namespaces_of(team, context.environment))
    if context.profile.admits_previews:
        ephemeral = {"matchLabels": {labels.TEAM: team}, "matchExpressions": [{"key": labels.EPHEMERAL, "operator": "Exists"}]}
        rule["from"].append({"namespaceSelector": ephemeral})
    return rule


def _namespaces_of(team: str, environment: str) -> dict[str, str]:
    return {labels.TEAM: team, labels.ENVIRONMENT: environment}
