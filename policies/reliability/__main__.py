"""Serves the policy pack `idp-reliability` to the Pulumi engine."""

from idp_components.rules.crossguard import serve
from idp_components.rules.packs import RELIABILITY

serve(RELIABILITY)
