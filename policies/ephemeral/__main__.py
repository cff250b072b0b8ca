"""Serves the policy pack `idp-ephemeral` to the Pulumi engine."""

from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import EPHEMERAL

serve(EPHEMERAL, Path(__file__).parent)
