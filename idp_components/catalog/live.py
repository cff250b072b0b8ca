"""Reading what the cluster answers: the pods of each workload, and the ends of environments that somebody moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp_components.catalog.model import STUCK, Pods, Problem
from idp_components.catalog.state import version
from idp_components.core import labels
from idp_components.environments.lifetime import end, kept_until, profile_of
from idp_components.environments.record import Broken, of_namespace, text

KINDS = "deployments,statefulsets,cronjobs,pods"
"""What is asked for, in one request each."""
LIVES = "namespaces,leases.coordination.k8s.io"
"""What says when environments end; not everybody may read them."""
ROLLOUTS = ("", "complete", "progressing", "paused", STUCK)
"""The last one counts where a component has several workloads."""
NO_SHAPE = (Broken, LookupError, TypeError, AttributeError, ValueError, OverflowError)
"""What reading a record raises where it is missing, or is none."""
Place = tuple[str, str]
"""Namespace and component's name."""


@dataclass(frozen=True)
class Life:
    """When an environment ends, as the cluster has it: RFC 3339, UTC."""

    ends: str
    kept_until: str = ""
    """Empty where nobody keeps it."""


@dataclass
class _Workloads:
    """What is found of one component."""

    ready: int = 0
    wanted: int = 0
    rollout: str = ""
    troubles: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)
    is_known: bool = False
    """Whether there is a workload, and not only what one has left."""

    def pods(self) -> Pods:
        return Pods(self.ready, self.wanted, tuple(sorted(self.troubles)), self.rollout, tuple(sorted(self.versions)))


def pods(answer: Any) -> dict[Place, Pods]:
    """What runs, out of a `List` of workloads and pods. What isn't of the platform, and what makes no sense, is passed over."""
    found: dict[Place, _Workloads] = {}
    for each in _listed(answer):
        if each.get("kind") in ("Namespace", "Lease") or not (place := _place(each)):
            continue
        known = found.setdefault(place, _Workloads())
        if each.get("kind") == "Pod":
            known.troubles |= {trouble for trouble in (_trouble(each),) if trouble}
            known.versions |= _versions(each)
        else:
            spec, status = _mapping(each.get("spec")), _mapping(each.get("status"))
            known.is_known = True
            known.wanted += _count(spec.get("replicas", 0 if each.get("kind") == "CronJob" else 1))
            known.ready += _count(status.get("readyReplicas", 0))
            known.rollout = max(known.rollout, _rollout(each), key=ROLLOUTS.index)
    return {place: known.pods() for place, known in found.items() if known.is_known}


def lives(answer: Any) -> tuple[dict[str, Life], list[Problem]]:
    """The lives of environments that end, by namespace, and those that can't be read."""
    found: dict[str, Life] = {}
    problems = []
    leases = {
        str(metadata.get("namespace")): each
        for each in _listed(answer)
        if each.get("kind") == "Lease" and (metadata := _mapping(each.get("metadata"))).get("name") == labels.LEASE
    }
    for each in _listed(answer):
        metadata = _mapping(each.get("metadata"))
        name, said = metadata.get("name"), _mapping(metadata.get("labels"))
        if each.get("kind") != "Namespace" or labels.EPHEMERAL not in said or not isinstance(name, str):
            continue
        try:
            record, profile = of_namespace(each, leases.get(name)), profile_of(str(said.get(labels.ENVIRONMENT)))
            kept = kept_until(record, profile)
            found[name] = Life(text(end(record, profile)), text(kept) if kept else "")
        except NO_SHAPE as error:
            why = error if isinstance(error, Broken) else repr(error)
            problems.append(Problem(name, f"when it ends can't be read from its namespace: {why}"))
    return found, problems


def _listed(answer: Any) -> Iterator[Mapping[str, Any]]:
    listed = answer.get("items") if isinstance(answer, dict) else None
    return (each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))


def _place(each: Mapping[str, Any]) -> Place | None:
    metadata = _mapping(each.get("metadata"))
    namespace, name = metadata.get("namespace"), _mapping(metadata.get("labels")).get(labels.NAME)
    return (namespace, name) if isinstance(namespace, str) and isinstance(name, str) else None


def _rollout(workload: Mapping[str, Any]) -> str:
    """How far a change has come, as `kubectl rollout status` says it (kubectl, `polymorphichelpers/rollout_status.go`)."""
    kind, spec, status = workload.get("kind"), _mapping(workload.get("spec")), _mapping(workload.get("status"))
    if kind not in ("Deployment", "StatefulSet"):
        return ""
    conditions = status.get("conditions")
    for condition in map(_mapping, conditions if isinstance(conditions, list) else ()):
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return STUCK
    wanted, updated = _count(spec.get("replicas", 1)), _count(status.get("updatedReplicas", 0))
    is_seen = _count(status.get("observedGeneration", 0)) >= _count(_mapping(workload.get("metadata")).get("generation", 0))
    if kind == "StatefulSet":
        is_new = updated >= wanted or status.get("updateRevision") == status.get("currentRevision")
        return "complete" if is_seen and is_new and _count(status.get("readyReplicas", 0)) >= wanted else "progressing"
    if is_seen and _count(status.get("replicas", 0)) <= updated and updated >= wanted <= _count(status.get("availableReplicas", 0)):
        return "complete"
    return "paused" if spec.get("paused") is True else "progressing"


def _versions(pod: Mapping[str, Any]) -> set[str]:
    """Of the first container of a pod that runs: it is the component's own, the others stand beside it."""
    containers = _mapping(pod.get("spec")).get("containers")
    first = _mapping(containers[0]) if isinstance(containers, list) and containers else {}
    image = first.get("image")
    is_running = _mapping(pod.get("status")).get("phase") == "Running"
    return {found for found in (version(image),) if found} if is_running and isinstance(image, str) else set()


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
