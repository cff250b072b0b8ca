"""`idp env`: environments that end."""

from __future__ import annotations

import click

from idp_components.cli.env_comment import comment


@click.group()
def env() -> None:
    """Environments that end: of a pull request (<team>-pr-<number>) or a person (<team>-user-<name>)."""


env.add_command(comment)
