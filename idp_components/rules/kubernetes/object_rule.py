"""Turning a function over a Kubernetes object into a rule for some kinds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Unpack

from idp_components.rules.about import AboutResource
from idp_components.rules.field import Problem
from idp_components.rules.model import Options, Resource, ResourceRule, group_kind

Check = Callable[[Resource, Options], Iterator[Problem]]


def object_rule(rule_id: str, kinds: Collection[tuple[str, str]], **about: Unpack[AboutResource]) -> Callable[[Check], ResourceRule]:
    """Decorates `(resource, options) -> problems` for kinds such as `("core", "Service")`."""
    return lambda check: ResourceRule(id=rule_id, applies=lambda token: group_kind(token) in kinds, check=check, **about)
