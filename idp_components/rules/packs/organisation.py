"""The pack `idp-organisation`: what the organisation agreed on: owners, names, places."""

from idp_components.rules.packs.model import Pack

ORGANISATION = Pack(name="idp-organisation", description="What the organisation agreed on: owners, names, places.", levels={})
