"""The pack `idp-reliability`: what keeps a service running beside others, through a rollout, and after a mistake."""

from idp_components.rules.aws import lambda_function, load_balancer
from idp_components.rules.kubernetes import probes, resources, rollout, selector, workload
from idp_components.rules.levels import ADVICE, PRODUCTION, PRODUCTION_ADVICE, RELAXED
from idp_components.rules.packs.model import Pack, each
from idp_components.rules.stack import autoscalers, budgets, services, workloads

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
        services.route_backend: RELAXED,
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
    },
)
