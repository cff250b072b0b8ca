"""The pack `idp-reliability`: what keeps a service running beside others, through a rollout, and after a mistake."""

from idp_components.rules.aws import cluster_instances, dynamodb, elasticache, messaging, rds_operation, s3_bucket, storage
from idp_components.rules.kubernetes import workload
from idp_components.rules.levels import ADVICE, ON_REQUEST, ONLY_PRODUCTION, PRODUCTION, RELAXED
from idp_components.rules.packs.model import Pack
from idp_components.rules.stack import data_without_backup

RELIABILITY = Pack(
    name="idp-reliability",
    description="What keeps a service running: room on the node, probes, replicas, backups.",
    levels={
        workload.resource_requests: RELAXED,
        workload.memory_limit: RELAXED,
        # Data
        data_without_backup.data_without_backup: PRODUCTION,
        rds_operation.backup_retention: PRODUCTION,
        rds_operation.deletion_protection: PRODUCTION,
        rds_operation.final_snapshot: PRODUCTION,
        rds_operation.multi_az: ONLY_PRODUCTION,
        cluster_instances.cluster_multi_az: ONLY_PRODUCTION,
        rds_operation.copy_tags: RELAXED,
        rds_operation.performance_insights: ADVICE,
        rds_operation.enhanced_monitoring: ON_REQUEST,
        dynamodb.point_in_time_recovery: PRODUCTION,
        dynamodb.deletion_protection: PRODUCTION,
        elasticache.failover: ONLY_PRODUCTION,
        elasticache.snapshots: PRODUCTION,
        s3_bucket.versioning: PRODUCTION,
        storage.efs_backup_policy: PRODUCTION,
        storage.backup_vault_force_destroy: PRODUCTION,
        messaging.sqs_dead_letter: ADVICE,
    },
)
