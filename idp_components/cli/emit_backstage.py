"""`idp emit backstage`: entities, templates and docs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from idp_components.backstage import files
from idp_components.backstage.templates import PUBLISH
from idp_components.catalog import build
from idp_components.catalog.declared import answer
from idp_components.cli import fail
from idp_components.core.spec import SpecError
from idp_components.project import find_root
from idp_components.stack import teams

PRODUCTION = "production"


@click.command()
@click.argument("stacks", nargs=-1)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=Path("backstage"), show_default=True)
@click.option("--domain", default="idp", show_default=True, help="Name of the Domain that all systems belong to.")
@click.option("--publish", type=click.Choice(list(PUBLISH)), help="Where templates propose their result. Default: they only write it.")
def backstage(stacks: tuple[str, ...], output: Path, domain: str, publish: str | None) -> None:
    """Write what STACKS declare, by default each team's production stack, as Backstage entities, and a template per golden path.

    Point Backstage's `catalog.locations` to catalog-info.yaml in the folder.
    """
    try:
        names = stacks or tuple(f"{team}-{PRODUCTION}" for team in teams(find_root() / "stacks" / "teams"))
        catalog = build([answer(stack) for stack in names], None, datetime.now(UTC))
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    found = files.files(catalog, domain, publish or "")
    files.write(output, found)
    click.echo(f"{len(found)} files in {output}; point Backstage's catalog.locations to {output / files.ROOT}")
