"""`idp import`: write a team's file out of what another system knows."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from idp_components.cli import fail
from idp_components.cli.emit_files import FORCE, OUTPUT, write
from idp_components.compose.importer import project
from idp_components.compose.team_file import team_file
from idp_components.core.spec import SpecError, check_name


@click.group(name="import")
def import_() -> None:
    """Write a team's file out of another system's."""


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--team", required=True, help="Name of the team.")
@OUTPUT
@FORCE
def uffizzi(file: Path, team: str, output: Path | None, force: bool) -> None:
    """The file stacks/teams/<team>.py out of Uffizzi's compose FILE; what couldn't come along is listed.

    \b
    Example: idp import uffizzi docker-compose.uffizzi.yml --team vote --output stacks/teams
    """
    try:
        check_name(team, "--team")
        try:
            data = yaml.safe_load(file.read_text())
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise SpecError(f"{file}: can't be read: {error}") from error
        found, left = project(data, str(file))
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    for line in left:
        click.echo(f"not carried: {line}", err=True)
    write(team_file(found, team, file.name), output and output / f"{team.replace('-', '_')}.py", force=force)
