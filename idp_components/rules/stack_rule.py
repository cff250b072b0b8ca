"""Turning a function over a stack into a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idp_components.rules.field import Problem
from idp_components.rules.model import Framework, Options, Resource, Severity, Stack, StackRule

Found = Iterator[tuple[Resource, Problem]]
Check = Callable[[Stack, Options], Found]


def stack_rule(
    rule_id: str,
    *,
    title: str,
    severity: Severity,
    rationale: str,
    fix: str,
    source: str,
    framework: Framework | None = None,
    tags: tuple[str, ...] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Check], StackRule]:
    """Decorates `(stack, options) -> (resource, problem)` pairs."""

    def rule(check: Check) -> StackRule:
        return StackRule(
            id=rule_id,
            title=title,
            severity=severity,
            check=check,
            rationale=rationale,
            fix=fix,
            source=source,
            framework=framework,
            tags=tags,
            options=options or {},
        )

    return rule
