"""Exports: the rules about Kubernetes objects for gates that don't run Python: OPA, conftest, Gatekeeper, the API server itself.

`<subject>.yaml` holds the two other forms of a rule beside each other, each a few lines. They are written by hand, so that they can
be read, and held to the rule's verdicts by the tests, over the cases of the rules, with the real `opa` and the real API server.
"""

from idp_components.rules.exports.forms import Form, form, not_exported

__all__ = ["Form", "form", "not_exported"]
