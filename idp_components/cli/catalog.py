"""`idp catalog`: what exists, who owns it, whether it is well."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

import click
from rich.console import Console

from idp_components.catalog import backend, build, show
from idp_components.cli import fail
from idp_components.core.spec import SpecError
from idp_components.project import find_root
from idp_sandbox import Sandbox, SandboxError

LOG_WIDTH = 160
"""Columns of the table in a pipeline's log."""


@click.command()
@click.argument("stacks", nargs=-1)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown", "mermaid"]), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--environment", default="dev", show_default=True, help="Whose connections --format mermaid draws.")
def catalog(stacks: tuple[str, ...], form: str, as_json: bool, environment: str) -> None:
    """Print the catalogue of STACKS, by default of all stacks of the project, from their state and the live cluster.

    Asks the backend and the cluster that the shell names (PULUMI_BACKEND_URL, KUBECONFIG), else those of the sandbox.
    Exit code 1 where something couldn't be read; it is named.
    """
    try:
        root = find_root()
        env = {} if "PULUMI_BACKEND_URL" in os.environ else Sandbox().env()
        names = list(stacks) or backend.stacks(root, env)
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    except (SandboxError, backend.BackendError) as error:
        fail(str(error), code=1)
    cluster, problems = backend.cluster(env)
    found = build(backend.ask(names, root, env), cluster, datetime.now(UTC), problems)
    if as_json or form == "json":
        click.echo(json.dumps(found.plain(), indent=2))
    elif form == "markdown":
        click.echo(show.markdown(found))
    elif form == "mermaid":
        click.echo(show.graph(found, environment).mermaid(), nl=False)
    else:
        console = Console()
        if not console.is_terminal:
            console.width = LOG_WIDTH
        show.table(found, console)
    sys.exit(1 if found.problems else 0)
