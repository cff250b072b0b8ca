"""The hardened pod that all workloads share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp_components.core import labels, naming
from idp_components.core.connection import ADDRESS, Connection, SecretValue
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.spec import SpecError
from idp_components.service.spec import Container, Resources, SecretKey, Workload

PORT_NAME = "main"
"""Name of the port that a service listens on in its pods. It is the same everywhere, so that a policy can name it from afar."""
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
"""By this annotation EKS gives the service account's pods the role's credentials ("IAM roles for service accounts")."""
DRAIN_SECONDS = 5
"""Wait before a pod is told to stop: until then, endpoints still send it requests (Kubernetes, "Pod termination")."""


@dataclass(frozen=True)
class Wiring:
    """What a workload is connected to."""

    uses: tuple[Connection, ...] = ()
    secret_name: Any = None
    """Name of the Secret with the component's own secrets; perhaps a Pulumi Output."""
    secret_keys: tuple[str, ...] = ()
    """Keys of that Secret, each a variable."""
    role_arn: Any = None
    """ARN of the workload's IAM role; perhaps a Pulumi Output."""


def objects_of_pod(name: str, spec: Workload, context: Context, component: str, wiring: Wiring) -> list[Manifest]:
    """What a pod needs beside itself: its service account, and its configuration files."""
    role = {"annotations": {ROLE_ANNOTATION: wiring.role_arn}} if wiring.role_arn is not None else {}
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {**metadata(name, name, context, component), **role},
        "automountServiceAccountToken": False,
    }
    if not spec.container.files:
        return [account]
    files = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(config_name(name, spec.container), name, context, component),
        "data": {path.rsplit("/", 1)[1]: content for path, content in spec.container.files.items()},
        "immutable": True,
    }
    return [account, files]


def metadata(object_name: str, name: str, context: Context, component: str) -> dict[str, Any]:
    """Metadata of an object that belongs to the workload `name`."""
    return {"name": object_name, "namespace": context.namespace, "labels": labels.workload(name, component, context)}


def config_name(name: str, container: Container) -> str:
    """Name of the ConfigMap of files: another content has another name, which rolls the pods out."""
    return naming.content_child(name, "files", container.files)


def pod_spec(
    name: str, spec: Workload, context: Context, wiring: Wiring, *, extra: Mapping[str, Any] | None = None, port: int | None = None
) -> dict[str, Any]:
    """The pod of a workload, at the restricted level of the Pod Security Standards. `extra` are further fields of the container."""
    container = spec.container
    volumes, mounts = _volumes(name, container)
    return {
        "serviceAccountName": name,
        "automountServiceAccountToken": container.kubernetes_api,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": container.shutdown_seconds + DRAIN_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": container.user_id,
            "runAsGroup": container.user_id,
            "fsGroup": container.user_id,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": name,
                "image": check_registry(name, spec.image, context),
                "imagePullPolicy": "IfNotPresent",
                **({"command": list(container.command)} if container.command else {}),
                "env": _env(name, spec, context, wiring, port),
                "resources": _resources(spec.resources),
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": mounts,
                **(extra or {}),
            }
        ],
        "volumes": volumes,
    }


def spread(name: str, component: str, context: Context) -> list[dict[str, Any]]:
    """Constraints that spread pods over zones and nodes, per version, so that a rollout stays balanced."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": when,
            "labelSelector": {"matchLabels": labels.selector(name, component)},
            # A virtual API server already resolves them, and the host's then refuses the synced pod (KEP 3243).
            **({} if context.is_virtual else {"matchLabelKeys": ["pod-template-hash"]}),
        }
        # Nodes are only preferred: a full node must not stop a rollout.
        for key, when in (("topology.kubernetes.io/zone", context.profile.spread), ("kubernetes.io/hostname", "ScheduleAnyway"))
    ]


def check_registry(name: str, image: str, context: Context) -> str:
    """The image if it may be pulled in this cluster; else SpecError."""
    allowed = context.cluster.registries
    if allowed and not image.startswith(allowed):
        raise SpecError(
            f"{context.team}.{name}.image: {image!r} comes from a registry that is not allowed; "
            f"allowed: {', '.join(allowed)}, for example '{allowed[0]}{name}:v1.0.0'"
        )
    return image


def _env(name: str, spec: Workload, context: Context, wiring: Wiring, port: int | None) -> list[dict[str, Any]]:
    """Environment variables by name; two sources of one name are refused."""
    entries: list[tuple[str, dict[str, Any]]] = [] if port is None else [("PORT", {"value": str(port)})]
    entries += [(key, _env_value(value)) for key, value in spec.env.items()]
    entries += [(key, {"valueFrom": {"secretKeyRef": {"name": wiring.secret_name, "key": key}}}) for key in wiring.secret_keys]
    entries += [(variable, _carried(value, use, context)) for use in wiring.uses for variable, value in use.variables.items()]
    seen: set[str] = set()
    for key, _ in entries:
        if key in seen:
            raise SpecError(
                f"{context.team}.{name}.env: variable {key!r} is set twice; "
                f"a variable comes from env, secrets, uses or PORT, for example rename it '{key}_2'"
            )
        seen.add(key)
    return [{"name": key, **value} for key, value in sorted(entries, key=lambda entry: entry[0])]


def _carried(value: Any, use: Connection, context: Context) -> dict[str, Any]:
    """What a connection's variable carries: the address inside the cluster, or what the provider says."""
    if isinstance(value, SecretValue):
        return {"valueFrom": {"secretKeyRef": {"name": value.secret, "key": value.key}}}
    if value is ADDRESS and use.port is not None:
        return {"value": naming.service_address(use.name, use.team, context.environment_of(use.team), use.port)}
    return {"value": value}


def _env_value(value: str | SecretKey) -> dict[str, Any]:
    if isinstance(value, SecretKey):
        return {"valueFrom": {"secretKeyRef": {"name": value.secret, "key": value.key}}}
    return {"value": value}


def _resources(resources: Resources) -> dict[str, Any]:
    limits = {"memory": f"{resources.memory_limit_mib or resources.memory_mib}Mi"}
    if resources.cpu_limit_millicores is not None:
        limits["cpu"] = f"{resources.cpu_limit_millicores}m"
    return {"requests": {"cpu": f"{resources.cpu_millicores}m", "memory": f"{resources.memory_mib}Mi"}, "limits": limits}


def _volumes(name: str, container: Container) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Volumes and mounts: an empty folder for each writable path, and the configuration files."""
    volumes: list[dict[str, Any]] = [{"name": f"writable-{index}", "emptyDir": {}} for index, _ in enumerate(container.writable_paths)]
    mounts: list[dict[str, Any]] = [{"name": f"writable-{index}", "mountPath": path} for index, path in enumerate(container.writable_paths)]
    if container.files:
        volumes.append({"name": "files", "configMap": {"name": config_name(name, container)}})
        mounts += [{"name": "files", "mountPath": path, "subPath": path.rsplit("/", 1)[1], "readOnly": True} for path in container.files]
    return volumes, mounts
