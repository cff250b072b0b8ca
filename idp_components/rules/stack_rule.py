"""Turning a function over a stack into a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Unpack

from idp_components.rules.about import About
from idp_components.rules.field import Problem
from idp_components.rules.model import Options, Resource, Stack, StackRule

Found = Iterator[tuple[Resource, Problem]]
Check = Callable[[Stack, Options], Found]


def stack_rule(rule_id: str, **about: Unpack[About]) -> Callable[[Check], StackRule]:
    """Decorates `(stack, options) -> (resource, problem)` pairs."""
    return lambda check: StackRule(id=rule_id, check=check, **about)
