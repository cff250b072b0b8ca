"""Rules about how the resources of a stack fit together."""

from idp_components.rules.model import Rule
from idp_components.rules.stack import data_without_backup

RULES: tuple[Rule, ...] = (*data_without_backup.RULES,)
