"""Rules about workloads beside what scales, spreads and protects them."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import every, same, selects
from idp_components.rules.stack.budgets import budgets_of
from idp_components.rules.stack.index import selected
from idp_components.rules.stack.matching import doubts, is_open, labels_of, name_of
from idp_components.rules.stack.scaling import SCALED, least, replicas, scalers_of
from idp_components.rules.stack_rule import Found, stack_rule

WORKLOADS = "https://kubernetes.io/docs/concepts/workloads/"
DEPLOYMENT = ("apps", "Deployment")
ONE_AT_A_TIME = "Recreate"
"""The strategy of a Deployment of which two must never run side by side: one that keeps data of its own."""
SELECTING = (*SCALED, ("apps", "DaemonSet"), ("apps", "ReplicaSet"))


@stack_rule(
    "stack-replicas",
    title="In production more than one pod answers.",
    severity=Severity.MEDIUM,
    rationale="With a single pod every drain of a node and every crash is an outage.",
    fix="Set replicas to 2 or more, or an autoscaler's minReplicas; a golden path has three in production.",
    source=f"{WORKLOADS}controllers/deployment/",
)
def several_replicas(stack: Stack, _options: Options) -> Found:
    for deployment in stack.of(DEPLOYMENT):
        field = replicas(stack, deployment)
        count = least(field)
        if field.value is UNKNOWN or (count is not None and count < 2):
            strategy = _strategy(deployment)
            if strategy.value == ONE_AT_A_TIME:
                continue
            own = deployment.root.get("spec", "replicas")
            yield deployment, own.problem("is less than 2; run two pods or more, or set an autoscaler's minReplicas", field, strategy)


def _strategy(deployment: Resource) -> Field:
    return deployment.root.get("spec", "strategy", "type")


def _several(stack: Stack) -> Iterator[tuple[Resource, Field]]:
    """Workloads of two pods and more, each with the field that says so."""
    for workload in stack.of(*SCALED):
        field = replicas(stack, workload)
        if field.value is UNKNOWN or (least(field) or 0) > 1:
            yield workload, field


@stack_rule(
    "stack-pdb-missing",
    title="In production a PodDisruptionBudget keeps some of the pods.",
    severity=Severity.MEDIUM,
    rationale="Without a budget the replacement of nodes may take all pods away at once.",
    fix="Add a PodDisruptionBudget with maxUnavailable: 1; a golden path brings one.",
    source="https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
)
def pdb_missing(stack: Stack, _options: Options) -> Found:
    if is_open(stack):
        return
    for workload, field in _several(stack):
        labels = labels_of(workload)
        verdicts = [verdict for _, verdict in stack.once(budgets_of).get(id(workload), [])]
        if True not in verdicts:
            message = "are in no PodDisruptionBudget; add one with maxUnavailable: 1"
            yield workload, labels.problem(message, field, *doubts(verdicts))


@stack_rule(
    "stack-hpa-missing",
    title="In production an autoscaler follows the load.",
    severity=Severity.LOW,
    rationale="A fixed number of pods is too many at night and too few on the day that counts.",
    fix="Add a HorizontalPodAutoscaler and leave replicas unset; a golden path brings one.",
    source="https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
)
def hpa_missing(stack: Stack, _options: Options) -> Found:
    if is_open(stack):
        return
    for deployment in stack.of(DEPLOYMENT):
        verdicts = [verdict for _, verdict in scalers_of(stack, deployment)]
        if True not in verdicts and (strategy := _strategy(deployment)).value != ONE_AT_A_TIME:
            own = deployment.root.get("spec", "replicas")
            yield deployment, own.problem("is fixed; add a HorizontalPodAutoscaler", strategy, *doubts(verdicts))


@stack_rule(
    "stack-spread",
    title="In production the pods of a workload are spread over nodes or zones.",
    severity=Severity.MEDIUM,
    rationale="The scheduler may put all pods onto one node, and with that node the service is gone.",
    fix="Add topologySpreadConstraints, or podAntiAffinity, that select the workload's own pods; a golden path does.",
    source="https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
)
def spread(stack: Stack, _options: Options) -> Found:
    for workload, field in _several(stack):
        labels = labels_of(workload)
        verdicts = [
            every((term.get("topologyKey").value is not None, selects(term.get("labelSelector"), labels))) for term in _spreads(workload)
        ]
        if True not in verdicts:
            state = "selects none of the workload's own pods" if verdicts else "is unset"
            place = workload.pod.spec.get("topologySpreadConstraints")
            yield workload, place.problem(f"{state}; spread the workload's own pods over nodes and zones", field, *doubts(verdicts))


def _spreads(workload: Resource) -> Iterator[Field]:
    spec = workload.pod.spec
    anti = spec.get("affinity", "podAntiAffinity")
    yield from spec.get("topologySpreadConstraints").items()
    yield from anti.get("requiredDuringSchedulingIgnoredDuringExecution").items()
    for preferred in anti.get("preferredDuringSchedulingIgnoredDuringExecution").items():
        yield preferred.get("podAffinityTerm")


@stack_rule(
    "stack-selector-overlap",
    title="No workload selects the pods of another.",
    severity=Severity.HIGH,
    rationale="Two controllers with the same selector fight over the pods: each deletes what the other makes.",
    fix="Give each workload a label of its own, and select by it; a golden path selects by name and component.",
    source=f"{WORKLOADS}controllers/deployment/#selector",
)
def selector_overlap(stack: Stack, _options: Options) -> Found:
    for workload in stack.of(*SELECTING):
        selector = workload.root.get("spec", "selector")
        for other, match in selected(stack, workload, selector):
            verdict = every((match, _foreign(other, workload)))
            if verdict is not False and other.label != workload.label and other.group_kind in SELECTING:
                message = f"selects the pods of {other.label} too; select by a label of its own"
                yield workload, selector.problem(message, *doubts([verdict]))
                break


def _foreign(other: Resource, workload: Resource) -> bool | None:
    """Whether a workload did not make the other one, as exported state has a Deployment's ReplicaSets."""
    owners = other.root.get("metadata", "ownerReferences").items()
    verdicts = [same(owner.get("name").value, name_of(workload)) for owner in owners]
    return False if True in verdicts else None if None in verdicts else True


RULES = (several_replicas, pdb_missing, hpa_missing, spread, selector_overlap)
