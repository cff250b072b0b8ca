"""Reading what the cluster answers: the pods of each workload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.catalog.model import Pods
from idp_components.core.labels import NAME

KINDS = "deployments,statefulsets,cronjobs,pods"
"""What is asked for, in one request each."""
Place = tuple[str, str]
"""Namespace and component's name."""


def pods(answer: Any) -> dict[Place, Pods]:
    """What runs, out of a `List` of workloads and pods. What isn't of the platform, and what makes no sense, is passed over."""
    wanted: dict[Place, int] = {}
    ready: dict[Place, int] = {}
    troubles: dict[Place, list[str]] = {}
    listed = answer.get("items") if isinstance(answer, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or not (place := _place(each)):
            continue
        if each.get("kind") == "Pod":
            if trouble := _trouble(each):
                troubles.setdefault(place, []).append(trouble)
        else:
            spec, status = _mapping(each.get("spec")), _mapping(each.get("status"))
            wanted[place] = wanted.get(place, 0) + _count(spec.get("replicas", 0 if each.get("kind") == "CronJob" else 1))
            ready[place] = ready.get(place, 0) + _count(status.get("readyReplicas", 0))
    return {place: Pods(ready[place], wanted[place], tuple(sorted(set(troubles.get(place, ()))))) for place in wanted}


def _place(each: Mapping[str, Any]) -> Place | None:
    metadata = _mapping(each.get("metadata"))
    namespace, name = metadata.get("namespace"), _mapping(metadata.get("labels")).get(NAME)
    return (namespace, name) if isinstance(namespace, str) and isinstance(name, str) else None


def _trouble(pod: Mapping[str, Any]) -> str:
    """Why a pod isn't ready; nothing for one that is, or has done its work."""
    status = _mapping(pod.get("status"))
    if status.get("phase") == "Succeeded":
        return ""
    for name in ("initContainerStatuses", "containerStatuses"):
        statuses = status.get(name)
        for container in statuses if isinstance(statuses, list) else ():
            waiting = _mapping(_mapping(_mapping(container).get("state")).get("waiting")).get("reason")
            if isinstance(waiting, str) and waiting not in ("ContainerCreating", "PodInitializing"):
                return waiting
    conditions = status.get("conditions")
    for condition in map(_mapping, conditions if isinstance(conditions, list) else ()):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason") or "Unscheduled")
    return "Failed" if status.get("phase") == "Failed" else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
