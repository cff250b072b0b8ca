"""Serves the policy pack `idp-security` to the Pulumi engine."""

from pathlib import Path

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import SECURITY

serve(SECURITY, Path(__file__).parent)
