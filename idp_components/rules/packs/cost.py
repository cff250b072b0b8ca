"""The pack `idp-cost`: what is paid for without need."""

from idp_components.rules.aws import audit, ecr, s3_bucket
from idp_components.rules.cost import capacity, disks, instances, leftovers
from idp_components.rules.levels import ADVICE, BELOW_PRODUCTION, RELAXED
from idp_components.rules.packs.model import Pack, each

COST = Pack(
    name="idp-cost",
    description="What is paid for without need.",
    levels={
        # Logs at AWS
        audit.log_retention: RELAXED,
        **each(disks.RULES, ADVICE),
        instances.previous_generation: ADVICE,
        instances.instance_size: BELOW_PRODUCTION,
        capacity.multi_az: BELOW_PRODUCTION,
        capacity.provisioned_concurrency: BELOW_PRODUCTION,
        capacity.dynamodb_autoscaling: ADVICE,
        capacity.memory_request: ADVICE,
        **each(leftovers.RULES, ADVICE),
        s3_bucket.incomplete_uploads: ADVICE,
        ecr.lifecycle: ADVICE,
    },
)
