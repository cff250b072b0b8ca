"""The pack `idp-reliability`: what keeps a service running beside others, through a rollout, and after a mistake."""

from idp_components.rules.aws import (
    cluster_instances,
    dynamodb,
    elasticache,
    lambda_function,
    load_balancer,
    messaging,
    rds_operation,
    s3_bucket,
    storage,
)
from idp_components.rules.kubernetes import probes, resources, rollout, selector, workload
from idp_components.rules.levels import ADVICE, ON_REQUEST, ONLY_PRODUCTION, PRODUCTION, PRODUCTION_ADVICE, RELAXED
from idp_components.rules.packs.model import Pack, each
from idp_components.rules.stack import autoscalers, budgets, data_without_backup, routes, services, workloads

RELIABILITY = Pack(
    name="idp-reliability",
    description="What keeps a service running: room on the node, probes, replicas, backups.",
    levels={
        # Kubernetes: pods
        workload.resource_requests: RELAXED,
        workload.memory_limit: RELAXED,
        **each(resources.RULES, RELAXED),
        **each(probes.RULES, RELAXED),
        rollout.rolling_update: PRODUCTION,
        rollout.grace_period: RELAXED,
        rollout.host_aliases: ADVICE,
        **each(selector.RULES, RELAXED),
        # Kubernetes: how objects fit together
        services.service_selects_pods: RELAXED,
        services.service_port: RELAXED,
        routes.route_backend: RELAXED,
        **each(budgets.RULES, RELAXED),
        **each(autoscalers.RULES, RELAXED),
        workloads.selector_overlap: RELAXED,
        workloads.several_replicas: PRODUCTION,
        workloads.pdb_missing: PRODUCTION,
        workloads.spread: PRODUCTION,
        workloads.hpa_missing: PRODUCTION_ADVICE,
        # Functions and load balancers at AWS
        lambda_function.tracing: ADVICE,
        lambda_function.concurrency: ADVICE,
        lambda_function.dead_letters: ADVICE,
        load_balancer.deletion_protection: PRODUCTION,
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
