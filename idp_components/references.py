"""References across teams: whether the other team declares what is used, and lets the user in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from idp_components.core.connection import Connection
from idp_components.core.ledger import Ledger
from idp_components.core.spec import SpecError


def check(ledger: Ledger, declared: Callable[[str], Ledger]) -> None:
    """Raises SpecError for the references of a stack that nobody would answer. `declared`: what a team's stack declares."""

    @cache
    def of(team: str) -> Ledger | None:
        try:
            return declared(team)
        except SpecError:
            return None  # what is wrong there is said where that stack is looked at

    problems = []
    for entry in ledger.entries.values():
        for index, use in enumerate(entry.uses):
            if (
                use.team != ledger.team
                and use.port is not None
                and (other := of(use.team))
                and (problem := _problem(use, ledger.team, other))
            ):
                problems.append(f"{ledger.team}.{entry.name}.uses[{index}]: {problem}")
    if problems:
        raise SpecError(*problems)


def _problem(use: Connection, team: str, other: Ledger) -> str | None:
    if objection := other.objection(use):
        return objection
    allowed = other.entries[use.name].allow_from
    if team in allowed:
        return None
    return f"{use} does not let team {team} in; there, say for example allow_from={(*allowed, team)!r}"
