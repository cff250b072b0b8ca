"""Putting the catalogue together from what the backend and the cluster answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from idp_components.catalog import history, live, state
from idp_components.catalog.model import Catalog, Environment, Item, Problem, Team
from idp_components.core.naming import PLATFORM
from idp_components.core.stack_name import STACK_PATTERN


@dataclass(frozen=True)
class Answer:
    """What the backend said about one stack."""

    stack: str
    state: Any = None
    """As `pulumi stack export` writes it; None where it can't be read."""
    history: Any = None
    """As `pulumi stack history --json` writes it."""
    error: str = ""
    """Why the state can't be read."""


def build(answers: Iterable[Answer], cluster: Any, now: datetime, problems: Iterable[Problem] = ()) -> Catalog:
    """The catalogue. `cluster` is a `List` of workloads and pods, or None where it wasn't asked or didn't answer.

    No input raises: what can't be read is a problem of the catalogue.
    """
    found: list[Item] = []
    environments: list[Environment] = []
    missing = list(problems)
    for answer in answers:
        match = STACK_PATTERN.fullmatch(answer.stack.rpartition("/")[2])
        try:
            if answer.error:
                raise state.StateError(answer.error)
            resources = state.resources_of(answer.state)
        except state.StateError as error:
            missing.append(Problem(answer.stack, f"its state can't be read: {error}"))
            resources = {}
        found += state.items(answer.stack, resources)
        team, name = (match["team"], match["environment"]) if match else ("", "")
        environments.append(replace(state.environment(answer.stack, team, name, resources), last=history.last(answer.history)))
    running = live.pods(cluster) if cluster is not None else {}
    # Only the platform says who a team is: a team's own stack could call itself anything, and groups give rights in the portal.
    by_name: dict[str, Team] = {team.name: team for team in state.teams(item for item in found if _is_platform(item.stack))}
    for each in environments:
        if each.team and each.team not in by_name:
            by_name[each.team] = Team(each.team)
    return Catalog(
        at=now.isoformat(timespec="seconds"),
        teams=tuple(by_name[name] for name in sorted(by_name)),
        environments=tuple(sorted(environments, key=lambda each: each.stack)),
        items=tuple(
            sorted(
                (replace(item, pods=running.get((item.namespace, item.name))) for item in found if item.kind != state.TEAM),
                key=lambda item: (item.team, item.environment, item.kind, item.name),
            )
        ),
        problems=tuple(missing),
    )


def _is_platform(stack: str) -> bool:
    match = STACK_PATTERN.fullmatch(stack.rpartition("/")[2])
    return match is not None and match["team"] == PLATFORM
