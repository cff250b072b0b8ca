"""Rules about replacing and ending pods, and about what they believe of names."""

from __future__ import annotations

import math
from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.amounts import is_whole, pods
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.kubernetes.pod_rule import pod_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.pod import Pod
from idp_components.rules.regex import regex
from idp_components.rules.values import number

DEFAULT_GRACE_SECONDS = 30
_SLEEP = regex(r"(?:^|[ ;&/])sleep +(?:([0-9]+)([mhd]?)|infinity)")
_SECONDS = {"": 1, "m": 60, "h": 3600, "d": 86400}


@object_rule(
    "kubernetes-rolling-update",
    {("apps", "Deployment"), ("apps", "DaemonSet"), ("apps", "StatefulSet"), ("extensions", "Deployment"), ("extensions", "DaemonSet")},
    title="A rollout never takes all pods away at once.",
    severity=Severity.MEDIUM,
    rationale="Recreate, or a maxUnavailable of all pods, ends the old version before the new one has shown that it runs.",
    fix="Use RollingUpdate with maxUnavailable: 0 and maxSurge: 25%; a golden path does.",
    source="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment",
)
def rolling_update(resource: Resource, _options: Options) -> Iterator[Problem]:
    spec = resource.root.get("spec")
    replicas = spec.get("replicas")
    whole = number(replicas.value)
    # One pod that holds a volume can only be replaced by ending it first.
    several = replicas.value is UNKNOWN or (whole is not None and whole > 1)
    for place in ("strategy", "updateStrategy"):
        kind, most = spec.get(place, "type"), spec.get(place, "rollingUpdate", "maxUnavailable")
        if kind.value in ("Recreate", UNKNOWN) and several:
            yield kind.problem("ends all pods before the new ones start; use RollingUpdate", replicas)
        away = pods(most.value, whole or 0)
        counted = several and bool(away) and (whole is None or (away or 0) >= whole)
        if most.value is UNKNOWN or is_whole(most.value) or counted:
            unsure = () if is_whole(most.value) else (replicas,)
            yield most.problem("may take all pods away; use 0 with maxSurge, or a part such as 25%", *unsure)


@pod_rule(
    "kubernetes-grace-period",
    title="A pod has the time to end what it is doing.",
    severity=Severity.MEDIUM,
    rationale="With no seconds left a process is killed in the middle of a request or a write.",
    fix="Remove terminationGracePeriodSeconds, or set it above the pause of preStop; a golden path adds both up from shutdown_seconds.",
    source="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
)
def grace_period(pod: Pod) -> Iterator[Problem]:
    grace = pod.spec.get("terminationGracePeriodSeconds")
    seconds = DEFAULT_GRACE_SECONDS if grace.value is None else number(grace.value)
    if grace.value is UNKNOWN or (seconds is not None and seconds <= 0):
        yield grace.problem("leaves no time to end; remove it, 30 seconds are the default")
        return
    for container in pod.containers:
        before_end = container.get("lifecycle", "preStop")
        pause, command = before_end.get("sleep", "seconds"), before_end.get("exec", "command")
        for field, length in ((pause, number(pause.value)), (command, _asleep(command))):
            if field.value is UNKNOWN or (length is not None and seconds is not None and length >= seconds):
                yield field.problem("takes all of terminationGracePeriodSeconds; sleep for less, or raise that")


def _asleep(command: Field) -> float | None:
    """For how many seconds a command sleeps: `sleep 45`, also within a line of shell."""
    found = _SLEEP.search(" ".join(word.value for word in command.items() if isinstance(word.value, str)))
    if not found:
        return None
    return int(found[1]) * _SECONDS[found[2]] if found[1] else math.inf


@pod_rule(
    "kubernetes-host-aliases",
    title="No pod has names of its own making.",
    severity=Severity.LOW,
    rationale="An entry of hostAliases sends a trusted name to any address, unseen by DNS and by whoever reads the code.",
    fix="Remove hostAliases; use a Service, or an ExternalName where the name is to change.",
    source="https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/",
)
def host_aliases(pod: Pod) -> Iterator[Problem]:
    aliases = pod.spec.get("hostAliases")
    if aliases.value not in (None, []):
        yield aliases.problem("sends names to addresses of its own; remove it and use DNS")


RULES = (rolling_update, grace_period, host_aliases)
