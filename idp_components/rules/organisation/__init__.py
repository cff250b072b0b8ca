"""Rules about what an organisation agreed on: owners, names, places, sizes, lifetimes."""

from idp_components.rules.model import Rule
from idp_components.rules.organisation import data, places, tags

RULES: tuple[Rule, ...] = (*tags.RULES, *places.RULES, *data.RULES)
