"""`idp env comment`: tell a pull request about its environment."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from typing import Any

import click

from idp_components.cli import fail
from idp_components.comment.facts import Facts, of_environment
from idp_components.comment.hosts import HOSTS, host
from idp_components.comment.http import HostError
from idp_components.comment.publish import publish
from idp_components.comment.text import gone, text
from idp_components.core.spec import SpecError
from idp_components.cost.prices import table
from idp_components.environments import people
from idp_components.environments.facts import facts as facts_of
from idp_components.environments.world import Failed, World


@click.command()
@click.argument("name")
@click.option("--for", "kind", type=click.Choice(list(HOSTS)), help="Host of the repository. Default: the one whose pipeline this is.")
@click.option("--repository", help="Path of the repository. Default: the pipeline's.")
@click.option("--pull-request", type=click.IntRange(1), help="Its number. Default: that in the name.")
@click.option("--facts", "source", type=click.File(), help="What to say, as `--dry-run --json` printed it; - for standard input.")
@click.option("--gone", "is_gone", is_flag=True, help="Say that it is gone.")
@click.option("--dry-run", is_flag=True, help="Print the comment instead of writing it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --dry-run what the comment says.")
@click.pass_obj
def comment(
    world: World,
    name: str,
    kind: str | None,
    repository: str | None,
    pull_request: int | None,
    source: Any,
    is_gone: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write one comment about the environment NAME on its pull request, or change the one that is there.

    \b
    It has all addresses, what is inside, state, end and cost, and how to extend or remove it. The token comes from
    GITHUB_TOKEN, GITLAB_TOKEN or BITBUCKET_TOKEN. Exit code 0: it is there. 1: the host refused. 2: bad input.
    """
    now = datetime.now(UTC)
    try:
        facts = None if is_gone else _facts(world, name, source, now)
        said = text(facts, now) if facts else gone(name)
        if dry_run:
            click.echo(facts.model_dump_json(indent=2) if facts and as_json else said, nl=bool(facts and as_json))
            return
        found = re.search(r"-pr-([0-9]{1,10})$", name)
        number = pull_request or (int(found[1]) if found else None)
        if number is None:
            raise SpecError(f"--pull-request: the name {name!r} has no number in it; for example --pull-request 42")
        where = host(kind, repository, number, os.environ)
        done = publish(where, name, said)
    except SpecError as error:
        fail("\nerror: ".join(error.problems))
    except (HostError, *Failed) as error:
        fail(str(error), code=1)
    click.echo(json.dumps({"name": name, "pull_request": number, "comment": done}) if as_json else f"the comment of {name} is {done}")


def _facts(world: World, name: str, source: Any, now: datetime) -> Facts:
    """What somebody handed over, or what is known of the environment. Raises SpecError and what is in `Failed`."""
    if source is None:
        return of_environment(facts_of(world, people.known(world, name), table(), now))
    try:
        facts = Facts.parse(json.load(source), "--facts")
    except ValueError as error:
        raise SpecError(f"--facts: is no JSON: {error}") from error
    if facts.name != name:
        raise SpecError(f"--facts: are those of {facts.name!r}, and the comment is that of {name!r}")
    return facts
