"""What the reaper does with each environment: a decision over the inventory, pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from idp_components.environments import lifetime
from idp_components.environments.inventory import Environment, empty_since
from idp_components.environments.record import text

Action = Literal["destroy", "leave", "sleep", "wake", "report"]


@dataclass(frozen=True)
class Decision:
    """What to do, and why."""

    action: Action
    reason: str


def decide(environment: Environment, now: datetime) -> Decision:
    """Destroy what is over, put to sleep and wake by the clock, report what isn't understood, and leave everything else."""
    record, profile = environment.record, lifetime.profile_of(environment.environment)
    if record is None:
        since = empty_since(environment)
        if since is not None and now >= since:
            return Decision("destroy", f"a stack with nothing in it, older than any environment may be since {text(since)}")
        if since is not None:
            return Decision("leave", f"a stack with nothing in it; it goes at {text(since)}")
        return Decision("report", f"its record is broken: {environment.broken}")
    if not profile.ttl_hours_max:
        return Decision("report", f"{environment.environment!r} is no preview")
    end = lifetime.end(record, profile)
    if lifetime.is_due(record, profile, now):
        if environment.room and environment.room.is_argo_cds:
            return Decision("report", "it is over, but Argo CD makes it again until its pull request is closed")
        return Decision("destroy", f"over since {text(max(end, lifetime.kept_until(record, profile) or end))}")
    if environment.room and (used := environment.used):
        asleep = environment.room.is_asleep
        wanted = lifetime.should_sleep(record, now, asleep=asleep, changed=environment.room.changed, used=used)
        if wanted != asleep:
            return Decision("sleep", "nobody uses it") if wanted else Decision("wake", "its office hours have begun")
    if lifetime.is_kept(record, profile, now):
        return Decision("leave", f"kept until {text(lifetime.kept_until(record, profile) or end)}: {record.kept_because}")
    return Decision("leave", f"ends at {text(end)}")
