"""How many pods a workload has, and what scales it."""

from __future__ import annotations

from typing import Any

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource, Stack
from idp_components.rules.pod import ROLLOUT
from idp_components.rules.selectors import every, same
from idp_components.rules.stack.index import Index, Match, key
from idp_components.rules.stack.matching import name_of
from idp_components.rules.values import number

DEPLOYMENTS = (("apps", "Deployment"), ROLLOUT)
SCALED = (*DEPLOYMENTS, ("apps", "StatefulSet"))
SCALABLE = (*SCALED, ("apps", "ReplicaSet"), ("core", "ReplicationController"))
"""Kinds whose number of pods can be changed; a DaemonSet's is that of the nodes."""
HPA = ("autoscaling", "HorizontalPodAutoscaler")
KEDA = ("keda.sh", "ScaledObject")
SCALERS = (HPA, KEDA)
FEWEST = {HPA: ("minReplicas", 1), KEDA: ("minReplicaCount", 0)}
MOST = {HPA: ("maxReplicas", None), KEDA: ("maxReplicaCount", 100)}
"""What says how many pods there are at least, and at most, and what is meant where it says nothing."""


def target(scaler: Resource) -> Field:
    return scaler.root.get("spec", "scaleTargetRef")


def target_kind(scaler: Resource) -> tuple[Any, Any]:
    """Group and kind of what an autoscaler scales; KEDA means a Deployment where it says nothing, and Kubernetes the group core."""
    reference = target(scaler)
    version, kind = reference.get("apiVersion").value, reference.get("kind").value
    if scaler.group_kind == KEDA:
        version, kind = version or "apps/v1", kind or "Deployment"
    return version if version is UNKNOWN else str(version or "").rpartition("/")[0] or "core", kind


def scales(scaler: Resource, workload: Resource, namespace: object) -> bool | None:
    """Whether an autoscaler scales this workload, or would from another namespace."""
    group, kind = target_kind(scaler)
    return every(
        (
            same(namespace, workload.home),
            same(group, workload.group_kind[0]),
            same(kind, workload.group_kind[1]),
            same(target(scaler).get("name").value, name_of(workload)),
        )
    )


def scalers_by_target(stack: Stack) -> Index:
    """Autoscalers by the namespace and name of what they scale."""
    return Index(stack.of(*SCALERS), lambda scaler: [key(scaler.home, target(scaler).get("name").value)])


def scalers_of(stack: Stack, workload: Resource) -> list[Match]:
    """The autoscalers of a workload."""
    candidates = stack.once(scalers_by_target).get(key(workload.home, name_of(workload)))
    return [(scaler, verdict) for scaler in candidates if (verdict := scales(scaler, workload, scaler.home)) is not False]


def replicas(stack: Stack, workload: Resource) -> Field:
    """The field that says how many pods there are at least: the autoscaler's, or the workload's own."""
    for scaler, verdict in scalers_of(stack, workload):
        if verdict is None:
            return Field(UNKNOWN)
        key, by_default = FEWEST[scaler.group_kind]
        fewest = scaler.root.get("spec", key)
        return fewest if fewest.value is not None else Field(by_default, key, fewest.parent)
    return workload.root.get("spec", "replicas")


def has_room(scaler: Resource) -> bool | None:
    """Whether an autoscaler may make more pods than it always keeps. What is no number is left to the API server."""
    (low, by_default), (high, limit) = FEWEST[scaler.group_kind], MOST[scaler.group_kind]
    fewest, most = scaler.root.get("spec", low).value, scaler.root.get("spec", high).value
    if UNKNOWN in (fewest, most):
        return None
    kept, made = (number(by_default if fewest is None else fewest), number(limit if most is None else most))
    return kept is None or made is None or made > kept


def least(field: Field) -> float | None:
    """The number of pods that such a field means; one where it is unset, none where it is unknown or no number."""
    return 1 if field.value is None else number(field.value)
