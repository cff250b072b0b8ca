"""Levels: how serious a finding is in which environment. Packs and `idp check` read it here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from idp_components.rules.model import Rule

STRICTEST = "production"
"""The environment that is assumed where none is named."""
RELAXED = frozenset({"preview", "dev"})
"""Environments that nobody depends on: the rules about running well only advise there."""

ALWAYS_ADVISORY = frozenset({"kubernetes-default-namespace", "kubernetes-service-account-token"})
"""Rules with honest exceptions: a manifest that gets its namespace later, an operator that needs the API."""
RELAXED_ADVISORY = frozenset({"kubernetes-memory-limit", "kubernetes-read-only-root-filesystem", "kubernetes-resource-requests"})


class Level(StrEnum):
    DISABLED = "disabled"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"


def level(rule: Rule, environment: str) -> Level:
    """The level of a rule in an environment. All of the Pod Security Standards is mandatory everywhere."""
    if rule.id in ALWAYS_ADVISORY or (environment in RELAXED and rule.id in RELAXED_ADVISORY):
        return Level.ADVISORY
    return Level.MANDATORY


def levels(rules: tuple[Rule, ...], environment: str) -> Mapping[str, Level]:
    """The level of each rule, by its id."""
    return {rule.id: level(rule, environment) for rule in rules}


def environment_of(stack: str) -> str:
    """The environment in a stack's name (`checkout-dev`, `acme/idp/checkout-dev`), or the strictest if it names no relaxed one."""
    last = stack.rpartition("-")[2]
    return last if last in RELAXED or last == "staging" else STRICTEST
