"""`idp emit ci` and `idp emit uffizzi`: files for other systems out of what the platform knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import yaml

from idp_components.ci.pipelines import PROVIDERS, PipelineValues, pipeline
from idp_components.cli import fail
from idp_components.compose.export import compose, of_stack
from idp_components.core.spec import SpecError

COMPOSE_FILE = "docker-compose.uffizzi.yml"
OUTPUT = click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Write into this folder instead of printing.")
FORCE = click.option("--force", is_flag=True, help="With --output: replace a file that is there.")


def _values(function: Callable[..., None]) -> Callable[..., None]:
    """An option for each value that a pipeline needs."""
    for name, field in reversed(PipelineValues.model_fields.items()):
        option = click.option(
            f"--{name.replace('_', '-')}", required=field.is_required(), default=None, help=(field.description or "").splitlines()[0]
        )
        function = option(function)
    return function


@click.command()
@click.option("--for", "provider", required=True, type=click.Choice(list(PROVIDERS)), help="Where the pipelines run.")
@_values
@OUTPUT
@FORCE
def ci(provider: str, output: Path | None, force: bool, **said: Any) -> None:
    """Pipelines for the environments of pull requests: open, update, close, and remove what is over.

    \b
    They take roles by the provider's own tokens, with no key stored anywhere, and pull requests of forks get none.
    Example: idp emit ci --for github --team checkout --image registry.example.com/idp@sha256:… --region eu-central-1
      --cluster shop-dev --backend s3://shop-pulumi-state --preview-role arn:… --deploy-role arn:… --output .
    """
    try:
        text = pipeline(provider, PipelineValues.parse({key: value for key, value in said.items() if value is not None}, "idp emit ci"))
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    write(text, output and output / PROVIDERS[provider].path, force=force)


@click.command()
@click.argument("stack")
@OUTPUT
@FORCE
def uffizzi(stack: str, output: Path | None, force: bool) -> None:
    """The compose file of STACK with `x-uffizzi`, for Uffizzi; what it can't say is listed."""
    try:
        project, outside = of_stack(stack)
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    data, unsaid = compose(project)
    for line in (*outside, *unsaid):
        click.echo(f"not carried: {line}", err=True)
    write(yaml.safe_dump(data, sort_keys=False, width=120), output and output / COMPOSE_FILE, force=force)


def write(text: str, path: Path | None, *, force: bool) -> None:
    """Print a file's text, or write it where nothing else is."""
    if path is None:
        click.echo(text, nl=False)
        return
    if path.exists() and not force and path.read_text() != text:
        fail(f"{path}: is there already and differs; look at the difference, then write it with --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    click.echo(f"wrote {path}", err=True)
