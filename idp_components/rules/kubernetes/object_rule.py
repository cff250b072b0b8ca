"""Turning a function over a Kubernetes object into a rule for some kinds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from idp_components.rules.field import Problem
from idp_components.rules.model import Framework, Options, Resource, ResourceRule, Severity, group_kind

Check = Callable[[Resource, Options], Iterator[Problem]]


def object_rule(
    rule_id: str,
    kinds: Collection[tuple[str, str]],
    *,
    title: str,
    severity: Severity,
    rationale: str,
    fix: str,
    source: str,
    framework: Framework | None = None,
    tags: tuple[str, ...] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    remedy: Callable[[Resource, Options], dict[str, Any] | None] | None = None,
) -> Callable[[Check], ResourceRule]:
    """Decorates `(resource, options) -> problems` for kinds such as `("core", "Service")`."""

    def rule(check: Check) -> ResourceRule:
        return ResourceRule(
            id=rule_id,
            title=title,
            severity=severity,
            applies=lambda token: group_kind(token) in kinds,
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
