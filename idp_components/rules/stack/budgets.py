"""Rules about PodDisruptionBudgets: each selects something, lets nodes be emptied, and is the only one of its pods."""

from __future__ import annotations

from functools import partial

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.amounts import pods
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import doubts
from idp_components.rules.stack.index import Match, none_selected, selected, turned
from idp_components.rules.stack.matching import is_open
from idp_components.rules.stack.scaling import SCALED, least, replicas
from idp_components.rules.stack_rule import Found, stack_rule

BUDGET = ("policy", "PodDisruptionBudget")
SOURCE = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/"
LASTING = tuple(kind for kind in TEMPLATES if kind[0] != "batch")


def protected_by(budget: Resource, stack: Stack) -> list[Match]:
    """The workloads that a budget selects."""
    return _selected(stack, budget.home, budget.root.get("spec", "selector"))


def _selected(stack: Stack, namespace: object, selector: Field, *, later: bool = False) -> list[Match]:
    chosen = selected(stack, namespace, selector, later=later)
    return [(workload, verdict) for workload, verdict in chosen if workload.group_kind in LASTING]


def budgets_of(stack: Stack) -> dict[int, list[Match]]:
    """The budgets of each workload, by its `id()`."""
    return turned((budget, protected_by(budget, stack)) for budget in stack.of(BUDGET))


def keeps_some(budget: Resource, count: float) -> bool | None:
    """Whether a budget keeps one at least of so many pods."""
    most, fewest = (budget.root.get("spec", key).value for key in ("maxUnavailable", "minAvailable"))
    if UNKNOWN in (most, fewest):
        return None
    if most is not None:
        may_go = pods(most, count, up=True)
        return may_go is None or may_go < count
    return fewest is None or pods(fewest, count, up=True) != 0


@stack_rule(
    "stack-pdb-selects-pods",
    title="A PodDisruptionBudget selects pods.",
    severity=Severity.MEDIUM,
    rationale="A budget whose selector matches nothing protects nothing, and nobody notices before the nodes are replaced.",
    fix="Select by the labels of the pod template; a golden path writes both from one place.",
    source=SOURCE,
)
def pdb_selects_pods(stack: Stack, _options: Options) -> Found:
    hidden = is_open(stack)
    for budget in stack.of(BUDGET):
        selector = budget.root.get("spec", "selector")
        if selector.value in (None, UNKNOWN):
            yield budget, selector.problem("is unset and selects nothing; use the labels of a pod template")
        elif not hidden:
            choose = partial(_selected, stack, selector=selector, later=True)
            yield from ((budget, problem) for problem in none_selected(stack, budget, selector, LASTING, choose))


@stack_rule(
    "stack-pdb-allows-disruption",
    title="A PodDisruptionBudget lets one pod go at a time.",
    severity=Severity.MEDIUM,
    rationale="A budget that allows no disruption stops every drain of a node: upgrades of the cluster hang until somebody deletes it.",
    fix="Use maxUnavailable: 1; a golden path does.",
    source=f"{SOURCE}#think-about-how-your-application-reacts-to-disruptions",
)
def pdb_allows_disruption(stack: Stack, _options: Options) -> Found:
    for budget in stack.of(BUDGET):
        most, fewest = budget.root.get("spec", "maxUnavailable"), budget.root.get("spec", "minAvailable")
        if most.value is UNKNOWN or (most.value is not None and pods(most.value, 100, up=True) == 0):
            yield budget, most.problem("lets no pod go; use 1")
        elif most.value is None and fewest.value is not None:
            yield from _all_are_needed(stack, budget, fewest)


def _all_are_needed(stack: Stack, budget: Resource, fewest: Field) -> Found:
    if fewest.value is UNKNOWN or (pods(fewest.value, 0) == 0 and (pods(fewest.value, 100) or 0) >= 100):
        yield budget, fewest.problem("lets no pod go; use maxUnavailable: 1 instead")
        return
    chosen = protected_by(budget, stack)
    count = _together(stack, chosen)
    for workload, verdict in chosen:
        running = replicas(stack, workload)
        if workload.group_kind not in SCALED or (count is None and running.value is not UNKNOWN):
            continue
        needed = pods(fewest.value, count or 0, up=True)
        if running.value is UNKNOWN or (count and needed is not None and needed >= count):
            yield (
                budget,
                fewest.problem("is as many pods as there are: none may go; use maxUnavailable: 1 instead", running, *doubts([verdict])),
            )
            return


def _together(stack: Stack, chosen: list[Match]) -> float | None:
    """The pods of all workloads under one budget; none where one's number isn't known or isn't theirs to say."""
    counts = [least(replicas(stack, workload)) if workload.group_kind in SCALED else None for workload, _ in chosen]
    return None if None in counts else sum(filter(None, counts))


@stack_rule(
    "stack-pdb-one-per-pod",
    title="A pod has one PodDisruptionBudget at most.",
    severity=Severity.MEDIUM,
    rationale="The API server refuses to evict a pod that two budgets select: the drain of its node never ends.",
    fix="Remove one of them; a golden path brings its own.",
    source="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets",
)
def pdb_one_per_pod(stack: Stack, _options: Options) -> Found:
    seen: dict[int, tuple[Resource, bool | None]] = {}
    for budget in stack.of(BUDGET):
        for workload, verdict in protected_by(budget, stack):
            first, sure = seen.setdefault(id(workload), (budget, verdict))
            if first is not budget:
                message = f"selects {workload.label}, which has a budget already; remove one"
                yield budget, budget.root.get("spec", "selector").problem(message, *doubts([verdict, sure]))
                break


RULES = (pdb_selects_pods, pdb_allows_disruption, pdb_one_per_pod)
