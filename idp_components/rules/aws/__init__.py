"""Rules about resources of AWS."""

from idp_components.rules.model import Rule

RULES: tuple[Rule, ...] = ()
