"""Rules: pure functions over a resource's properties. The same ones judge a unit test, a preview, a stack and any manifest file."""

from collections.abc import Iterable, Mapping

from idp_components.rules import evaluate, image, pod_security_baseline, pod_security_restricted, workload
from idp_components.rules.field import UNKNOWN
from idp_components.rules.model import Finding, Options, Resource, Rule

ALL: tuple[Rule, ...] = (*pod_security_baseline.RULES, *pod_security_restricted.RULES, *image.RULES, *workload.RULES)


def findings(
    resources: Iterable[Resource], rules: Iterable[Rule] = ALL, options: Mapping[str, Options] = evaluate.NO_OPTIONS
) -> list[Finding]:
    """All that the rules find in these resources. `options` is keyed by the rule's id."""
    judge = evaluate.Judge(rules, options)
    return [finding for resource in resources for finding in judge.findings(resource)]


__all__ = ["ALL", "UNKNOWN", "Finding", "Options", "Resource", "Rule", "findings"]
