"""Serves the policy pack `idp-reliability` to the Pulumi engine."""

from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import RELIABILITY

serve(RELIABILITY, Path(__file__).parent)
