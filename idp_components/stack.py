"""A stack: its name leads to a team's file, whose `compose(context)` declares everything."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi

from idp_components.core.context import Context
from idp_components.core.spec import SpecError
from idp_components.ephemeral.component import EphemeralEnvironment
from idp_components.ephemeral.settings import refuse_settings, spec_of
from idp_components.team.component import Team


def run(folder: Path) -> None:
    """Compose the stack that Pulumi runs from the team files in `folder`; bad input ends the program with nothing registered."""
    try:
        compose(Context.from_stack(teams(folder)), folder)
    except SpecError as error:
        refuse(error)
    pulumi.run(_registrations_started)


async def _registrations_started() -> None:
    """Let what was declared start.

    The SDK awaits each registration that is under way once. Where none has started yet, it waits for the first of all open outputs
    instead, again and again: at 1,000 services that takes more time than all the rest of the program.
    """
    await asyncio.sleep(0)


def teams(folder: Path) -> list[str]:
    """The teams that have a file in `folder`."""
    return sorted(path.stem.replace("_", "-") for path in folder.glob("*.py") if not path.stem.startswith("_"))


def compose(context: Context, folder: Path) -> None:
    """Declare the team's room and everything in its file. Raises SpecError."""
    path = folder / f"{context.team.replace('-', '_')}.py"
    found = importlib.util.spec_from_file_location(f"teams.{path.stem}", path)
    if found is None or found.loader is None:
        raise SpecError(f"{path}: can't be loaded as Python")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    if context.is_ephemeral:
        _compose_ephemeral(context, module.compose)
    else:
        refuse_settings(context.settings, context)
        module.compose(context.waiting_for(Team(context.team, context=context)))
    context.ledger.close()


def _compose_ephemeral(context: Context, declare: Callable[[Context], None]) -> None:
    """The same file in an environment of its own, whose addresses and end are the stack's outputs."""
    environment = EphemeralEnvironment(context.environment, spec_of(context), context=context)
    declare(environment.context)
    pulumi.export("urls", environment.urls)
    pulumi.export("expires_at", environment.expires_at)
    if environment.kubeconfig is not None:
        pulumi.export("kubeconfig", environment.kubeconfig)


def refuse(error: SpecError) -> None:
    """End the program at once with the problems.

    Pulumi sends queued registrations even when the program raises, and would so create the first half of a stack. It sends
    none before the program is done, so ending here leaves everything as it was.
    """
    print(*(f"error: {problem}" for problem in error.problems), sep="\n", file=sys.stderr, flush=True)
    os._exit(1)
