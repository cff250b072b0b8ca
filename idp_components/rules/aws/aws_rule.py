"""Turning a function over a resource of AWS into a rule for some kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Unpack

from idp_components.rules.about import AboutResource
from idp_components.rules.field import Problem
from idp_components.rules.model import Framework, Options, Resource, ResourceRule, aws_kind

FSBP_URL = "https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html"
FSBP = Framework("AWS Foundational Security Best Practices", "v1.0.0", "", FSBP_URL)
Check = Callable[[Resource, Options], Iterator[Problem]]


def aws_rule(rule_id: str, *kinds: str, **about: Unpack[AboutResource]) -> Callable[[Check], ResourceRule]:
    """Decorates `(resource, options) -> problems` for kinds such as `rds/Instance`. Properties are in Pulumi's camelCase.

    Without another `framework` it is a rule of AWS' own practices.
    """
    about.setdefault("framework", FSBP)
    return lambda check: ResourceRule(id=rule_id, applies=lambda token: aws_kind(token) in kinds, check=check, **about)
