"""Rules about what an organisation agreed on: owners, names, places, sizes, lifetimes."""

from idp_components.rules.organisation import waivers

RULES = (*waivers.RULES,)
