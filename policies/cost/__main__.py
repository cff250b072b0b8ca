"""Serves the policy pack `idp-cost` to the Pulumi engine."""

from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import COST

serve(COST, Path(__file__).parent)
