"""The pack `idp-ephemeral`: what environments that come and go must have to go again."""

from idp_components.rules.aws import ephemeral as aws
from idp_components.rules.kubernetes import ephemeral as kubernetes
from idp_components.rules.levels import ALWAYS, PREVIEW
from idp_components.rules.packs.model import Pack, each

EPHEMERAL = Pack(
    name="idp-ephemeral",
    description="What environments that come and go must have to go again.",
    levels={
        # These two know such an environment by its marks, also in a file that no stack's name goes with.
        kubernetes.expiry: ALWAYS,
        kubernetes.owner: ALWAYS,
        kubernetes.job_ttl: PREVIEW,
        # AWS
        **each(aws.RULES, PREVIEW),
    },
)
