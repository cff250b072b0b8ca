"""Levels: how serious a finding is in which environment."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from idp_components.core.stack_name import environment_in

ENVIRONMENTS = ("preview", "dev", "staging", "production")
STRICTEST = "production"
"""The environment that is assumed where none is named."""


class Level(StrEnum):
    DISABLED = "disabled"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"


Levels = Mapping[str, Level]
"""A rule's level, by environment."""


def by_environment(preview: Level, dev: Level, staging: Level, production: Level) -> Levels:
    """One level for each environment."""
    return dict(zip(ENVIRONMENTS, (preview, dev, staging, production), strict=True))


ALWAYS = by_environment(*[Level.MANDATORY] * 4)
"""No environment is an excuse: what an intruder needs, and what can't be repaired afterwards."""
RELAXED = by_environment(Level.ADVISORY, Level.ADVISORY, Level.MANDATORY, Level.MANDATORY)
"""Only advice where nobody depends on the environment."""
ADVICE = by_environment(*[Level.ADVISORY] * 4)
"""Rules with honest exceptions."""
PRODUCTION = by_environment(Level.DISABLED, Level.DISABLED, Level.ADVISORY, Level.MANDATORY)
"""What costs money that only production is worth."""
PRODUCTION_ADVICE = by_environment(Level.DISABLED, Level.DISABLED, Level.DISABLED, Level.ADVISORY)
"""What production is usually better with."""
ONLY_PRODUCTION = by_environment(Level.DISABLED, Level.DISABLED, Level.DISABLED, Level.MANDATORY)
"""What not even staging pays for."""
BELOW_PRODUCTION = by_environment(Level.ADVISORY, Level.ADVISORY, Level.ADVISORY, Level.DISABLED)
"""What only production is worth."""
ON_REQUEST = by_environment(*[Level.DISABLED] * 4)
"""What depends on things outside of a stack: the pack's owner switches it on where they are there."""
PREVIEW = by_environment(Level.MANDATORY, Level.DISABLED, Level.DISABLED, Level.DISABLED)
"""What only matters for an environment that must go away again."""


def environment_of(stack: str) -> str:
    """The environment in a stack's name (`checkout-dev`, `acme/idp/checkout-dev`), or the strictest if it names none that is known.

    That of a pull request (`checkout-pr-42`) or a person (`checkout-user-alice`) is a preview.
    """
    environment = environment_in(stack)
    if environment.startswith(("pr-", "user-")):
        return "preview"
    return environment or STRICTEST
