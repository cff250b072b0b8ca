"""The pack `idp-ephemeral`: what environments that come and go must have to go again."""

from idp_components.rules.packs.model import Pack

EPHEMERAL = Pack(name="idp-ephemeral", description="What environments that come and go must have to go again.", levels={})
