"""`idp up`: bring stacks up on the sandbox and show what runs."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence

import click
from rich.console import Console

from idp_components.cli import fail
from idp_components.core.context import team_and_environment
from idp_components.core.spec import SpecError
from idp_components.deploy.outcome import Outcome
from idp_components.deploy.readiness import readiness
from idp_components.deploy.report import document, show
from idp_components.deploy.up import bring_up, packs_of
from idp_components.project import find_root
from idp_components.stack import teams
from idp_sandbox import Sandbox, SandboxError, ToolError

LOG_WIDTH = 120
"""Columns of the table in a pipeline's log."""
HINTS = (
    ('eval "$(.venv/bin/idp sandbox env)"', "then kubectl and pulumi speak to the sandbox, as in: kubectl get pods -A"),
    (".venv/bin/idp portal", "all of it as a page at http://127.0.0.1:8400/, and forms to ask for more"),
    (".venv/bin/idp check checkout-dev", "what the rules say about a stack"),
    (".venv/bin/idp graph checkout-dev catalog-dev storefront-dev", "who uses what, as a flowchart"),
)


@click.command()
@click.argument("stacks", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def up(stacks: tuple[str, ...], as_json: bool) -> None:
    """Run `pulumi up` for STACKS on the sandbox, under the policy packs. Without STACKS: every team's dev stack."""
    console = Console(stderr=as_json)
    if not console.is_terminal:
        console.width = LOG_WIDTH
    try:
        root = find_root()
        names = _names(stacks, teams(root / "stacks" / "teams"))
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    sandbox = Sandbox()
    try:
        sandbox.up(lambda line: console.print(f"[dim]sandbox[/] {line}", highlight=False))
        env = sandbox.env()
    except (SandboxError, ToolError) as error:
        fail(str(error), code=1)
    lock = threading.Lock()

    def progress(stack: str, line: str) -> None:
        with lock:
            console.print(f"[dim]{stack}[/] {line}", highlight=False, soft_wrap=True)

    outcomes = bring_up(names, root, env, packs_of(root), progress, since=sandbox.aws_since)
    ready = readiness(_namespaces(outcomes), env)
    if as_json:
        click.echo(json.dumps(document(outcomes, ready), indent=2))
    else:
        show(outcomes, ready, console, HINTS)
    sys.exit(0 if all(outcome.succeeded for outcome in outcomes) else 1)


def _names(stacks: Sequence[str], known: Sequence[str]) -> list[str]:
    """The stacks that are asked for, each once. Raises SpecError for a name that no stack of this project can have."""
    if not known:
        raise SpecError("no team has a file in stacks/teams; write one, for example stacks/teams/checkout.py")
    for stack in stacks:
        team_and_environment(stack, known)
    return list(dict.fromkeys(stacks)) or [f"{team}-dev" for team in known]


def _namespaces(outcomes: list[Outcome]) -> list[str]:
    return sorted({component.namespace for outcome in outcomes for component in outcome.components})
