"""Builder: the virtual cluster inside an ephemeral environment's namespace: a release of vcluster's own chart, and the walls around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.core import labels, naming
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.spec import SpecError
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec
from idp_components.service.network import DNS, NAMESPACE_NAME
from idp_components.team.roles import RBAC

CHART, VERSION = "vcluster", "0.30.0"
IMAGE = "loft-sh/vcluster-oss"
"""The build of the control plane that has no commercial parts."""
USER_ID = 12345
"""User of the control plane's processes, as vcluster's page on running without root has it."""
PORT = 8443
"""Port on which the virtual API server answers."""
DNS_PORT = 1053
"""Port of the virtual cluster's CoreDNS, which may not bind 53 without root."""
API_PORTS = (443, 6443)
"""Ports of the host's API server, before and behind its Service."""
TIMEOUT_SECONDS = 300
DOCKER_REGISTRY = "ghcr.io"


def release(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> dict[str, Any]:
    """Properties of `kubernetes:helm.sh/v3:Release`. Raises SpecError where the cluster can't have one."""
    where = context.cluster.vcluster_chart
    if where.startswith("https://"):
        chart: dict[str, Any] = {"chart": CHART, "version": VERSION, "repositoryOpts": {"repo": where}}
    elif where.startswith("oci://"):
        chart = {"chart": f"{where.rstrip('/')}/{CHART}", "version": VERSION}
    else:
        chart = {"chart": where}
    return {
        "name": name,
        "namespace": context.namespace,
        **chart,
        "values": values(name, spec, context),
        "createNamespace": False,
        "timeout": TIMEOUT_SECONDS,
    }


def values(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> dict[str, Any]:
    """Values of the chart. What limits the namespace from outside (quota, defaults, network) is made by the platform, not by the chart."""
    asked, host = spec.virtual_cluster, api_host(name, context)
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsUser": USER_ID, "runAsGroup": USER_ID}
    unprivileged, off, on = {"seccompProfile": {"type": "RuntimeDefault"}}, {"enabled": False}, {"enabled": True}
    return {
        "controlPlane": {
            "distro": {"k8s": {"enabled": True, "image": {"tag": asked.kubernetes}, "securityContext": confined}},
            "proxy": {"extraSANs": [host]},
            "coredns": {"security": {"podSecurityContext": unprivileged}},
            "ingress": {"enabled": True, "host": host, "spec": {"ingressClassName": context.cluster.ingress_class, "tls": []}},
            "statefulSet": {
                "labels": labels.ownership(context),
                "image": {"repository": IMAGE, "tag": VERSION},
                "resources": {
                    "limits": {"memory": f"{asked.memory_limit_mib}Mi"},
                    "requests": {"cpu": "200m", "memory": "256Mi"},
                },
                "security": {
                    "podSecurityContext": {"fsGroup": USER_ID, "runAsNonRoot": True, **unprivileged},
                    "containerSecurityContext": confined,
                },
                "persistence": {"volumeClaim": {"enabled": True, "retentionPolicy": "Delete", "size": f"{asked.storage_gib}Gi"}},
            },
            "advanced": {"defaultImageRegistry": asked.image_registry or ""},
        },
        # What the golden paths make besides pods, services and volumes; rights and defaults stay inside.
        "sync": {"toHost": {"ingresses": on, "networkPolicies": on, "podDisruptionBudgets": on}},
        "policies": {"resourceQuota": off, "limitRange": off, "networkPolicy": off},
        "exportKubeConfig": {"server": f"https://{host}"},
        "telemetry": off,
    }


def api_host(name: str, context: Context) -> str:
    """Host under which the virtual API server answers outside of the cluster."""
    return naming.public_host(name, context.team, context.environment, context.cluster.domain)


def walls(name: str, spec: EphemeralEnvironmentSpec, context: Context, release: str | None = None) -> list[Manifest]:
    """Network policies of the control plane and of what runs inside, and the owner's right to the kubeconfig. Raises SpecError.

    `release` is the name of the Helm release, where it isn't the environment's.
    """
    check(name, spec, context)
    name = release or name
    control_plane, pods = {"app": "vcluster", "release": name}, {"vcluster.loft.sh/managed-by": name}
    outside = ingress_controller(context)
    secret = kubeconfig_secret(name)
    role = naming.child(name, "kubeconfig")
    return [
        _policy(
            naming.child(name, "control-plane"),
            context,
            control_plane,
            ingress=[{"from": [_pods(pods), outside], "ports": [{"port": PORT}]}],
            egress=[DNS, {"ports": [{"port": port} for port in API_PORTS]}, {"to": [_pods(pods)]}],
        ),
        # Everything else that pods inside may do comes from the policies of their golden paths, which are synced to this namespace.
        _policy(
            naming.child(name, "pods"),
            context,
            pods,
            egress=[
                {"to": [_pods(control_plane)], "ports": [{"port": PORT}]},
                {"to": [_pods(_dns(pods))], "ports": [{"port": DNS_PORT, "protocol": protocol} for protocol in ("UDP", "TCP")]},
            ],
        ),
        _policy(
            naming.child(name, "dns"),
            context,
            _dns(pods),
            ingress=[{"from": [_pods(pods)], "ports": [{"port": DNS_PORT, "protocol": protocol} for protocol in ("UDP", "TCP")]}],
            egress=[DNS],
        ),
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "Role",
            "metadata": _metadata(role, context),
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": [secret], "verbs": ["get"]}],
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": _metadata(role, context),
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": spec.owner}],
        },
    ]


def ingress_controller(context: Context) -> dict[str, Any]:
    """Where requests from outside come from."""
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: context.cluster.ingress_namespace}}}


def check(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> None:
    """Raises SpecError where the cluster can't have a virtual cluster, or not this one."""
    place, asked = f"{context.team}.{name}", spec.virtual_cluster
    if context.cluster.routing != "ingress":
        raise SpecError(
            f"{place}.isolation: {spec.isolation!r} is refused: a virtual API server is reached through an Ingress that passes TLS on; "
            "use a cluster with an Ingress controller (config idp:routing: ingress), or isolation='namespace'"
        )
    registry = f"{asked.image_registry or DOCKER_REGISTRY}/"
    if context.cluster.registries and not registry.startswith(context.cluster.registries):
        raise SpecError(
            f"{place}.virtual_cluster.image_registry: {registry[:-1]!r} is not allowed; allowed: {', '.join(context.cluster.registries)}, "
            f"for example image_registry={context.cluster.registries[0].rstrip('/')!r} with a mirror of vcluster's images"
        )
    if asked.storage_gib > context.profile.quota_storage_gib:
        raise SpecError(
            f"{place}.virtual_cluster.storage_gib: {asked.storage_gib} is refused: the namespace has "
            f"{context.profile.quota_storage_gib} GiB in profile {context.profile.environment}, for example storage_gib=5"
        )
    if asked.memory_limit_mib > context.profile.quota_memory_gib * 1024 // 2:
        raise SpecError(
            f"{place}.virtual_cluster.memory_limit_mib: {asked.memory_limit_mib} is refused: the namespace has "
            f"{context.profile.quota_memory_gib} GiB in profile {context.profile.environment}, and the control plane may take half of it, "
            "for example memory_limit_mib=2048"
        )


def kubeconfig_secret(name: str) -> str:
    """Name of the Secret in which vcluster leaves the kubeconfig."""
    return f"vc-{name}"


def kubeconfig(name: str, context: Context) -> Manifest:
    """That Secret, empty: Pulumi makes or takes it, waits until vcluster has filled it, and removes it at the end."""
    described = _metadata(kubeconfig_secret(name), context)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            **described,
            "annotations": {"pulumi.com/waitFor": "jsonpath={.data.config}", "pulumi.com/timeoutSeconds": str(TIMEOUT_SECONDS)},
        },
        "data": None,  # asked for, not said
    }


def _policy(
    name: str, context: Context, selected: Mapping[str, str], *, egress: list[dict[str, Any]], ingress: list[dict[str, Any]] | None = None
) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(name, context),
        "spec": {
            "podSelector": {"matchLabels": dict(selected)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress or [],
            "egress": egress,
        },
    }


def _pods(selected: Mapping[str, str]) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": dict(selected)}}


def _dns(pods: Mapping[str, str]) -> dict[str, str]:
    return {**pods, "k8s-app": "vcluster-kube-dns"}


def _metadata(name: str, context: Context) -> dict[str, Any]:
    return {"name": name, "namespace": context.namespace, "labels": labels.ownership(context)}
