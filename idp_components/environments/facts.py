"""Everything that is known of one environment, as plain data: `idp env show` prints it, `idp env comment` tells its pull request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp_components.core.spec import SpecError
from idp_components.cost.exported import of_state
from idp_components.cost.prices import Table
from idp_components.deploy.outcome import components
from idp_components.environments import lifetime, people
from idp_components.environments.inventory import Environment
from idp_components.environments.world import World
from idp_components.testing import STACK_TYPE

ROOM = "EphemeralEnvironment"
"""The component that is the environment itself, and nothing inside of it."""
CENTS = 2


def facts(world: World, environment: Environment, prices: Table, now: datetime) -> dict[str, Any]:
    """Its life, its addresses, what is inside, what it costs, its data for tests, and what AWS has of it. Raises what is in `Failed`."""
    state = world.state(environment)
    return {
        **people.described(environment, now),
        **inside(state),
        **cost(environment, state, prices, now),
        "seeds": world.seeds(environment),
        "aws": world.tagged(environment, state),
    }


def inside(state: Mapping[str, Any]) -> dict[str, Any]:
    """Addresses from outside, and the components, as an exported state has them; what is secret is no address."""
    resources = (state.get("deployment") or {}).get("resources") or ()
    urls = next((each.get("outputs") or {} for each in resources if each["type"] == STACK_TYPE), {}).get("urls")
    return {
        "urls": urls if isinstance(urls, dict) else {},
        "components": [{"kind": each.kind, "name": each.name} for each in components(state, {}) if each.kind != ROOM],
    }


def cost(environment: Environment, state: Mapping[str, Any], prices: Table, now: datetime) -> dict[str, Any]:
    """US dollars a month and since its creation, by the price table; none without a stack, or where the table doesn't know its region."""
    record = environment.record
    try:
        found = of_state(environment.name, state, prices) if state else None
    except SpecError:
        found = None
    if found is None:
        return {"usd_per_month": None, "usd_so_far": None, "unknown_costs": 0}
    hours = None
    if record:
        profile = lifetime.profile_of(environment.environment)
        over = max(filter(None, (lifetime.end(record, profile), lifetime.kept_until(record, profile))))
        hours = max((min(now, over) - record.created_at) / timedelta(hours=1), 0)
    return {
        "usd_per_month": round(found.usd_per_month, CENTS),
        "usd_so_far": None if hours is None else round(found.usd(hours), CENTS),
        "unknown_costs": len(found.unknown),
    }
