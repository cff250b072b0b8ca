"""Serves the policy pack `idp-all` to the Pulumi engine."""

from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import ALL_IN_ONE

serve(ALL_IN_ONE, Path(__file__).parent)
