"""The pack `idp-cost`: what is paid for without need."""

from idp_components.rules.packs.model import Pack

COST = Pack(name="idp-cost", description="What is paid for without need.", levels={})
