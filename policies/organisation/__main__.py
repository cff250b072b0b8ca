"""Serves the policy pack `idp-organisation` to the Pulumi engine."""

from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import ORGANISATION

serve(ORGANISATION, Path(__file__).parent)
