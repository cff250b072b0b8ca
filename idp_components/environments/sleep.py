"""Sleep and wake: workloads to zero and back to exactly what they were, written on each of them.

Nothing fights it: an autoscaler leaves a Deployment of zero pods alone, a disruption budget only guards evictions, and Argo CD is told to
ignore these fields. The field stays Pulumi's own, so its next change of a workload is no conflict; it wakes that workload.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from idp_components.core import labels
from idp_components.environments.cluster import MANAGER, SLEEPERS, Cluster, ClusterError
from idp_components.environments.inventory import ASLEEP, AWAKE
from idp_components.environments.record import text

SYNCED = "vcluster.loft.sh/managed-by"
"""Label of the pods that a virtual cluster's syncer made: while it sleeps nobody else would take them away."""
CONTROL_PLANE = ("app", "vcluster")
"""Label that vcluster's chart gives the workload of its control plane."""
TRIES = 5
READY_SECONDS = 300
POLL_SECONDS = 0.5
SYNCER_SECONDS = 2.0
"""Long enough for a syncer that still works to make a pod again."""
SIDE_BY_SIDE = 8
Workload = Mapping[str, Any]
Patch = list[dict[str, Any]]


def lulled(workload: Workload, now: datetime, inside: int = 0) -> Patch:
    """The JSON patch that puts a workload to sleep; empty where it sleeps already, or was idle anyway.

    `inside` is how many pods of the virtual cluster are ready, if there is one; its control plane keeps the number.
    """
    metadata, path, idle = workload["metadata"], *_switch(workload)
    if (metadata.get("labels") or {}).get(labels.SLEEP) == ASLEEP or _value(workload) == idle:
        return []
    written = {**(metadata.get("annotations") or {}), labels.SLEEP_SINCE: text(now), labels.BEFORE_SLEEP: json.dumps(_value(workload))}
    if CONTROL_PLANE in (metadata.get("labels") or {}).items():
        written[labels.INSIDE_BEFORE_SLEEP] = str(inside)
    return _patch(workload, path, idle, {**(metadata.get("labels") or {}), labels.SLEEP: ASLEEP}, written)


def woken(workload: Workload, now: datetime) -> Patch:
    """The JSON patch that wakes a workload to what it was; empty where it doesn't sleep. Raises ValueError for a broken record."""
    metadata, path, idle = workload["metadata"], *_switch(workload)
    if (metadata.get("labels") or {}).get(labels.SLEEP) != ASLEEP:
        return []
    annotations = dict(metadata.get("annotations") or {})
    annotations.pop(labels.INSIDE_BEFORE_SLEEP, None)
    before = _before(workload, annotations.pop(labels.BEFORE_SLEEP, ""))
    present = _value(workload)  # somebody may have woken it by hand, or with another size: that is newer
    value = before if present == idle else present
    return _patch(workload, path, value, {**metadata["labels"], labels.SLEEP: AWAKE}, {**annotations, labels.SLEEP_SINCE: text(now)})


def sleep(cluster: Cluster, namespace: str, now: datetime) -> list[str]:
    """Put an environment's workloads to sleep and wait until their pods are gone; which ones, as `kind/name`. Raises ClusterError."""
    inside = len(_ready_inside(cluster, namespace))
    done = _all(cluster, namespace, lambda workload: lulled(workload, now, inside))
    _settled(cluster, namespace, done)
    _without_synced_pods(cluster, namespace)
    return done


def wake(cluster: Cluster, namespace: str, now: datetime) -> list[str]:
    """Wake an environment's workloads and wait until their pods are ready; which ones, as `kind/name`. Raises ClusterError.

    A virtual cluster has kept what is inside of it; its syncer makes the pods anew.
    """
    asleep = cluster.get(SLEEPERS, "--namespace", namespace, "--selector", f"{labels.SLEEP}={ASLEEP}")
    inside = sum(_inside_before(workload) for workload in asleep)
    done = _all(cluster, namespace, lambda workload: woken(workload, now))
    _settled(cluster, namespace, done)
    if inside and not _came_true(lambda: len(_ready_inside(cluster, namespace)) >= inside):
        raise ClusterError(
            f"{namespace}: after {READY_SECONDS} s its virtual cluster has not the {inside} ready pods from before its sleep"
        )
    return done


def restored(before: Iterable[Workload], after: Iterable[Workload]) -> list[Workload]:
    """Whose fields were whose: `managedFields` after a change, with the fields' owners from before it; only a status' owner moved on."""
    return [*(entry for entry in before if entry.get("subresource") != "status"), *(e for e in after if e.get("subresource") == "status")]


def _came_true(condition: Callable[[], bool]) -> bool:
    """Whether a condition came true within READY_SECONDS."""
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _switch(workload: Workload) -> tuple[str, Any]:
    """The path of what turns a workload off, and its value then."""
    return ("/spec/suspend", True) if workload["kind"] == "CronJob" else ("/spec/replicas", 0)


def _value(workload: Workload) -> Any:
    return workload["spec"].get("suspend", False) if workload["kind"] == "CronJob" else workload["spec"].get("replicas", 1)


def _before(workload: Workload, said: str) -> Any:
    wanted = bool if workload["kind"] == "CronJob" else int
    try:
        value = json.loads(said)
    except ValueError:
        value = None
    if type(value) is not wanted or value < 0:
        place = f"{workload['kind'].lower()}/{workload['metadata']['name']}"
        raise ValueError(f"{place}: {labels.BEFORE_SLEEP} is {said!r}, so nobody knows what it was; scale it by hand")
    return value


def _patch(workload: Workload, path: str, value: Any, labelled: Mapping[str, str], annotated: Mapping[str, str]) -> Patch:
    return [
        {"op": "test", "path": "/metadata/resourceVersion", "value": workload["metadata"]["resourceVersion"]},
        {"op": "add", "path": path, "value": value},
        {"op": "add", "path": "/metadata/labels", "value": dict(labelled)},
        {"op": "add", "path": "/metadata/annotations", "value": dict(annotated)},
    ]


def _all(cluster: Cluster, namespace: str, change: Callable[[Workload], Patch]) -> list[str]:
    workloads = cluster.get(SLEEPERS, "--namespace", namespace, "--show-managed-fields")
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return [name for name in pool.map(lambda workload: _change(cluster, workload, change), workloads) if name]


def _change(cluster: Cluster, workload: Workload, change: Callable[[Workload], Patch]) -> str:
    """Change one workload, as it is at that moment, and leave its fields to whom they belonged."""
    place = (workload["kind"], workload["metadata"]["name"], "--namespace", workload["metadata"]["namespace"])
    for left in reversed(range(TRIES)):
        try:
            patch = change(workload)
            if not patch:
                return ""
            changed = _send(cluster, place, patch)
            owners = restored(workload["metadata"]["managedFields"], changed["metadata"]["managedFields"])
            break
        except ValueError as error:
            raise ClusterError(str(error)) from None
        except ClusterError:
            if not left:
                raise
            workload = cluster.get(*place, "--show-managed-fields")  # a controller was faster
    _hand_back(cluster, place, changed, owners)
    return f"{place[0].lower()}/{place[1]}"


def _hand_back(cluster: Cluster, place: tuple[str, ...], workload: Workload, owners: list[Workload]) -> None:
    for left in reversed(range(TRIES)):
        version = workload["metadata"]["resourceVersion"]
        try:
            _send(
                cluster,
                place,
                [
                    {"op": "test", "path": "/metadata/resourceVersion", "value": version},
                    {"op": "replace", "path": "/metadata/managedFields", "value": owners},
                ],
            )
        except ClusterError:
            if not left:
                raise
            workload = cluster.get(*place, "--show-managed-fields")
            owners = restored(owners, workload["metadata"]["managedFields"])
        else:
            return


def _send(cluster: Cluster, place: tuple[str, ...], patch: Patch) -> Any:
    options = ("--type", "json", "--field-manager", MANAGER, "--patch", json.dumps(patch), "--output", "json", "--show-managed-fields")
    return json.loads(cluster.kubectl("patch", *place, *options))


def _settled(cluster: Cluster, namespace: str, changed: Iterable[str]) -> None:
    """Wait until the pods of the changed workloads are as many as they should be. Raises ClusterError after READY_SECONDS."""
    waiting = {name for name in changed if not name.startswith("cronjob/")}

    def settled() -> bool:
        workloads = cluster.get("deployments.apps,statefulsets.apps", "--namespace", namespace)
        waiting.intersection_update(f"{each['kind'].lower()}/{each['metadata']['name']}" for each in workloads if not _is_settled(each))
        return not waiting

    if waiting and not _came_true(settled):
        raise ClusterError(f"{namespace}: after {READY_SECONDS} s still not as they should be: {', '.join(sorted(waiting))}")


def _without_synced_pods(cluster: Cluster, namespace: str) -> None:
    """Delete what a virtual cluster's syncer made, after it is gone itself: while it works, it makes them again."""
    deadline = time.monotonic() + READY_SECONDS
    while cluster.get("pods", "--namespace", namespace, "--selector", SYNCED):
        if time.monotonic() > deadline:
            raise ClusterError(f"{namespace}: after {READY_SECONDS} s its virtual cluster still makes pods")
        cluster.kubectl("delete", "pods", "--namespace", namespace, "--selector", SYNCED, "--timeout", f"{READY_SECONDS}s")
        time.sleep(SYNCER_SECONDS)


def _ready_inside(cluster: Cluster, namespace: str) -> list[str]:
    """Names of the ready pods of a virtual cluster in a namespace; none where there is none."""
    pods = cluster.get("pods", "--namespace", namespace, "--selector", SYNCED)
    ready = {"type": "Ready", "status": "True"}
    return [pod["metadata"]["name"] for pod in pods if any(ready.items() <= each.items() for each in pod["status"].get("conditions") or ())]


def _inside_before(workload: Workload) -> int:
    said = str((workload["metadata"].get("annotations") or {}).get(labels.INSIDE_BEFORE_SLEEP, ""))
    return int(said) if said.isascii() and said.isdigit() else 0


def _is_settled(workload: Workload) -> bool:
    wanted, status = workload["spec"].get("replicas", 1), workload.get("status", {})
    seen = status.get("observedGeneration", 0) >= workload["metadata"]["generation"]
    return bool(seen and status.get("replicas", 0) == wanted == status.get("readyReplicas", 0))
