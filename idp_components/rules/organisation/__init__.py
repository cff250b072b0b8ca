"""Rules about what an organisation agreed on: owners, names, places, sizes, lifetimes."""

from idp_components.rules.model import Rule
from idp_components.rules.organisation import data, kubernetes, places, tags, waivers

RULES: tuple[Rule, ...] = (*kubernetes.RULES, *tags.RULES, *places.RULES, *data.RULES, *waivers.RULES)
