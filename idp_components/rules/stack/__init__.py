"""Rules about how the resources of a stack fit together."""

from idp_components.rules.model import Rule
from idp_components.rules.stack import (
    autoscalers,
    budgets,
    data_without_backup,
    iam,
    network,
    network_policies,
    rights,
    routes,
    services,
    workloads,
)

RULES: tuple[Rule, ...] = (
    *services.RULES,
    *routes.RULES,
    *network_policies.RULES,
    *budgets.RULES,
    *autoscalers.RULES,
    *workloads.RULES,
    *rights.RULES,
    *iam.RULES,
    *network.RULES,
    *data_without_backup.RULES,
)
