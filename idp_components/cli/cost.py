"""`idp cost`: what stacks cost, the difference between two, and whether a team can afford one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from idp_components.cli import fail
from idp_components.core.naming import PLATFORM, namespace
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import SpecError
from idp_components.cost.creation import check_creation
from idp_components.cost.estimate import Estimate, difference
from idp_components.cost.exported import of_state
from idp_components.cost.prices import OWN_TABLE, Table, table
from idp_components.cost.report import difference_document, document, show, show_difference
from idp_components.cost.stacks import of_stack
from idp_components.render import teams_folder
from idp_components.stack import teams

LOG_WIDTH = 140
"""Columns of the table in a pipeline's log."""


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="STACK|ENVIRONMENT|STATE.json …")
@click.option("--against", metavar="STACK|STATE.json", help="Show the difference to this one.")
@click.option("--check", is_flag=True, help="Exit with 1 where a stack's quota or its team's budget doesn't allow it.")
@click.option("--region", help="Region of AWS whose prices count. Default: the stack's, or the shell's, or eu-central-1.")
@click.option("--prices", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A price table in place of the package's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cost(targets: tuple[str, ...], against: str | None, check: bool, region: str | None, prices: Path | None, as_json: bool) -> None:
    """Estimate what stacks cost in a month.

    \b
    A target is a stack (checkout-production), an environment (production: every team's stack in it), or a file with the
    exported state of a stack that is up (pulumi stack export). What has no known price is listed, and no part of a sum.
    Exit code 0: estimated. 1: with --check, too much. 2: a target can't be read.
    Examples: idp cost checkout-production --against checkout-dev   idp cost production --json
    """
    console = Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    try:
        known = table(prices or OWN_TABLE)
        found = [_estimate(name, known, region) for target in targets for name in _stacks(target)]
        other = _estimate(against, known, region) if against else None
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    if other is not None:
        if len(found) != 1:
            fail(f"--against compares one stack with another, and {len(found)} are named; for example: idp cost checkout-production")
        changes = difference(found[0], other)
        if as_json:
            click.echo(json.dumps(difference_document(found[0], other, changes), indent=2))
        else:
            show_difference(found[0], other, changes, console)
    elif as_json:
        click.echo(json.dumps([document(each) for each in found], indent=2))
    else:
        show(found, console)
    if check:
        sys.exit(_check(found, known))


def _stacks(target: str) -> Iterator[str]:
    """The stacks that a target means. Raises SpecError."""
    if target in PROFILES and not PROFILES[target].guest_of:
        yield from (namespace(team, target) for team in teams(teams_folder()) if team != PLATFORM)
    else:
        yield target


def _estimate(target: str, known: Table, region: str | None) -> Estimate:
    path = Path(target)
    if not path.is_file():
        return of_stack(target, known, region=region)
    try:
        return of_state(path.stem, json.loads(path.read_text()), known, region)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpecError(f"{target}: is no exported state: {error!r}; write one with: pulumi stack export --stack checkout-dev") from error


def _check(found: list[Estimate], known: Table) -> int:
    """Say what a quota or a budget doesn't allow; the exit code."""
    problems: list[str] = []
    for each in found:
        try:
            check_creation(each, known)
        except SpecError as error:
            problems += error.problems
    for problem in problems:
        click.secho(f"error: {problem}", fg="red", err=True)
    return 1 if problems else 0
