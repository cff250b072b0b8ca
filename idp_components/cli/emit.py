"""`idp emit`: write what other tools read."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {"backstage": "Entities, templates and docs for Backstage."}


class _Lazy(click.Group):
    """Imports a subcommand's module only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (the signature is click's)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"idp_components.cli.emit_{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy)
def emit() -> None:
    """Write what other tools read."""
