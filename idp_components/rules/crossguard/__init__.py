"""CrossGuard: serves rules as a policy pack of the Pulumi engine, one decoding and one pass per resource.

The policy SDK decodes a resource again for every policy, hides unknown values behind an exception that ends the policy, and shows
integers as floats. This package speaks the engine's protocol (`pulumi/analyzer.proto`) itself; the pack's folder, its
configuration and the display of its findings are the same.
"""

from idp_components.rules.crossguard.analyzer import Analyzer
from idp_components.rules.crossguard.server import serve

__all__ = ["Analyzer", "serve"]
