"""What stands in a fresh cluster: nodes in three zones, a default StorageClass, an IngressClass and the platform's namespaces."""

from __future__ import annotations

from typing import Any

ZONES = ("a", "b", "c")
STORAGE_CLASS = "standard"
PROVISIONER = "idp.sandbox/volumes"
GATEWAY_CLASS = "sandbox"
CAPACITY = {"cpu": "64", "memory": "256Gi", "pods": "1000", "ephemeral-storage": "1Ti"}


class SandboxError(Exception):
    """The sandbox can't do what it was asked for; the message says why, and what to do."""


def objects() -> list[dict[str, Any]]:
    """The objects, in the order of their creation."""
    return [
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("ingress", "monitoring", "argocd")),
        *(_node(zone) for zone in ZONES),
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate",
            "allowVolumeExpansion": True,
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "nginx"},
            "spec": {"controller": "idp.sandbox/ingress"},
        },
    ]


def custom_objects() -> list[dict[str, Any]]:
    """Objects whose types come with the resource definitions: the Gateway that routes attach to."""
    listener = {
        "name": "https",
        "port": 443,
        "protocol": "HTTPS",
        "tls": {"certificateRefs": [{"name": "public"}]},
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    return [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": GATEWAY_CLASS},
            "spec": {"controllerName": "idp.sandbox/gateway"},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "public", "namespace": "ingress"},
            "spec": {"gatewayClassName": GATEWAY_CLASS, "listeners": [listener]},
        },
    ]


def _node(zone: str) -> dict[str, Any]:
    """A node that kwok keeps alive: pods on it become ready at once, containers don't run."""
    name = f"node-{zone}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": zone,
                "topology.kubernetes.io/region": "sandbox",
            },
        },
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }
