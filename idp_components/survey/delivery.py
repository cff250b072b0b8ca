"""What is measured: how often, how fast and how safely changes go to production, and how environments come and go.

The four keys are DORA's (dora.dev/guides/dora-metrics-four-keys), as far as stacks' histories can tell. Each measure says how it was taken,
and what it can't see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from statistics import median

from idp_components.core.profiles import PROFILES
from idp_components.core.stack_name import STACK_PATTERN
from idp_components.survey.history import Update

WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)
DORA = "https://dora.dev/guides/dora-metrics-four-keys/"
HISTORY = "pulumi stack history"
ASKED = "idp:created-at"
"""Tag of an environment's stack: when somebody asked for it, RFC 3339."""

Commits = Callable[[str, str], Sequence[datetime] | None]
"""Moments of the commits after the first up to the second one, of the second alone where the first is empty; None for unknown ones."""


@dataclass(frozen=True)
class Measure:
    """One number, with its method."""

    name: str
    value: float | None
    """None where there was nothing to measure."""
    unit: str
    of: int
    """How many things it is taken from."""
    detail: str
    method: str
    source: str


@dataclass(frozen=True)
class Life:
    """An environment from its first update to its end."""

    asked: datetime
    """When its record says that somebody wanted it, else the start of its first update."""
    ready: datetime | None
    """End of the first update that succeeded."""
    gone: datetime | None
    """End of the destroy that succeeded."""


def measures(
    histories: Mapping[str, Sequence[Update]],
    asked: Mapping[str, datetime],
    now: datetime,
    days: int,
    commits: Commits,
    environment: str = "production",
) -> list[Measure]:
    """All measures over the last `days`, from the updates by stack, oldest first, and the moments at which environments were asked for."""
    since = now - timedelta(days=days)
    deployed = [updates for stack, updates in histories.items() if _environment(stack) == environment]
    ending = [life for stack, updates in histories.items() if ends(stack) for life in lives(updates, asked.get(stack))]
    return [
        _frequency(deployed, since, now),
        _lead_time(deployed, since, now, commits),
        _failure_rate(deployed, since, now),
        _time_to_restore(deployed, since, now),
        _waiting(ending, since, now),
        _lifetime(ending, since, now),
    ]


def deployments(updates: Sequence[Update]) -> Iterator[Update]:
    """The updates that brought something new: they succeeded, and changed something or ended what a failed one had begun."""
    failed = False
    for each in updates:
        if each.kind == "update":
            if each.succeeded and (each.changed or failed):
                yield each
            failed = not each.succeeded


def attempts(updates: Sequence[Update]) -> list[tuple[Update, bool]]:
    """The changes of a stack that were tried, and whether each failed: its update did, or the next deployment took it back.

    Taken back is what the next deployment replaces by a commit that ran before, or by the commit of a `git revert`.
    """
    new = list(deployments(updates))
    arrived, back = set(new), set[Update]()
    earlier: set[str] = set()
    for one, after in pairwise(new):
        if after.reverts or (after.commit and after.commit != one.commit and after.commit in earlier):
            back.add(one)
        earlier.add(one.commit)
    return [(each, not each.succeeded or each in back) for each in updates if _failed(each) or each in arrived]


def restorations(updates: Sequence[Update]) -> Iterator[tuple[datetime, datetime | None]]:
    """Each time a stack was broken: from the end of the first failure to that of the next update that succeeds and stays."""
    failures = {update for update, failed in attempts(updates) if failed}
    broken: datetime | None = None
    for each in updates:
        if each in failures:
            broken = broken or each.end
        elif each.kind == "update" and broken:
            yield broken, each.end
            broken = None
    if broken:
        yield broken, None


def lives(updates: Sequence[Update], recorded: datetime | None = None) -> Iterator[Life]:
    """The lives of an environment: a stack that is destroyed and brought up again lives twice. `recorded`: when the first was asked for."""
    asked = recorded if updates and recorded and recorded <= updates[0].start else None
    ready: datetime | None = None
    for each in updates:
        if each.kind == "update":
            asked = asked or each.start
            ready = ready or (each.end if each.succeeded else None)
        elif each.kind == "destroy" and each.succeeded and asked:
            yield Life(asked, ready, each.end)
            asked = ready = None
    if asked:
        yield Life(asked, ready, None)


def _frequency(stacks: Sequence[Sequence[Update]], since: datetime, now: datetime) -> Measure:
    found = [each for updates in stacks for each in deployments(updates) if since <= each.end <= now]
    return Measure(
        "deployment frequency",
        len(found) / ((now - since) / WEEK) if stacks else None,
        "per week",
        len(found),
        f"deployments: {len(found)}, stacks: {len(stacks)}",
        "updates that succeeded and changed something, or ended what a failed one had begun, of all stacks together, however young; what "
        "changes clusters past Pulumi isn't seen",
        f"{DORA}; {HISTORY}",
    )


def _lead_time(stacks: Sequence[Sequence[Update]], since: datetime, now: datetime, commits: Commits) -> Measure:
    times: list[timedelta] = []
    unknown = 0
    for updates in stacks:
        before = ""
        for each in deployments(updates):
            if since <= each.end <= now:
                found = commits(before, each.commit) if each.commit else None
                unknown += found is None
                times += [each.end - at for at in found or () if at <= each.end]
            before = each.commit or before
    return Measure(
        "lead time for changes",
        _hours(times),
        "hours, median",
        len(times),
        f"{_ninth(times)}deployments of an unknown commit: {unknown}",
        "from a commit, in its last form, to the end of the first deployment that has it; commits of the stacks' repository, not those "
        "of the images that they run",
        f"{DORA}; {HISTORY} (git.head), git log",
    )


def _failure_rate(stacks: Sequence[Sequence[Update]], since: datetime, now: datetime) -> Measure:
    tried = [failed for updates in stacks for each, failed in attempts(updates) if since <= each.end <= now]
    return Measure(
        "change failure rate",
        sum(tried) / len(tried) if tried else None,
        "share",
        len(tried),
        f"failed: {sum(tried)} of {len(tried)}",
        "updates that failed, and deployments that the next one took back (an earlier commit, a revert); an incident that left no such "
        "trace isn't seen, so this is the least that it can be",
        f"{DORA}; {HISTORY}",
    )


def _time_to_restore(stacks: Sequence[Sequence[Update]], since: datetime, now: datetime) -> Measure:
    found = [
        each for updates in stacks for each in restorations(updates) if each[0] <= now and (each[1] is None or since <= each[1] <= now)
    ]
    times = [end - start for start, end in found if end]
    return Measure(
        "time to restore",
        _hours(times),
        "hours, median",
        len(times),
        f"{_ninth(times)}not restored yet: {sum(end is None for _, end in found)}",
        "from the end of a change that failed to the end of the next update that succeeded and stayed",
        f"{DORA} (failed deployment recovery time); {HISTORY}",
    )


def _waiting(ending: Sequence[Life], since: datetime, now: datetime) -> Measure:
    times = [life.ready - life.asked for life in ending if life.ready and since <= life.ready <= now]
    never = sum(life.ready is None and since <= (life.gone or now) <= now for life in ending)
    return Measure(
        "environment waiting time",
        _minutes(times),
        "minutes, median",
        len(times),
        f"never ready: {never}",
        "previews (pr-…, user-…): from when it was asked for, by its record, else from the start of the first update, to the end of the "
        "first that succeeded",
        f"{HISTORY}, stack tag {ASKED}",
    )


def _lifetime(ending: Sequence[Life], since: datetime, now: datetime) -> Measure:
    times = [life.gone - (life.ready or life.asked) for life in ending if life.gone and since <= life.gone <= now]
    return Measure(
        "environment lifetime",
        _hours(times),
        "hours, median",
        len(times),
        f"alive: {sum(life.gone is None for life in ending)}",
        "previews: from ready to the end of the destroy; those alive don't count, and a stack that was removed is unknown unless its "
        "history was kept",
        HISTORY,
    )


def _failed(update: Update) -> bool:
    return update.kind == "update" and not update.succeeded


def _environment(stack: str) -> str:
    found = STACK_PATTERN.fullmatch(stack.rpartition("/")[2])
    return found["environment"] if found else ""


def ends(stack: str) -> bool:
    """Whether it is the stack of an environment that ends."""
    environment = _environment(stack)
    return bool(environment) and environment not in PROFILES


def _hours(times: Sequence[timedelta]) -> float | None:
    return median(time / HOUR for time in times) if times else None


def _minutes(times: Sequence[timedelta]) -> float | None:
    hours = _hours(times)
    return None if hours is None else hours * 60


def _ninth(times: Sequence[timedelta]) -> str:
    """The time that nine of ten keep to (nearest rank)."""
    return f"90 % within {sorted(times)[ceil(0.9 * len(times)) - 1] / HOUR:.1f} h, " if times else ""
