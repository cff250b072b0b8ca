"""Policy packs: which rule counts how much in which environment. `policies/` serves each to the Pulumi engine."""

from idp_components.rules.levels import Level
from idp_components.rules.model import Rule
from idp_components.rules.packs.cost import COST
from idp_components.rules.packs.ephemeral import EPHEMERAL
from idp_components.rules.packs.model import Pack
from idp_components.rules.packs.organisation import ORGANISATION
from idp_components.rules.packs.reliability import RELIABILITY
from idp_components.rules.packs.security import SECURITY

PACKS: tuple[Pack, ...] = (SECURITY, RELIABILITY, COST, ORGANISATION, EPHEMERAL)
"""All of them; every rule is in exactly one."""


def levels(environment: str) -> dict[Rule, Level]:
    """The level of every rule in an environment."""
    return {rule: pack.level(rule, environment) for pack in PACKS for rule in pack.rules}


def active(environment: str) -> list[Rule]:
    """The rules that count in an environment."""
    return [rule for rule, level in levels(environment).items() if level is not Level.DISABLED]


__all__ = ["COST", "EPHEMERAL", "ORGANISATION", "PACKS", "RELIABILITY", "SECURITY", "Pack", "active", "levels"]
