"""`idp env`: environments that end, from their creation to nothing left. They are those of the shell's backend, cluster and account."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec

import click

from idp_components.cli import fail
from idp_components.cli.derivation import show_derivation, show_plan
from idp_components.cli.env_comment import comment
from idp_components.cli.environments import console, listed, reported, shown
from idp_components.core.spec import SpecError
from idp_components.cost.prices import table
from idp_components.deploy.readiness import readiness
from idp_components.deploy.report import document
from idp_components.deploy.report import show as show_outcomes
from idp_components.environments import people, reaper
from idp_components.environments.cluster import PAUSES
from idp_components.environments.creation import create as create_environment
from idp_components.environments.facts import facts
from idp_components.environments.plan import document as plan_document
from idp_components.environments.plan import plan
from idp_components.environments.record import moment
from idp_components.environments.world import Failed, World
from idp_components.project import find_root

P = ParamSpec("P")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
YES = click.option("--yes", is_flag=True, help="Don't ask.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


class Moment(click.ParamType[datetime]):
    """A moment such as 2026-01-31T12:00:00Z, always with its time zone."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment that somebody typed."""
        try:
            return value if isinstance(value, datetime) else moment(value)
        except ValueError:
            self.fail(f"{value!r} is no moment: use for example 2026-01-31T12:00:00Z", param, ctx)


NOW = click.option("--now", type=Moment(), default=lambda: datetime.now(UTC), help="The time that counts [default: the present].")


@click.group()
@click.pass_context
def env(ctx: click.Context) -> None:
    """Environments that end: of a pull request (<team>-pr-<number>) or a person (<team>-user-<name>).

    The commands act on the backend, the cluster and the account that this shell leads to, as pulumi and kubectl do; for the sandbox:
    eval "$(idp sandbox env)".
    """
    ctx.obj = World(dict(os.environ), () if ctx.invoked_subcommand in ("list", "show") else PAUSES)  # who looks needn't wait


def command(function: Callable[P, None]) -> Callable[P, None]:
    """A subcommand whose expected failures are errors for people: exit code 2 for bad input, 1 for what failed on the way."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except SpecError as error:
            fail("\nerror: ".join(error.problems))
        except Failed as error:
            fail(str(error), code=1)

    return run


@env.command()
@click.argument("name")
@click.option("--owner", help="Who answers for it [default of <team>-user-<name>: the name].")
@click.option("--source-url", "sourceUrl", help="Pull request or ticket that it is made for.")
@click.option("--ttl-hours", "ttlHours", type=int, help="Hours from its creation to its end.")
@click.option("--awake", help="Office hours, such as 'Mon-Fri 07:00-19:00 Europe/Berlin'.")
@click.option("--sleep-after-hours", "sleepAfterHours", type=int, help="Hours without use after which it goes to sleep.")
@click.option(
    "--isolation", type=click.Choice(["namespace", "vcluster", "uffizzi"]), help="A namespace, or a virtual cluster inside of one."
)
@click.option("--from", "derivedFrom", metavar="STACK", help="Another stack of the team that it is derived from, such as shop-production.")
@click.option("--seed", help="Data that its databases begin with, by the name that the team gave it.")
@DRY_RUN
@AS_JSON
@click.pass_obj
@command
def create(world: World, /, name: str, dry_run: bool, as_json: bool, **asked: Any) -> None:
    """Make the environment NAME, or bring it up to date; what was said once needn't be said again.

    \b
    With --from, what becomes of each resource of the other stack is listed, with the costs:
    stand-in  the environment has its own, empty      copied    declared anew, or config on the other stack's list
    shared    read where it is                        left out  not there; secrets and data always
    """
    out = console(stderr=as_json)
    settings = {key: str(value) for key, value in asked.items() if value is not None}
    planned = plan(world, name, settings, find_root())
    if dry_run and as_json:
        click.echo(json.dumps(plan_document(planned), indent=2))
        return
    if dry_run:
        show_plan(planned, out)
        return
    if planned.derivation:
        show_derivation(planned.derivation, out)
    lock = threading.Lock()

    def progress(stack: str, line: str) -> None:
        with lock:
            out.print(f"[dim]{stack}[/] {line}", highlight=False, soft_wrap=True)

    outcome = create_environment(world, planned, find_root(), datetime.now(UTC), progress)
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(readiness, [name], world.env)
        found = people.described(people.known(world, name), datetime.now(UTC))
        ready = asking.result()
    if as_json:
        derivation = {"derivation": plan_document(planned)["derivation"]} if planned.derivation else {}
        click.echo(json.dumps({**found, **derivation, **document([outcome], ready)}, indent=2))
    else:
        hints = ((f"idp env show {name}", "its state and its end"), (f"idp env destroy {name}", "remove it before that"))
        show_outcomes([outcome], ready, out, hints)
        out.print(f"ends at {found.get('ends_at')}", highlight=False)
    sys.exit(0 if outcome.succeeded else 1)


@env.command("list")
@NOW
@AS_JSON
@click.pass_obj
@command
def list_(world: World, now: datetime, as_json: bool) -> None:
    """List all environments that end. Exit code 1: the record of one is broken."""
    found = [people.described(environment, now) for environment in world.look()]
    listed(found, as_json=as_json)
    _warn(world)
    sys.exit(1 if any(each["state"] == "broken" for each in found) else 0)


@env.command()
@click.argument("name")
@NOW
@AS_JSON
@click.pass_obj
@command
def show(world: World, name: str, now: datetime, as_json: bool) -> None:
    """Show the environment NAME: its state, its end, its URLs, what is inside, its cost so far, and what AWS has under its tags."""
    shown(facts(world, people.known(world, name), table(), now), as_json=as_json)


@env.command()
@click.argument("name")
@click.option("--hours", type=int, required=True, help="How many hours later it ends.")
@AS_JSON
@click.pass_obj
@command
def extend(world: World, name: str, hours: int, as_json: bool) -> None:
    """Move the end of NAME, at most to the profile's maximum. Its owner and the person on call may."""
    people.extend(world, name, hours, datetime.now(UTC))
    _say_end(world, name, as_json)


@env.command()
@click.argument("name")
@click.option("--until", type=Moment(), required=True, help="Until when, such as 2026-01-31T12:00:00Z.")
@click.option("--because", required=True, help="Why.")
@AS_JSON
@click.pass_obj
@command
def keep(world: World, name: str, until: datetime, because: str, as_json: bool) -> None:
    """Keep NAME past its end, for a reason. Its owner and the person on call may."""
    people.keep(world, name, until, because, datetime.now(UTC))
    _say_end(world, name, as_json)


@env.command()
@click.argument("name")
@AS_JSON
@click.pass_obj
@command
def sleep(world: World, name: str, as_json: bool) -> None:
    """Put NAME to sleep: no pods, databases stopped, all data kept."""
    _say_changed(world.sleep(people.known(world, name), datetime.now(UTC)), "asleep", name, as_json)


@env.command()
@click.argument("name")
@AS_JSON
@click.pass_obj
@command
def wake(world: World, name: str, as_json: bool) -> None:
    """Wake NAME to exactly what it was."""
    _say_changed(world.wake(people.known(world, name), datetime.now(UTC)), "awake", name, as_json)


@env.command()
@click.argument("name")
@YES
@DRY_RUN
@AS_JSON
@click.pass_obj
@command
def destroy(world: World, name: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Remove NAME and everything of it, from the state of its stack: its source may be gone."""
    environment = people.known(world, name)
    contents = f"{(environment.stack and environment.stack.resources) or 0} resources of its stack, its namespace and its volumes"
    if environment.leftovers:
        contents += f", {len(environment.leftovers)} resources that AWS has under its tags"
    if dry_run:
        outcome = reaper.Outcome(name, "destroy", contents, "planned")
    else:
        if not yes:
            click.confirm(f"Remove {name}: {contents}?", abort=True, err=True)
        outcome = reaper.destroy(world, environment, "asked for", lambda line: click.echo(line, err=True))
    reported([outcome], as_json=as_json)
    sys.exit(1 if outcome.is_bad or outcome.became == "busy" else 0)


@env.command()
@NOW
@click.option("--parallel", type=click.IntRange(1, 64), default=reaper.SIDE_BY_SIDE, show_default=True, help="How many at once.")
@YES
@DRY_RUN
@AS_JSON
@click.pass_obj
@command
def reap(world: World, now: datetime, parallel: int, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Destroy what is over; put to sleep and wake by office hours and use. Run it on a schedule, with --yes.

    Exit code 1: something failed, was refused, or has a record that nobody can trust.
    """
    if not dry_run and not yes:
        planned = [outcome for outcome in reaper.reap(world, now, dry_run=True) if outcome.became == "planned"]
        reported(planned, as_json=False, err=True)
        click.confirm("Do this?", abort=True, err=True)
    lock = threading.Lock()

    def say(name: str, line: str) -> None:
        with lock:
            click.echo(f"{name}: {line}", err=True)

    outcomes = reaper.reap(world, now, dry_run=dry_run, parallel=parallel, say=say)
    reported(outcomes, as_json=as_json)
    _warn(world)
    sys.exit(1 if any(outcome.is_bad for outcome in outcomes) else 0)


def _warn(world: World) -> None:
    """Say what nobody could look at."""
    if world.unseen:
        click.secho(f"not looked at: what AWS has of environments without a stack: {world.unseen}", fg="yellow", err=True)


def _say_end(world: World, name: str, as_json: bool) -> None:
    found = people.described(people.known(world, name), datetime.now(UTC))
    kept = f", kept until {found['kept_until']}: {found['kept_because']}" if found["kept_until"] else ""
    click.echo(json.dumps(found, indent=2) if as_json else f"{name} ends at {found['ends_at']}{kept}")


def _say_changed(changed: list[str], state: str, name: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"name": name, "state": state, "changed": changed}, indent=2))
    else:
        click.echo(f"{name} is {state}: {', '.join(changed) or 'nothing had to change'}")


env.add_command(comment)
