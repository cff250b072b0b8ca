"""What people do with an environment: extend it, keep it, look at it; the API server says who may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp_components.core import labels
from idp_components.core.profiles import Profile
from idp_components.core.spec import SpecError
from idp_components.environments import lifetime
from idp_components.environments.cluster import ClusterError
from idp_components.environments.inventory import Environment
from idp_components.environments.record import Record, text
from idp_components.environments.world import World


def known(world: World, name: str) -> Environment:
    """The environment of that name. Raises SpecError with the names that there are, BackendError, ClusterError."""
    found = world.find(name)
    if found is None:
        names = [environment.name for environment in world.look()]
        raise SpecError(f"there is no environment {name!r}; there are: {', '.join(names) or 'none'}")
    return found


def readable(environment: Environment) -> Record:
    """Its record. Raises SpecError where it is broken, or nothing is there to write on."""
    if environment.record is None:
        raise SpecError(f"{environment.name}: its record is broken: {environment.broken}")
    if not environment.stack and not environment.room:
        name = environment.name
        raise SpecError(f"{name}: only resources of AWS are left of it, which nobody can extend or keep: idp env destroy {name}")
    return environment.record


def extend(world: World, name: str, hours: int, now: datetime) -> datetime:
    """Move its end; the new one. Only its owner and the team's person on call may. Raises SpecError, BackendError, ClusterError."""
    environment = known(world, name)
    end = lifetime.extended(name, readable(environment), lifetime.profile_of(environment.environment), now, hours)
    _write(world, environment, {labels.EXTENDED_UNTIL: text(end)}, now)
    return end


def keep(world: World, name: str, until: datetime, because: str, now: datetime) -> datetime:
    """Keep it past its end, for a reason. Only its owner and the person on call may. Raises SpecError, BackendError, ClusterError."""
    environment = known(world, name)
    lifetime.keep(name, readable(environment), lifetime.profile_of(environment.environment), now, until, because)
    _write(world, environment, {labels.KEPT_UNTIL: text(until), labels.KEPT_BECAUSE: because}, now)
    return until


def described(environment: Environment, now: datetime) -> dict[str, Any]:
    """An environment as plain data."""
    record, profile = environment.record, lifetime.profile_of(environment.environment)
    stack, room = environment.stack, environment.room
    return {
        "name": environment.name,
        "state": environment.state(now),
        **({"broken": environment.broken} if environment.broken else {}),
        **(_life(record, profile) if record else {}),
        "stack": stack.qualified if stack else None,
        "resources": stack.resources if stack else 0,
        "namespace": room.name if room else None,
        **({"left_at_aws": len(environment.leftovers)} if environment.leftovers else {}),
        "isolation": room.labels.get(labels.EPHEMERAL) if room else None,
        "used_at": text(environment.used) if environment.used else None,
        "asleep_since": text(room.changed) if room and room.is_asleep and room.changed else None,
    }


def _life(record: Record, profile: Profile) -> Mapping[str, Any]:
    kept = lifetime.kept_until(record, profile)
    return {
        "owner": record.owner,
        "source": record.source or None,
        "derived_from": record.derived_from or None,
        "created_at": text(record.created_at),
        "ends_at": text(lifetime.end(record, profile)),
        "kept_until": text(kept) if kept else None,
        "kept_because": record.kept_because or None,
        "awake": record.awake.said if record.awake else None,
        "sleep_after_hours": record.sleep_after_hours,
    }


def _write(world: World, environment: Environment, annotations: Mapping[str, str], now: datetime) -> None:
    try:
        world.write(environment, annotations, now)
    except ClusterError as error:
        if "forbidden" not in str(error).lower():
            raise
        owner = readable(environment).owner
        raise ClusterError(f"{environment.name}: only its owner {owner} and the team's person on call may move its end: {error}") from None
