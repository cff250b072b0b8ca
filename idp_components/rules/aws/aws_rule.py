"""Turning a function over a resource of AWS into a rule for some kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idp_components.rules.field import Problem
from idp_components.rules.model import Framework, Options, Resource, ResourceRule, Severity, aws_kind

FSBP_URL = "https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html"
FSBP = Framework("AWS Foundational Security Best Practices", "v1.0.0", "", FSBP_URL)
Check = Callable[[Resource, Options], Iterator[Problem]]


def aws_rule(
    rule_id: str,
    *kinds: str,
    title: str,
    severity: Severity,
    rationale: str,
    fix: str,
    source: str,
    framework: Framework | None = FSBP,
    tags: tuple[str, ...] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    remedy: Callable[[Resource, Options], dict[str, Any] | None] | None = None,
) -> Callable[[Check], ResourceRule]:
    """Decorates `(resource, options) -> problems` for kinds such as `rds/Instance`. Properties are in Pulumi's camelCase."""

    def rule(check: Check) -> ResourceRule:
        return ResourceRule(
            id=rule_id,
            title=title,
            severity=severity,
            applies=lambda token: aws_kind(token) in kinds,
            check=check,
            rationale=rationale,
            fix=fix,
            source=source,
            framework=framework,
            tags=tags,
            options=options or {},
            remedy=remedy,
        )

    return rule
