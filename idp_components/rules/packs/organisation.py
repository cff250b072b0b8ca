"""The pack `idp-organisation`: what the organisation agreed on: owners, names, places."""

from idp_components.rules.levels import ADVICE, ALWAYS, ON_REQUEST, PRODUCTION, RELAXED
from idp_components.rules.organisation import data, places, tags
from idp_components.rules.packs.model import Pack

ORGANISATION = Pack(
    name="idp-organisation",
    description="What the organisation agreed on: owners, names, places.",
    levels={
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
