"""`idp emit`: write what other tools read."""

from __future__ import annotations

import click

from idp_components.cli.lazy import Later, Lazy

COMMANDS = {
    "rego": Later("emit_rules", "emit_rego", "The rules about Kubernetes objects for OPA, conftest and Gatekeeper."),
    "admission-policy": Later("emit_rules", "emit_admission_policy", "The same for the API server itself."),
    "backstage": Later("emit_backstage", "backstage", "Entities, templates and docs for Backstage."),
    "ci": Later("emit_files", "ci", "Pipelines for the environments of pull requests."),
    "uffizzi": Later("emit_files", "uffizzi", "A stack's compose file for Uffizzi."),
}


@click.group(cls=Lazy, later=COMMANDS)
def emit() -> None:
    """Write what other tools read."""
