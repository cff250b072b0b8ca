"""Environments that end, as the portal works on them: through the functions behind `idp env`, with its own checks of who may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idp_components.core.spec import SpecError
from idp_components.core.stack_name import STACK_PATTERN
from idp_components.environments import creation, people, reaper
from idp_components.environments.inventory import Environment, is_ephemeral
from idp_components.environments.lifetime import profile_of
from idp_components.environments.plan import Plan, document, plan
from idp_components.environments.record import text
from idp_components.environments.world import Failed, World
from idp_components.portal.identity import Refused
from idp_components.portal.jobs import NotDone, Say
from idp_components.portal.source import Ending, Unavailable

DOINGS = ("update", "extend", "sleep", "wake", "destroy")
"""What can be done with one that is there."""
May = Callable[[str], bool]
"""Whether who asks may do it with an environment of that owner."""


@dataclass(frozen=True)
class Environments:
    """Those that the backend, the cluster and the account of `world` have, made from the project at `root`."""

    root: Path
    world: Callable[[], World]
    """Raises Unavailable."""
    glance: Callable[[], World]
    """The same for pages, which don't wait for an API server that may be starting anew."""

    def described(self) -> list[Ending]:
        """All there are. Raises Unavailable."""
        now = datetime.now(UTC)
        try:
            return [people.described(each, now) for each in self.glance().look()]
        except Failed as error:
            raise Unavailable(str(error)) from error

    def planned(self, name: str, settings: Mapping[str, str]) -> dict[str, Any]:
        """What `create` would make, and what it costs, as `environments.plan.document` says it. Raises SpecError, NotDone."""
        with _failures():
            return document(self._plan_of_new(self.glance(), name, settings))

    def create(self, name: str, settings: Mapping[str, str], say: Say) -> str:
        """Make one that isn't there; what became of it. Raises SpecError, NotDone."""
        with _failures():
            world = self.world()
            return self._brought_up(world, self._plan_of_new(world, name, settings), say)

    def do(self, doing: str, name: str, hours: int, may: May, say: Say) -> str:
        """One of `DOINGS`; what became of it. `hours` are those of `extend`. Raises SpecError, Refused, NotDone."""
        with _failures():
            world, now = self.world(), datetime.now(UTC)
            environment = people.known(world, name)
            if not may(owner_of(environment)):
                raise Refused(f"{name} is of {owner_of(environment) or 'nobody that is known'}")
            match doing:
                case "update":
                    return self._brought_up(world, plan(world, name, {}, self.root), say)
                case "extend":
                    return f"it ends at {text(people.extend(world, name, hours, now))}"
                case "sleep":
                    return f"it sleeps: {_listed(world.sleep(environment, now))}"
                case "wake":
                    return f"it is awake: {_listed(world.wake(environment, now))}"
                case _:
                    return _destroyed(world, environment, say)

    def _plan_of_new(self, world: World, name: str, settings: Mapping[str, str]) -> Plan:
        planned = plan(world, name, settings, self.root)
        if planned.found:
            raise SpecError(f"{name}: there is such an environment already; choose another name, or bring that one up to date")
        return planned

    def _brought_up(self, world: World, planned: Plan, say: Say) -> str:
        outcome = creation.create(world, planned, self.root, datetime.now(UTC), lambda _, line: say(line))
        if not outcome.succeeded:
            raise NotDone("\n".join(outcome.errors))
        return f"it is there, with {len(outcome.components)} components, after {outcome.seconds:.0f} s"


def owner_of(environment: Environment) -> str:
    """Who answers for it; empty where its record is broken."""
    return environment.record.owner if environment.record else ""


def team_of(name: str) -> str:
    """The team of an environment that ends. Raises SpecError for a name of none, and where the profile says that it stays."""
    match = STACK_PATTERN.fullmatch(name)
    if not match or not is_ephemeral(name) or not profile_of(match["environment"]).ttl_hours_max:
        raise SpecError(f"{name!r} is no environment that ends; such are <team>-pr-<number> and <team>-user-<name>")
    return match["team"]


def _destroyed(world: World, environment: Environment, say: Say) -> str:
    outcome = reaper.destroy(world, environment, "asked for in the portal", say)
    if outcome.became != "done":
        raise NotDone(f"{outcome.became}: {outcome.error}")
    return "it is gone, with everything that was in it"


def _listed(changed: list[str]) -> str:
    return ", ".join(changed) or "nothing had to change"


@contextmanager
def _failures() -> Iterator[None]:
    """What goes wrong outside of the portal, as NotDone."""
    try:
        yield
    except (*Failed, Unavailable) as error:
        raise NotDone(str(error)) from error
