"""Turning a function over a pod into a rule for every kind that carries one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from idp_components.rules.field import Problem
from idp_components.rules.model import Framework, Options, Resource, ResourceRule, Severity, group_kind
from idp_components.rules.pod import TEMPLATES, Pod

POD_SECURITY_URL = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
BASELINE = Framework("Pod Security Standards", "v1.36", "Baseline", POD_SECURITY_URL)
RESTRICTED = Framework("Pod Security Standards", "v1.36", "Restricted", POD_SECURITY_URL)


def carries_pod(token: str) -> bool:
    """Whether resources of this type are pods or make pods."""
    return group_kind(token) in TEMPLATES


def pod_rule(
    rule_id: str,
    *,
    title: str,
    severity: Severity,
    rationale: str,
    fix: str,
    source: str = POD_SECURITY_URL,
    framework: Framework | None = None,
    tags: tuple[str, ...] = (),
) -> Callable[[Callable[[Pod], Iterator[Problem]]], ResourceRule]:
    """Decorates `(pod) -> problems`."""

    def rule(judge: Callable[[Pod], Iterator[Problem]]) -> ResourceRule:
        def check(resource: Resource, _options: Options) -> Iterator[Problem]:
            return judge(resource.pod)

        return ResourceRule(
            id=rule_id,
            title=title,
            severity=severity,
            applies=carries_pod,
            check=check,
            rationale=rationale,
            fix=fix,
            source=source,
            framework=framework,
            tags=tags,
        )

    return rule
