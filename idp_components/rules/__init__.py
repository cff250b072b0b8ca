"""Rules: pure functions over a resource's properties. The same ones judge a unit test, a preview, a stack and any manifest file."""

from collections.abc import Iterable, Mapping

from idp_components.rules import aws, cost, evaluate, kubernetes, organisation, stack
from idp_components.rules.field import UNKNOWN
from idp_components.rules.model import Finding, Options, Resource, Rule, Stack

ALL: tuple[Rule, ...] = (*kubernetes.RULES, *aws.RULES, *organisation.RULES, *cost.RULES, *stack.RULES)


def findings(
    resources: Iterable[Resource], rules: Iterable[Rule] = ALL, options: Mapping[str, Options] = evaluate.NO_OPTIONS
) -> list[Finding]:
    """All that the rules find in each of these resources. `options` is keyed by the rule's id."""
    judge = evaluate.Judge(rules, options)
    return [finding for resource in resources for finding in judge.findings(resource)]


def stack_findings(
    resources: Iterable[Resource], rules: Iterable[Rule] = ALL, options: Mapping[str, Options] = evaluate.NO_OPTIONS
) -> list[Finding]:
    """All that the rules about whole stacks find in these resources taken together."""
    return list(evaluate.Judge(rules, options).stack_findings(Stack(resources)))


__all__ = ["ALL", "UNKNOWN", "Finding", "Options", "Resource", "Rule", "Stack", "findings", "stack_findings"]
