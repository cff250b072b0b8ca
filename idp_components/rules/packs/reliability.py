"""The pack `idp-reliability`: what keeps a service running beside others, through a rollout, and after a mistake."""

from idp_components.rules.aws import lambda_function, load_balancer
from idp_components.rules.kubernetes import workload
from idp_components.rules.levels import ADVICE, PRODUCTION, RELAXED
from idp_components.rules.packs.model import Pack

RELIABILITY = Pack(
    name="idp-reliability",
    description="What keeps a service running: room on the node, probes, replicas, backups.",
    levels={
        workload.resource_requests: RELAXED,
        workload.memory_limit: RELAXED,
        # Functions and load balancers at AWS
        lambda_function.tracing: ADVICE,
        lambda_function.concurrency: ADVICE,
        lambda_function.dead_letters: ADVICE,
        load_balancer.deletion_protection: PRODUCTION,
    },
)
