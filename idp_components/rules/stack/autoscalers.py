"""Rules about autoscalers: each has something to scale, and scales it alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from operator import is_not
from typing import Any

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import doubts, every, same
from idp_components.rules.stack.index import Index, Match, key, miss
from idp_components.rules.stack.matching import is_open, name_of
from idp_components.rules.stack.scaling import SCALABLE, SCALED, SCALERS, scalers_by_target, scales, target, target_kind
from idp_components.rules.stack_rule import Found, stack_rule

SOURCE = "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"


def scaled(stack: Stack) -> Index:
    """What an autoscaler may scale, by namespace and name."""
    return Index(stack.of(*SCALED), lambda workload: [key(workload.home, name_of(workload))])


@stack_rule(
    "stack-hpa-target",
    title="An autoscaler's target is there.",
    severity=Severity.MEDIUM,
    rationale="With a name, kind or group that is mistyped the number of pods never changes, and only an event says so.",
    fix="Write the Deployment's apiVersion, kind and name in scaleTargetRef; a golden path does.",
    source=SOURCE,
)
def hpa_target(stack: Stack, _options: Options) -> Found:
    hidden = is_open(stack)
    for scaler in stack.of(*SCALERS):
        reference, asked = target(scaler), target_kind(scaler)
        if not _can_scale(*asked):
            version, kind = reference.get("apiVersion"), reference.get("kind")
            yield scaler, reference.problem("names no kind that can be scaled; use apiVersion and kind of a Deployment", version, kind)
            continue
        # The stack may lack other kinds' objects for good reasons.
        if asked in SCALED and not hidden and (missed := miss(stack, scaler, SCALED, partial(_named, stack, scaler))):
            message = missed.message("names nothing of its namespace", "use apiVersion, kind and name of a workload")
            yield scaler, reference.problem(message, *missed.doubts)


def _named(stack: Stack, scaler: Resource, namespace: object) -> Iterator[Match]:
    """What an autoscaler would scale in a namespace."""
    for workload in stack.once(scaled).get(key(namespace, target(scaler).get("name").value)):
        verdict = scales(scaler, workload, namespace)
        if verdict is not False:
            yield workload, verdict


def _can_scale(group: Any, kind: Any) -> bool | None:
    """Whether objects of a kind have a number of pods to change. Of the kinds of others, whose groups have a dot, nobody knows."""
    if group is not UNKNOWN and "." in group:
        return True
    return None if UNKNOWN in (group, kind) else (group, kind) in SCALABLE


@stack_rule(
    "stack-hpa-one-per-target",
    title="A workload has one autoscaler at most.",
    severity=Severity.HIGH,
    rationale="Two autoscalers undo each other's number of pods, over and over.",
    fix="Put all metrics into one of them; a golden path brings its own.",
    source=f"{SOURCE}#scaling-on-multiple-metrics",
)
def hpa_one_per_target(stack: Stack, _options: Options) -> Found:
    for scaler in stack.of(*SCALERS):
        rivals = stack.once(scalers_by_target).get(key(scaler.home, target(scaler).get("name").value))
        verdicts = [_same_target(scaler, other) for other in takewhile(partial(is_not, scaler), rivals)]
        if True in verdicts or None in verdicts:
            unsure = doubts(verdicts) if True not in verdicts else ()
            yield scaler, target(scaler).problem("has an autoscaler already; put all metrics into one", *unsure)


def _same_target(one: Resource, other: Resource) -> bool | None:
    names: list[Field] = [target(each).get("name") for each in (one, other)]
    if any(name.value is None for name in names):
        return False
    kinds = zip(target_kind(one), target_kind(other), strict=True)
    return every(
        (
            same(one.home, other.home),
            same(names[0].value, names[1].value),
            *(same(mine, theirs) for mine, theirs in kinds),
        )
    )


RULES = (hpa_target, hpa_one_per_target)
