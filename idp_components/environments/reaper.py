"""The reaper: destroys what is over, puts to sleep and wakes by the clock, reports what it can't understand; from state alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from idp_components.environments.decision import Action, Decision, decide
from idp_components.environments.inventory import Environment
from idp_components.environments.world import Busy, Failed, Refused, Say

Became = Literal["done", "planned", "left", "reported", "refused", "busy", "failed", "gone"]
BAD: tuple[Became, ...] = ("reported", "refused", "failed")
"""What a pipeline has to hear of: its exit code is not 0."""
SIDE_BY_SIDE = 8
"""Environments at once, unless the caller says otherwise."""


class Places(Protocol):
    """Where environments are; a World, or a test's own."""

    def look(self, name: str | None = None) -> list[Environment]:
        """All environments, or the one of that name."""

    def destroy(self, environment: Environment, say: Say) -> None:
        """Remove everything of it."""

    def sleep(self, environment: Environment, now: datetime) -> Any:
        """Put it to sleep."""

    def wake(self, environment: Environment, now: datetime) -> Any:
        """Wake it."""


@dataclass(frozen=True)
class Outcome:
    """What became of one environment."""

    name: str
    action: Action
    reason: str
    became: Became
    error: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look at it."""
        return self.became in BAD


def reap(
    places: Places,
    now: datetime,
    *,
    dry_run: bool = False,
    parallel: int = SIDE_BY_SIDE,
    say: Callable[[str, str], None] = lambda name, line: None,  # noqa: ARG005
) -> list[Outcome]:
    """Do what is due at a moment, with each environment once and many side by side; what became of each, by name."""

    def one(environment: Environment) -> Outcome:
        return _reap(places, environment, now, dry_run=dry_run, say=lambda line: say(environment.name, line))

    with ThreadPoolExecutor(max(1, parallel)) as pool:
        return list(pool.map(one, places.look()))


def destroy(places: Places, environment: Environment, reason: str, say: Say) -> Outcome:
    """Remove one environment, whatever its record says; what became of it."""
    decision = Decision("destroy", reason)

    def act() -> Outcome:
        places.destroy(environment, say)
        return _outcome(environment.name, decision, "done")

    return _tried(environment.name, decision, act)


def _reap(places: Places, seen: Environment, now: datetime, *, dry_run: bool, say: Say) -> Outcome:
    decision = decide(seen, now)
    if decision.action in BECAME:
        return _outcome(seen.name, decision, BECAME[decision.action])
    if dry_run:
        return _outcome(seen.name, decision, "planned")
    return _tried(seen.name, decision, lambda: _again(places, seen.name, now, say))


BECAME: Mapping[Action, Became] = {"leave": "left", "report": "reported"}
"""Decisions on which nothing is done."""


def _again(places: Places, name: str, now: datetime, say: Say) -> Outcome:
    """Decide once more, with a fresh look: it may have been extended, or removed, while others were being destroyed."""
    environment = next((found for found in places.look(name) if found.name == name), None)
    if environment is None:
        return Outcome(name, "leave", "it is gone: somebody else removed it", "gone")
    decision = decide(environment, now)
    if decision.action in BECAME:
        return _outcome(name, decision, BECAME[decision.action])
    say(f"{decision.action}: {decision.reason}")
    if decision.action == "destroy":
        places.destroy(environment, say)
    elif decision.action == "sleep":
        places.sleep(environment, now)
    else:
        places.wake(environment, now)
    return _outcome(name, decision, "done")


def _tried(name: str, decision: Decision, act: Callable[[], Outcome]) -> Outcome:
    try:
        return act()
    except Refused as error:
        return _outcome(name, decision, "refused", str(error))
    except Busy as error:
        return _outcome(name, decision, "busy", str(error))
    except Failed as error:
        return _outcome(name, decision, "failed", str(error))


def _outcome(name: str, decision: Decision, became: Became, error: str = "") -> Outcome:
    return Outcome(name, decision.action, decision.reason, became, error)
