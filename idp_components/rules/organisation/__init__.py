"""Rules about what an organisation agreed on: owners, names, places, sizes, lifetimes."""

from idp_components.rules.model import Rule
from idp_components.rules.organisation import kubernetes, waivers

RULES: tuple[Rule, ...] = (*kubernetes.RULES, *waivers.RULES)
