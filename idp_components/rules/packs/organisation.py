"""The pack `idp-organisation`: what the organisation agreed on: owners, names, places."""

from idp_components.rules.levels import ADVICE, PRODUCTION, RELAXED
from idp_components.rules.organisation import kubernetes
from idp_components.rules.packs.model import Pack

ORGANISATION = Pack(
    name="idp-organisation",
    description="What the organisation agreed on: owners, names, places.",
    levels={
        # Kubernetes
        kubernetes.team_label: RELAXED,
        kubernetes.environment_label: RELAXED,
        kubernetes.cost_centre_label: PRODUCTION,
        kubernetes.name_label: ADVICE,
        kubernetes.namespace_name: RELAXED,
    },
)
