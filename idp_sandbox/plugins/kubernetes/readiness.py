"""When is an object really there? Pure: each function looks at one object and answers. Conditions as kubectl and kstatus read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp_sandbox.plugins.kubernetes.objects import annotations_of

SKIP = "pulumi.com/skipAwait"
WAIT_FOR = "pulumi.com/waitFor"


@dataclass(frozen=True)
class Waiting:
    """Not there yet; the message says what for."""

    message: str
    hopeless: bool = False
    """Whether no waiting will help."""


State = Waiting | None
"""None: it is there."""


def state(live: Mapping[str, Any]) -> State:
    """Whether an object is there, by its kind, or by what its `pulumi.com/waitFor` annotation asks."""
    if wanted := annotations_of(live).get(WAIT_FOR):
        return _asked(live, str(wanted))
    check = CHECKS.get(f"{str(live['apiVersion']).split('/')[0]}/{live['kind']}") or CHECKS.get(str(live["kind"]))
    return check(live) if check else None


def awaited(manifest: Mapping[str, Any]) -> bool:
    """Whether there is anything to wait for."""
    return str(annotations_of(manifest).get(SKIP)).lower() != "true"


def _deployment(live: Mapping[str, Any]) -> State:
    status, wanted = _status(live), live["spec"].get("replicas", 1)
    if not _observed(live):
        return Waiting("the controller has not seen the change yet")
    progressing, failure = _condition(live, "Progressing"), _condition(live, "ReplicaFailure")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return Waiting(f"the rollout made no progress in time: {progressing.get('message')}", hopeless=True)
    updated, available, total = (status.get(name, 0) for name in ("updatedReplicas", "availableReplicas", "replicas"))
    if updated >= wanted and total <= updated and available >= wanted:
        return None
    because = f": {failure.get('message')}" if failure.get("status") == "True" else ""
    old = f", {total - updated} old ones to go" if total > updated else ""
    return Waiting(f"{available} of {wanted} pods are available{old}{because}")


def _stateful_set(live: Mapping[str, Any]) -> State:
    status, wanted = _status(live), live["spec"].get("replicas", 1)
    if not _observed(live):
        return Waiting("the controller has not seen the change yet")
    ready, current = status.get("readyReplicas", 0), status.get("currentRevision") == status.get("updateRevision")
    if ready >= wanted and (current or status.get("updatedReplicas", 0) >= wanted):
        return None
    return Waiting(f"{ready} of {wanted} pods are ready{'' if current else ', the new revision is rolling out'}")


def _daemon_set(live: Mapping[str, Any]) -> State:
    status = _status(live)
    wanted, ready, updated = (status.get(name, 0) for name in ("desiredNumberScheduled", "numberReady", "updatedNumberScheduled"))
    return None if _observed(live) and ready >= wanted and updated >= wanted else Waiting(f"{ready} of {wanted} pods are ready")


def _replica_set(live: Mapping[str, Any]) -> State:
    ready, wanted = _status(live).get("readyReplicas", 0), live["spec"].get("replicas", 1)
    return None if _observed(live) and ready >= wanted else Waiting(f"{ready} of {wanted} pods are ready")


def _pod(live: Mapping[str, Any]) -> State:
    status = _status(live)
    if status.get("phase") == "Succeeded" or _condition(live, "Ready").get("status") == "True":
        return None
    if status.get("phase") == "Failed":
        return Waiting(f"the pod failed: {status.get('message') or status.get('reason') or 'see its log'}", hopeless=True)
    return Waiting("; ".join(container_problems(live)) or f"the pod is {status.get('phase', 'not scheduled yet')}")


def container_problems(pod: Mapping[str, Any]) -> list[str]:
    """What keeps the containers of a pod from running, such as an image that can't be pulled."""
    found = []
    for container in (*_status(pod).get("initContainerStatuses", ()), *_status(pod).get("containerStatuses", ())):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            found.append(f"container {container['name']!r}: {waiting['reason']} {waiting.get('message', '')}".strip())
    unscheduled = _condition(pod, "PodScheduled")
    if unscheduled.get("status") == "False":
        found.append(f"not scheduled: {unscheduled.get('message')}")
    return found


def _job(live: Mapping[str, Any]) -> State:
    failed = _condition(live, "Failed")
    if failed.get("status") == "True":
        return Waiting(f"the job failed: {failed.get('reason')} {failed.get('message', '')}".strip(), hopeless=True)
    if live["spec"].get("suspend") or _condition(live, "Complete").get("status") == "True":
        return None
    return Waiting(f"{_status(live).get('succeeded', 0)} of {live['spec'].get('completions', 1)} runs have succeeded")


def _claim(live: Mapping[str, Any]) -> State:
    phase = _status(live).get("phase")
    return None if phase == "Bound" else Waiting(f"the claim is {phase or 'new'}", hopeless=phase == "Lost")


def _ingress(live: Mapping[str, Any]) -> State:
    return (
        None
        if (_status(live).get("loadBalancer") or {}).get("ingress")
        else Waiting("no address yet; does an Ingress controller serve its class?")
    )


def _service(live: Mapping[str, Any]) -> State:
    if live["spec"].get("type") != "LoadBalancer" or (_status(live).get("loadBalancer") or {}).get("ingress"):
        return None
    return Waiting("no load balancer address yet")


def _quota(live: Mapping[str, Any]) -> State:
    # Until the controller has counted, the API server refuses whatever the quota limits ("status unknown for quota").
    counted = _status(live).get("hard") == live["spec"].get("hard")
    return None if counted else Waiting("the quota's use is not counted yet")


def _namespace(live: Mapping[str, Any]) -> State:
    phase = _status(live).get("phase")
    return None if phase == "Active" else Waiting(f"the namespace is {phase or 'new'}")


def _established(live: Mapping[str, Any]) -> State:
    refused = _condition(live, "NamesAccepted")
    if refused.get("status") == "False":
        return Waiting(f"the names are taken: {refused.get('message')}", hopeless=True)
    return None if _condition(live, "Established").get("status") == "True" else Waiting("the definition is not established yet")


def _available(live: Mapping[str, Any]) -> State:
    return None if _condition(live, "Available").get("status") == "True" else Waiting("the API is not available yet")


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], State]] = {
    "apps/Deployment": _deployment,
    "apps/StatefulSet": _stateful_set,
    "apps/DaemonSet": _daemon_set,
    "apps/ReplicaSet": _replica_set,
    "v1/Pod": _pod,
    "batch/Job": _job,
    "v1/PersistentVolumeClaim": _claim,
    "networking.k8s.io/Ingress": _ingress,
    "v1/Service": _service,
    "v1/Namespace": _namespace,
    "v1/ResourceQuota": _quota,
    "apiextensions.k8s.io/CustomResourceDefinition": _established,
    "apiregistration.k8s.io/APIService": _available,
}


def _asked(live: Mapping[str, Any], wanted: str) -> State:
    """`condition=Ready`, `condition=Ready=False`, `jsonpath={.status.phase}=Running` or without a value: anything there."""
    how, _, what = wanted.partition("=")
    if how == "condition":
        name, _, value = what.partition("=")
        met = str(_condition(live, name).get("status")).lower() == (value or "true").lower()
    elif how == "jsonpath":
        place, _, value = what.partition("=")
        found: Any = live
        for step in place.strip("{}").strip(".").split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        met = found is not None and (not value or str(found) == value)
    else:
        message = f"annotation {WAIT_FOR}: {wanted!r} is not understood; use condition=… or jsonpath=…, for example 'condition=Ready'"
        return Waiting(message, hopeless=True)
    return None if met else Waiting(f"waiting for {wanted}")


def _status(live: Mapping[str, Any]) -> Mapping[str, Any]:
    return live.get("status") or {}


def _observed(live: Mapping[str, Any]) -> bool:
    return bool(_status(live).get("observedGeneration", 0) >= live["metadata"].get("generation", 0))


def _condition(live: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((condition for condition in _status(live).get("conditions") or () if condition["type"] == name), {})
