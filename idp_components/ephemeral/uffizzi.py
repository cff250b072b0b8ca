"""Builder: a virtual cluster by the Uffizzi Cluster Operator, as its custom resource, for clusters that have the operator."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.spec import Spec, SpecError
from idp_components.ephemeral import virtual_cluster
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec

API_VERSION, KIND = "uffizzi.com/v1alpha1", "UffizziCluster"
POD_SECURITY_LEVEL = "baseline"
"""What the API server enforces in its namespace: the operator runs the control plane as root, which `restricted` refuses."""


class Own(Spec):
    """A part of the resource, with the names of its definition."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Limits(Own):
    """Whether the operator makes a ResourceQuota or LimitRange: the namespace has the platform's own."""

    enabled: bool = False


class Ingress(Own):
    """Where the virtual API server answers: `<name>-<host>`."""

    host: str
    class_: str = Field(alias="class")


class Storage(Own):
    """The volume of its database."""

    persistence: bool = True
    size: str = Field(pattern=r"^[0-9]+Gi$")


class UffizziClusterSpec(Own):
    """The fields of `UffizziCluster` that the platform sets (uffizzi-cluster-operator, src/api/v1alpha1/uffizzicluster_types.go)."""

    distro: Literal["k3s", "k8s"] = "k3s"
    external_datastore: Literal["etcd", "sqlite"] = "sqlite"
    ingress: Ingress
    resource_quota: Limits = Limits()
    limit_range: Limits = Limits()
    storage: Storage
    sleep: bool = False


def cluster(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> Manifest:
    """The resource from which the operator makes the virtual cluster."""
    made = UffizziClusterSpec(
        ingress=Ingress(host=f"{context.namespace}.{context.cluster.domain}", class_=context.cluster.ingress_class),
        storage=Storage(size=f"{spec.virtual_cluster.storage_gib}Gi"),
    )
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, "namespace": context.namespace, "labels": labels.ownership(context)},
        "spec": made.model_dump(by_alias=True),
    }


def release(name: str) -> str:
    """Name of the Helm release that the operator makes of it, by which its pods and its kubeconfig are found."""
    return f"uc-{name}"


def walls(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> list[Manifest]:
    """The walls of a virtual cluster; its pods may reach each other: the operator doesn't sync their own policies. Raises SpecError."""
    if context.cluster.registries:
        raise SpecError(
            f"{context.team}.{name}.isolation: 'uffizzi' is refused: the operator brings images of its own, and this cluster allows only "
            f"{', '.join(context.cluster.registries)}; use isolation='vcluster' with a mirror, or isolation='namespace'"
        )
    found = virtual_cluster.walls(name, spec, context, release(name))
    pods: dict[str, Any] = {"podSelector": {"matchLabels": {"vcluster.loft.sh/managed-by": release(name)}}}
    outside = virtual_cluster.ingress_controller(context)
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{release(name)}-inside", "namespace": context.namespace, "labels": labels.ownership(context)},
        "spec": {
            **pods,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [pods, outside]}],
            "egress": [{"to": [pods]}],
        },
    }
    return [*found, policy]
