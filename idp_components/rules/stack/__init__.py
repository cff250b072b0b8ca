"""Rules about how the resources of a stack fit together."""

from idp_components.rules.model import Rule

RULES: tuple[Rule, ...] = ()
