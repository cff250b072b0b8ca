"""The `idp` command: each subcommand is a thin function over the library, loaded when it is asked for."""

from __future__ import annotations

import atexit
import gc
import sys
from typing import NoReturn

import click

from idp_components.cli.lazy import Later, Lazy

COMMANDS = {
    "up": Later("up", "up", "Bring stacks up on the sandbox and show what runs."),
    "sandbox": Later("sandbox", "sandbox", "The embedded engine, control plane and AWS endpoint."),
    "env": Later("env", "env", "Environments that end."),
    "render": Later("render", "render", "Print the plain manifests of a stack."),
    "graph": Later("graph", "graph", "Print who uses what."),
    "catalog": Later("catalog", "catalog", "What exists, who owns it, whether it is well."),
    "portal": Later("portal", "portal", "A page over the catalogue, with forms that propose changes."),
    "survey": Later("survey", "survey", "Ask developers where their time goes; say what would help."),
    "check": Later("check", "check", "Judge manifests, a stack, a plan or a state by the rules."),
    "waivers": Later("waivers", "waivers", "The reviewed exceptions from the rules."),
    "rules": Later("rules", "rules", "Show the rules, or write their reference page."),
    "cost": Later("cost", "cost", "Estimate what stacks cost."),
    "emit": Later("emit", "emit", "Write what other tools read: rules for OPA and the API server, pipelines, Backstage's catalogue."),
    "import": Later("import_", "import_", "Write a team's file out of another system's."),
    "schema": Later("schema", "schema", "Print the JSON Schemas of the specs."),
}

atexit.register(gc.freeze)  # Python looks through all that is left when it ends, though the process takes it along


@click.group(cls=Lazy, later=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="idp-components")
def main() -> None:
    """Golden paths of the internal developer platform."""


def fail(message: str, code: int = 2) -> NoReturn:
    """End with an error for people on stderr."""
    click.secho(f"error: {message}", fg="red", err=True)
    sys.exit(code)
