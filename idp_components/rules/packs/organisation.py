"""The pack `idp-organisation`: what the organisation agreed on: owners, names, places."""

from idp_components.rules.levels import ADVICE, ALWAYS, ON_REQUEST, PRODUCTION, RELAXED
from idp_components.rules.organisation import data, kubernetes, places, tags, waivers
from idp_components.rules.packs.model import Pack

ORGANISATION = Pack(
    name="idp-organisation",
    description="What the organisation agreed on: owners, names, places.",
    levels={
        # What a waiver excused blocks again by itself, in the stacks that it was for and no others.
        waivers.invalid: ADVICE,
        waivers.never: ADVICE,
        waivers.expired: ADVICE,
        waivers.unused: ADVICE,
        waivers.too_wide: RELAXED,
        waivers.unknown_reference: RELAXED,
        # Kubernetes
        kubernetes.team_label: RELAXED,
        kubernetes.environment_label: RELAXED,
        kubernetes.cost_centre_label: PRODUCTION,
        kubernetes.name_label: ADVICE,
        kubernetes.namespace_name: RELAXED,
        tags.required_tags: RELAXED,
        tags.tag_values: ADVICE,
        places.approved_regions: ALWAYS,
        places.instance_classes: RELAXED,
        places.names: ADVICE,
        data.database_golden_path: PRODUCTION,
        data.protected_data: PRODUCTION,
        data.budget: ON_REQUEST,
    },
)
