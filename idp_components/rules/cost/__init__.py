"""Rules about what is paid for without need."""

from idp_components.rules.cost import capacity, disks, instances, leftovers
from idp_components.rules.model import Rule

RULES: tuple[Rule, ...] = (*disks.RULES, *instances.RULES, *capacity.RULES, *leftovers.RULES)
