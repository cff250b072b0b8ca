"""A stack: its name leads to a team's file, whose `compose(context)` declares everything."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pulumi

from idp_components.core import naming, source
from idp_components.core.context import Context
from idp_components.core.ledger import Ledger
from idp_components.core.naming import PLATFORM
from idp_components.core.spec import SpecError
from idp_components.ephemeral.component import EphemeralEnvironment
from idp_components.ephemeral.settings import refuse_settings, spec_of
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec
from idp_components.team.component import Team

BAILED = 32
"""Exit code that tells a language host that the error has been shown (pulumi-language-python, its constant of this value)."""
ROOMS = "namespaces"
"""Output of the platform's stacks: the namespaces that they made."""


def run(folder: Path) -> None:
    """Compose the stack that Pulumi runs from the team files in `folder`; bad input ends the program with nothing registered."""
    try:
        context = Context.from_stack(teams(folder))
        if needs_room(context):
            _require_room(context)
        compose(context, folder)
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


def needs_room(context: Context) -> bool:
    """Whether the platform's stack of the environment must have made the namespace of this one."""
    return context.team != PLATFORM and not context.profile.guest_of


def compose(context: Context, folder: Path) -> None:
    """Declare everything in the team's file, in its room. Raises SpecError."""
    source.keep_only_lines()
    path = folder / f"{context.team.replace('-', '_')}.py"
    found = importlib.util.spec_from_file_location(f"teams.{path.stem}", path)
    if found is None or found.loader is None:
        raise SpecError(f"{path}: can't be loaded as Python")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    if not callable(getattr(module, "compose", None)):
        raise SpecError(f"{path}: has no function 'compose'; begin it with: def compose(context: Context) -> None:")
    if context.team == PLATFORM and context.profile.guest_of:
        raise SpecError(f"stack '{context.namespace}': previews make their own namespaces, so the platform has no stack for them")
    if context.is_ephemeral:
        _compose_ephemeral(context, module.compose)
    else:
        refuse_settings(context.settings, context)
        module.compose(room(context))
    context.ledger.close()
    if context.team == PLATFORM:
        pulumi.export(ROOMS, sorted(context.ledger.rooms))


def room(context: Context) -> Context:
    """The context in which a team's file declares things: a preview brings its namespace, elsewhere it is there already."""
    if not context.profile.guest_of:
        return context
    return context.waiting_for(Team(context.team, context=context))


def _require_room(context: Context) -> None:
    """Raises SpecError where the platform's stack hasn't made the namespace: without it, each object would fail on its own."""
    stack = naming.platform_stack(context.environment)
    try:
        name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
        answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
        rooms, why = answer["outputs"].get(ROOMS) or [], f"stack '{stack}' does not make it"
    except Exception as error:  # the SDK raises nothing narrower
        rooms, why = [], f"stack '{stack}' can't be read: {str(error).rpartition(': ')[2]}"
    if context.namespace not in rooms:
        raise SpecError(
            f"stack '{context.namespace}': its namespace isn't there ({why}): "
            f"run 'pulumi up --stack {stack}' first, or 'idp up {context.namespace}', which does both"
        )


def _compose_ephemeral(context: Context, declare: Callable[[Context], None]) -> None:
    """The same file in an environment of its own, whose addresses and end are the stack's outputs."""
    spec = spec_of(context)
    environment = EphemeralEnvironment(context.environment, spec, context=context)
    declare(environment.context)
    _check_declared(spec, context.ledger)
    pulumi.export("urls", environment.urls)
    pulumi.export("expires_at", environment.expires_at)
    if environment.kubeconfig is not None:
        pulumi.export("kubeconfig", environment.kubeconfig)


def _check_declared(spec: EphemeralEnvironmentSpec, ledger: Ledger) -> None:
    """Raises SpecError for a seed or something shared that the team's file doesn't know."""
    place = f"stack of team {ledger.team!r}"
    if spec.seed and spec.seed not in ledger.seeds:
        known = ", ".join(sorted(ledger.seeds)) or "none"
        raise SpecError(f"{place}: no database has a seed {spec.seed!r}; there are: {known}; name one in DatabaseSpec(seeds={{…}})")
    buckets = sorted(entry.name for entry in ledger.entries.values() if entry.kind == "Bucket")
    if unknown := sorted(spec.shared.keys() - buckets):
        raise SpecError(
            f"{place}: {unknown[0]!r} is no bucket of the team's file, and can't be shared; buckets: {', '.join(buckets) or 'none'}"
        )


def refuse(error: SpecError) -> None:
    """End the program at once with the problems.

    Pulumi sends queued registrations even when the program raises, and would so create the first half of a stack. It sends
    none before the program is done, so ending here leaves everything as it was.
    """
    for problem in error.problems:
        pulumi.log.error(problem)
    os._exit(BAILED)
