"""Groups of commands that import a command's module only to run it: `idp check` must not wait for Pulumi."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any, NamedTuple

import click


class Later(NamedTuple):
    """A command that is yet to be imported."""

    module: str
    """Below `idp_components.cli`."""
    function: str
    help: str


class Lazy(click.Group):
    """A group of commands by name, in the order given."""

    def __init__(self, *arguments: Any, later: dict[str, Later], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.later = later

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (the signature is click's)
        return list(self.later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.later:
            return None
        module, function, _ = self.later[cmd_name]
        gc.disable()  # what is imported stays: looking for garbage would only take time
        try:
            command = getattr(import_module(f"idp_components.cli.{module}"), function)
        finally:
            gc.enable()
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.help) for name, each in self.later.items()])
