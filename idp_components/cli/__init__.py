"""The `idp` command: each subcommand is a thin function over the library, loaded when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

import click

COMMANDS = {
    "up": "Bring stacks up on the sandbox and show what runs.",
    "sandbox": "The embedded engine, control plane and AWS endpoint.",
    "render": "Print the plain manifests of a stack.",
    "graph": "Print who uses what.",
    "catalog": "What exists, who owns it, whether it is well.",
    "portal": "A page over the catalogue, with forms that propose changes.",
    "check": "Judge manifests or a stack by the rules.",
    "emit": "Write what other tools read: Backstage.",
    "schema": "Print the JSON Schemas of the specs.",
}


class _Lazy(click.Group):
    """A group that imports a subcommand's module only to run it: `idp check` must not wait for Pulumi."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (the signature is click's)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"idp_components.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="idp-components")
def main() -> None:
    """Golden paths of the internal developer platform."""


def fail(message: str, code: int = 2) -> NoReturn:
    """End with an error for people on stderr."""
    click.secho(f"error: {message}", fg="red", err=True)
    sys.exit(code)
