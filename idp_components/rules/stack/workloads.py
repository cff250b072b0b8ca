"""Rules about workloads beside what scales, spreads and protects them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import doubts, every, same, selects, some
from idp_components.rules.stack.budgets import budgets_of, keeps_some
from idp_components.rules.stack.index import Match, agreeing, selected
from idp_components.rules.stack.matching import labels_of, may_bring_anything, name_of
from idp_components.rules.stack.scaling import DEPLOYMENTS, SCALED, has_room, least, replicas, scalers_of
from idp_components.rules.stack_rule import Found, stack_rule

WORKLOADS = "https://kubernetes.io/docs/concepts/workloads/"
ONE_AT_A_TIME = "Recreate"
"""The strategy of a Deployment of which two must never run side by side: one that keeps data of its own."""
MANY = 100
"""Pods that are counted with where their number isn't known."""
CONTROLLER = ("core", "ReplicationController")
TAKING = (("apps", "DaemonSet"), ("apps", "ReplicaSet"), CONTROLLER)
"""What takes any pod that it selects and that nothing owns. A Deployment doesn't: it gives its pods a label more."""
SELECTING = (*SCALED, *TAKING)
POD = ("core", "Pod")
WIDER = (
    *("kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/os"),
    *("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"),
    *("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"),
    *("karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType"),
)
"""Labels of nodes that all of them may have in common; one that an organisation gives itself may mean a rack."""


@stack_rule(
    "stack-replicas",
    title="In production more than one pod of a Deployment answers.",
    severity=Severity.MEDIUM,
    rationale="With a single pod every drain of a node and every crash is an outage.",
    fix="Set replicas to 2 or more, or an autoscaler's minReplicas; a golden path has three in production.",
    source=f"{WORKLOADS}controllers/deployment/",
)
def several_replicas(stack: Stack, _options: Options) -> Found:
    for deployment in stack.of(*DEPLOYMENTS):
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
    if may_bring_anything(stack):
        return
    for workload, field in _several(stack):
        labels = labels_of(workload)
        budgets = stack.once(budgets_of).get(id(workload), [])
        verdicts = [every((verdict, keeps_some(budget, least(field) or MANY))) for budget, verdict in budgets]
        if True not in verdicts:
            message = "are in no PodDisruptionBudget that keeps some of them; add one with maxUnavailable: 1"
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
    if may_bring_anything(stack):
        return
    for deployment in stack.of(*DEPLOYMENTS):
        scalers = scalers_of(stack, deployment)
        verdicts = [every((verdict, has_room(scaler))) for scaler, verdict in scalers]
        if True not in verdicts and (strategy := _strategy(deployment)).value != ONE_AT_A_TIME:
            fix = "let its autoscaler make more pods than it keeps" if scalers else "add a HorizontalPodAutoscaler"
            yield deployment, deployment.root.get("spec", "replicas").problem(f"is fixed; {fix}", strategy, *doubts(verdicts))


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
        verdicts = list(_spreads(workload))
        if True not in verdicts:
            state = "spreads none of the workload's own pods" if verdicts else "is unset"
            place = workload.pod.spec.get("topologySpreadConstraints")
            yield workload, place.problem(f"{state}; spread the workload's own pods over nodes and zones", field, *doubts(verdicts))


def _spreads(workload: Resource) -> Iterator[bool | None]:
    """For each thing that may spread the pods of a workload, whether it does."""
    spec, labels = workload.pod.spec, labels_of(workload)
    anti = spec.get("affinity", "podAntiAffinity")
    preferred = anti.get("preferredDuringSchedulingIgnoredDuringExecution").items()
    terms = [*anti.get("requiredDuringSchedulingIgnoredDuringExecution").items(), *(each.get("podAffinityTerm") for each in preferred)]
    yield from (_keeps_apart(constraint, labels) for constraint in spec.get("topologySpreadConstraints").items())
    yield from (every((_keeps_apart(term, labels), _looks_at(workload.home, term))) for term in terms)


def _keeps_apart(term: Field, labels: Field) -> bool | None:
    """Whether this keeps pods with such labels on different nodes, or in different zones."""
    topology = term.get("topologyKey").value
    over_nodes = None if topology is UNKNOWN else topology not in (None, *WIDER)
    return every((over_nodes, selects(term.get("labelSelector"), labels)))


def _looks_at(namespace: object, term: Field) -> bool | None:
    """Whether anti-affinity is about the pods of a namespace. What a selector of namespaces finds is the cluster's to say: it may."""
    names = list(term.get("namespaces").items())
    if not names or term.get("namespaceSelector").value not in (None, UNKNOWN):
        return True
    found = some(same(namespace, name.value) for name in names)
    return None if found is False and term.get("namespaceSelector").value is UNKNOWN else found


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
        for other, match in _chosen(stack, workload, selector):
            verdict = every((match, _takes(workload, other)))
            if verdict is not False and other.label != workload.label:
                found = other.label if other.group_kind == POD else f"the pods of {other.label}"
                yield workload, selector.problem(f"selects {found} too; select by a label of its own", *doubts([verdict]))
                break


def _chosen(stack: Stack, workload: Resource, selector: Field) -> Iterable[Match]:
    """What a workload selects. A ReplicationController has a plain selector, and without one selects by the labels of its pods."""
    if workload.group_kind != CONTROLLER:
        return selected(stack, workload.home, selector)
    plain = selector if selector.value not in (None, {}) else labels_of(workload)
    return agreeing(stack, workload.home, plain) if plain.value not in (None, {}) else ()


def _takes(workload: Resource, other: Resource) -> bool | None:
    """Whether a workload takes the pods of another for its own: not of what it made, as exported state has a Deployment's ReplicaSets."""
    owners = other.root.get("metadata", "ownerReferences")
    if other.group_kind == POD:
        return every((workload.group_kind in TAKING, None if owners.value is UNKNOWN else owners.value in (None, [])))
    made = some(same(owner.get("name").value, name_of(workload)) for owner in owners.items())
    return every((other.group_kind in SELECTING, None if made is None else not made))


RULES = (several_replicas, pdb_missing, hpa_missing, spread, selector_overlap)
