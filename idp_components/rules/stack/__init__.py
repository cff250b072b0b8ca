"""Rules about how the resources of a stack fit together."""

from idp_components.rules.model import Rule
from idp_components.rules.stack import iam, network

RULES: tuple[Rule, ...] = (*iam.RULES, *network.RULES)
