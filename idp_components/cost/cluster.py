"""What Kubernetes objects use: cores, memory and volumes by what they ask for, and load balancers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp_components.core.quantity import gib, quantity
from idp_components.cost.prices import HOURS_PER_MONTH, MEMORY, VCPU, Assumptions
from idp_components.cost.usage import Item, Usage
from idp_components.team.quota import DEFAULT_CPU_MILLICORES, DEFAULT_MEMORY_MIB

STANDING = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Pod")
CORES_BY_DEFAULT, GIB_BY_DEFAULT = DEFAULT_CPU_MILLICORES / 1000, DEFAULT_MEMORY_MIB / 1024
"""What the room's LimitRange gives a container that asks for nothing."""


@dataclass(frozen=True)
class Pods:
    """The pods of one workload."""

    owner: str
    what: str
    """`Deployment cart`."""
    count: float | None
    """How many; none where nobody can know."""
    cores: float
    """Cores that one asks for."""
    memory_gib: float
    """Memory that one asks for, in GiB."""
    hours: float
    """Hours of a month that they run."""
    volumes_gib: float = 0
    """Volumes of one, in GiB."""
    note: str = ""


@dataclass(frozen=True)
class Demand:
    """What a namespace's quota must have room for."""

    cores: float
    memory_gib: float
    storage_gib: float
    pods: float


def usage(items: Sequence[Item], assumptions: Assumptions) -> Iterator[Usage]:
    """What the Kubernetes objects among the items use in a month."""
    for found in pods(items, assumptions):
        running = None if found.count is None else found.count * found.hours
        counted = f"{found.what}: {_pods(found.count)}"
        yield Usage(found.owner, f"{counted}, cores", VCPU, None if running is None else running * found.cores, found.note)
        yield Usage(found.owner, f"{counted}, memory", MEMORY, None if running is None else running * found.memory_gib, found.note)
        if found.volumes_gib and found.count is not None:
            yield Usage(found.owner, f"{found.what}: volumes", "ebs/gp3", found.count * found.volumes_gib)
    for item in items:
        kind, spec = _kind(item), item.properties.get("spec") or {}
        if kind == "PersistentVolumeClaim":
            yield Usage(item.owner, f"volume {_name(item)}", "ebs/gp3", _claimed(spec))
        elif kind == "Release":
            yield Usage(item.owner, f"chart {item.name}", VCPU, None, "a state doesn't say what a chart makes; the stack's name does")
        elif kind == "UffizziCluster":
            yield Usage(item.owner, f"virtual cluster {_name(item)}: volume", "ebs/gp3", gib((spec.get("storage") or {}).get("size")))
            yield Usage(item.owner, f"virtual cluster {_name(item)}: control plane", VCPU, None, "as much as its operator asks for")
        elif kind == "Service" and spec.get("type") == "LoadBalancer":
            yield Usage(item.owner, f"load balancer {_name(item)}", "lb/network", HOURS_PER_MONTH)
            yield Usage(item.owner, f"load balancer {_name(item)}: capacity units", "lb/capacity", None, "depends on the traffic")


def demand(items: Sequence[Item], assumptions: Assumptions) -> Demand:
    """What the objects ask of their namespace at once: scaled in, with every job running."""
    found = list(pods(items, assumptions))
    claims = sum(_claimed(item.properties.get("spec") or {}) or 0 for item in items if _kind(item) == "PersistentVolumeClaim")
    return Demand(
        cores=sum((each.count or 0) * each.cores for each in found),
        memory_gib=sum((each.count or 0) * each.memory_gib for each in found),
        storage_gib=claims + sum((each.count or 0) * each.volumes_gib for each in found),
        pods=sum(each.count or 0 for each in found),
    )


def pods(items: Sequence[Item], assumptions: Assumptions) -> Iterator[Pods]:
    """The pods of each workload among the items."""
    scaled = dict(_scaled(items))
    for item in items:
        kind, spec = _kind(item), item.properties.get("spec") or {}
        place = (kind, _namespace(item), _name(item))
        count, hours, note = quantity(spec.get("replicas", 1)), float(HOURS_PER_MONTH), ""
        pod, claims = _pod(kind, spec), spec.get("volumeClaimTemplates") or ()
        if pod is None:
            continue
        if place in scaled:
            count, most = scaled[place]
            note = f"scaled in; at most {most:g} pods" if most else "scaled in"
        if kind == "DaemonSet":
            count, note = None, "one pod on each node"
        elif kind == "CronJob":
            count, hours, note = 1, assumptions.job_hours, f"{assumptions.job_hours:g} hours a month assumed"
        elif kind == "Job":
            count, hours, note = 1, assumptions.once_hours, f"runs once, {assumptions.once_hours:g} hours assumed"
        elif kind == "Pod":
            count = 1
        temporary = [(volume.get("ephemeral") or {}).get("volumeClaimTemplate") or {} for volume in pod.get("volumes") or ()]
        volumes = sum(_claimed(claim.get("spec") or {}) or 0 for claim in (*claims, *temporary))
        cores, memory = _asked(pod, "cpu", CORES_BY_DEFAULT, quantity), _asked(pod, "memory", GIB_BY_DEFAULT, gib)
        yield Pods(item.owner, f"{kind} {_name(item)}", count, cores, memory, hours, volumes, note)


def _scaled(items: Iterable[Item]) -> Iterator[tuple[tuple[str, str, str], tuple[float, float | None]]]:
    """Least and most pods of what an autoscaler scales."""
    for item in items:
        if _kind(item) == "HorizontalPodAutoscaler":
            spec = item.properties.get("spec") or {}
            target = spec.get("scaleTargetRef") or {}
            yield (
                (str(target.get("kind")), _namespace(item), str(target.get("name"))),
                (quantity(spec.get("minReplicas", 1)) or 1, quantity(spec.get("maxReplicas"))),
            )


def _pod(kind: str, spec: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pod's spec inside of a workload's; none for what has no pods."""
    if kind == "Pod":
        return spec
    if kind == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    elif kind not in (*STANDING, "DaemonSet", "Job"):
        return None
    found: Mapping[str, Any] = (spec.get("template") or {}).get("spec") or {}
    return found


def _asked(pod: Mapping[str, Any], resource: str, default: float, read: Any) -> float:
    """What a pod asks for: its containers together, or the greediest of those that run before them (Kubernetes, "Init containers")."""

    def of(container: Mapping[str, Any]) -> float:
        said = container.get("resources") or {}
        for amounts in (said.get("requests") or {}, said.get("limits") or {}):  # what has a limit alone asks for all of it
            if (found := read(amounts.get(resource))) is not None:
                return float(found)
        return default

    before = pod.get("initContainers") or ()
    beside = [container for container in before if container.get("restartPolicy") == "Always"]
    together = sum(of(container) for container in (*(pod.get("containers") or ()), *beside))
    return max([together, *(of(container) for container in before if container not in beside)])


def _claimed(spec: Mapping[str, Any]) -> float | None:
    return gib(((spec.get("resources") or {}).get("requests") or {}).get("storage"))


def _kind(item: Item) -> str:
    return item.type.rsplit(":", 1)[-1] if item.type.startswith("kubernetes:") else ""


def _name(item: Item) -> str:
    return str((item.properties.get("metadata") or {}).get("name") or item.name)


def _namespace(item: Item) -> str:
    return str((item.properties.get("metadata") or {}).get("namespace") or "")


def _pods(count: float | None) -> str:
    return "pods" if count is None else f"{count:g} pod{'' if count == 1 else 's'}"
