"""The pack `idp-ephemeral`: what environments that come and go must have to go again."""

from idp_components.rules.aws import ephemeral
from idp_components.rules.levels import PREVIEW
from idp_components.rules.packs.model import Pack, each

EPHEMERAL = Pack(
    name="idp-ephemeral",
    description="What environments that come and go must have to go again.",
    levels={
        # AWS
        **each(ephemeral.RULES, PREVIEW),
    },
)
