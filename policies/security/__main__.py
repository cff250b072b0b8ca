"""Serves the policy pack `idp-security` to the Pulumi engine."""

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import SECURITY

serve(SECURITY)
