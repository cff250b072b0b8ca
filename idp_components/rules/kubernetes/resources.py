"""Rules about amounts of cpu and memory that can't be meant."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.core.quantity import quantity
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.kubernetes.amounts import exceeds
from idp_components.rules.kubernetes.pod_rule import pod_rule
from idp_components.rules.model import Severity
from idp_components.rules.pod import Pod

SOURCE = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
LEAST_BYTES = 1024**2
"""No process starts in less: a smaller amount lacks its unit, or has `m` (thousandths of a byte) for `Mi`."""
MOST_CORES = 192
"""Cores of the largest common node: a greater amount of cpu lacks its `m`."""


@pod_rule(
    "kubernetes-requests-within-limits",
    title="A container asks for no more than it may use.",
    severity=Severity.MEDIUM,
    rationale="The API server refuses a pod whose request is above its limit, and the rollout stands still.",
    fix="Lower the request or raise the limit; a golden path takes both from the same spec.",
    source=SOURCE,
)
def requests_within_limits(pod: Pod) -> Iterator[Problem]:
    for owner in (pod.spec, *pod.containers):
        limits = owner.get("resources", "limits")
        for request in owner.get("resources", "requests").entries():
            limit = limits.get(str(request.key))
            least, most = quantity(request.value), quantity(limit.value)
            unknown = UNKNOWN in (request.value, limit.value) and limits.value is not None
            if unknown or (least is not None and most is not None and exceeds(least, most)):
                yield request.problem(f"is more than limits.{request.key}; lower it or raise the limit", limit)


@pod_rule(
    "kubernetes-resources-plausible",
    title="Amounts of cpu and memory have the unit that is meant.",
    severity=Severity.MEDIUM,
    rationale="A memory of 128m is an eighth of a byte, and a cpu of 500 is five hundred cores: such a pod never starts.",
    fix="Write memory with Mi or Gi, and cpu with m for thousandths of a core; a golden path's spec has the unit in the field's name.",
    source=f"{SOURCE}#meaning-of-memory",
)
def resources_plausible(pod: Pod) -> Iterator[Problem]:
    for owner in (pod.spec, *pod.containers):
        for kind in ("requests", "limits"):
            memory, cpu = owner.get("resources", kind, "memory"), owner.get("resources", kind, "cpu")
            if memory.value is UNKNOWN or 0 < (quantity(memory.value) or 0) < LEAST_BYTES:
                yield memory.problem("is less than 1 MiB; write it with its unit, for example 128Mi")
            if cpu.value is UNKNOWN or (quantity(cpu.value) or 0) > MOST_CORES:
                yield cpu.problem("is more than any node has; write thousandths of a core with m, for example 500m")


RULES = (requests_within_limits, resources_plausible)
