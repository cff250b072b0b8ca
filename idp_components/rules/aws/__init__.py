"""Rules about resources of AWS."""

from idp_components.rules.aws import (
    audit,
    ec2,
    edge,
    eks,
    iam_identity,
    iam_oidc,
    iam_policy,
    iam_principal,
    lambda_function,
    load_balancer,
    privilege_escalation,
    security_group,
)
from idp_components.rules.model import Rule

RULES: tuple[Rule, ...] = (
    *iam_policy.RULES,
    *iam_principal.RULES,
    *iam_oidc.RULES,
    *privilege_escalation.RULES,
    *iam_identity.RULES,
    *security_group.RULES,
    *ec2.RULES,
    *eks.RULES,
    *lambda_function.RULES,
    *load_balancer.RULES,
    *edge.RULES,
    *audit.RULES,
)
