"""The pack `idp-cost`: what is paid for without need."""

from idp_components.rules.aws import audit
from idp_components.rules.levels import RELAXED
from idp_components.rules.packs.model import Pack

COST = Pack(
    name="idp-cost",
    description="What is paid for without need.",
    levels={
        # Logs at AWS
        audit.log_retention: RELAXED,
    },
)
