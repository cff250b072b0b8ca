"""Rules about resources of AWS."""

from idp_components.rules.aws import (
    analytics,
    cluster_instances,
    dynamodb,
    ecr,
    elasticache,
    ephemeral,
    messaging,
    rds,
    rds_operation,
    rds_tls,
    s3,
    s3_bucket,
    secrets,
    storage,
)
from idp_components.rules.model import Rule

RULES: tuple[Rule, ...] = (
    *rds.RULES,
    *rds_tls.RULES,
    *rds_operation.RULES,
    *cluster_instances.RULES,
    *s3.RULES,
    *s3_bucket.RULES,
    *storage.RULES,
    *messaging.RULES,
    *elasticache.RULES,
    *dynamodb.RULES,
    *secrets.RULES,
    *ecr.RULES,
    *analytics.RULES,
    *ephemeral.RULES,
)
