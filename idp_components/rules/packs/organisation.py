"""The pack `idp-organisation`: what the organisation agreed on: owners, names, places."""

from idp_components.rules.levels import ADVICE, RELAXED
from idp_components.rules.organisation import waivers
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
    },
)
