"""Serves the policy pack `idp-ephemeral` to the Pulumi engine."""

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import EPHEMERAL

serve(EPHEMERAL)
