"""Whether a stack may be created: its room, its team's budget, and what the team has already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from idp_components.core.context import team_and_environment
from idp_components.core.naming import namespace
from idp_components.core.profiles import PROFILES
from idp_components.cost.budget import affordable
from idp_components.cost.estimate import Estimate
from idp_components.cost.prices import HOURS_PER_MONTH, Table
from idp_components.cost.stacks import budget_of, host_of, of_stack


def check_creation(
    wanted: Estimate,
    known: Table,
    *,
    hours: float | None = None,
    others: Callable[[], Mapping[str, float]] = dict,
    root: Path | None = None,
) -> None:
    """Raises SpecError, with the numbers, where quota or budget don't allow a stack.

    `hours` is how long it stays; by default the profile's lifetime, or the whole month. `others` says what the team's further
    environments cost this month, by stack, and is only asked where the team has a budget; its stack that stays in the same cluster is
    added to them.
    """
    team, environment = team_and_environment(wanted.name)
    profile = PROFILES.get(environment, PROFILES["preview"])
    standing, budget = namespace(team, host_of(environment)), budget_of(wanted.name, root)
    beside = dict(others()) if budget is not None else {}
    if budget is not None and standing != wanted.name:
        beside.setdefault(standing, of_stack(standing, known, region=wanted.region, root=root).usd_per_month)
    affordable(
        wanted.name,
        demand=wanted.demand,
        usd=wanted.usd(min(hours or profile.ttl_hours or HOURS_PER_MONTH, HOURS_PER_MONTH)),
        profile=profile,
        budget_usd=budget,
        others=beside,
    )
