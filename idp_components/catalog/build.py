"""Putting the catalogue together from what the backend and the cluster answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from idp_components.catalog import history, live, state
from idp_components.catalog.assess import Assessment, assess
from idp_components.catalog.model import Catalog, Cost, Environment, Item, Problem, Rule, Team, Waiver
from idp_components.core.naming import PLATFORM
from idp_components.core.stack_name import STACK_PATTERN
from idp_components.rules.waivers import NOTHING, Waivers

NO_COST = Cost(0)


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
    history_error: str = ""
    """Why the history can't be read."""
    waivers: Waivers = NOTHING
    """The exceptions that it is judged with."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was asked: waivers hold or don't as of then."""

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources of its state by URN. Raises StateError."""
        if self.error:
            raise state.StateError(self.error)
        return state.resources_of(self.state)

    @cached_property
    def assessment(self) -> Assessment:
        """What it costs, and what the rules say about it. It is the dear part of a catalogue, and made once for each answer."""
        try:
            return assess(self.stack, self.resources, self.at, self.waivers)
        except state.StateError:
            return Assessment()  # `build` says why


def build(answers: Iterable[Answer], cluster: Any, now: datetime, problems: Iterable[Problem] = ()) -> Catalog:
    """The catalogue. `cluster` is a `List` of workloads, pods, namespaces and leases, or None where it wasn't asked or didn't answer.

    No input raises: what can't be read is a problem of the catalogue.
    """
    found: list[Item] = []
    environments: list[Environment] = []
    rules: dict[str, Rule] = {}
    waivers: dict[str, Waiver] = {}
    lives, broken = live.lives(cluster)
    missing = [*problems, *broken]
    for answer in answers:
        resources: Mapping[str, dict[str, Any]] = {}
        try:
            resources = answer.resources
        except state.StateError as error:
            missing.append(Problem(answer.stack, f"its state can't be read: {error}"))
        if answer.history_error:
            missing.append(Problem(answer.stack, f"its history can't be read: {answer.history_error}"))
        about = answer.assessment
        missing += about.problems
        rules |= about.rules
        waivers |= about.waivers
        items = [_assessed(item, about) for item in state.items(answer.stack, resources)]
        found += items
        environments.append(_environment(answer, resources, about, {item.urn for item in items if item.kind != state.TEAM}, lives))
    running = live.pods(cluster)
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
        rules=rules,
        waivers=waivers,
        problems=tuple(missing),
    )


def _assessed(item: Item, about: Assessment) -> Item:
    return replace(
        item,
        cost=None if about.costs is None else about.costs.get(item.urn, NO_COST),
        findings=None if about.findings is None else about.findings.get(item.urn, ()),
    )


def _environment(
    answer: Answer, resources: Mapping[str, dict[str, Any]], about: Assessment, shown: set[str], lives: Mapping[str, live.Life]
) -> Environment:
    """A stack as a whole; `shown` are the golden paths that say for themselves what was found in them."""
    match = STACK_PATTERN.fullmatch(answer.stack.rpartition("/")[2])
    team, name = (match["team"], match["environment"]) if match else ("", "")
    found = state.environment(answer.stack, team, name, resources)
    life = lives.get(f"{team}-{name}", live.Life(found.ends))
    rest = None if about.findings is None else tuple(each for urn, own in about.findings.items() if urn not in shown for each in own)
    changes = tuple(history.changes(answer.history))
    return replace(
        found,
        ends=life.ends,
        kept_until=life.kept_until,
        cost=about.cost,
        findings=rest,
        last=changes[0] if changes else None,
        earlier=changes[1:],
    )


def _is_platform(stack: str) -> bool:
    match = STACK_PATTERN.fullmatch(stack.rpartition("/")[2])
    return match is not None and match["team"] == PLATFORM
