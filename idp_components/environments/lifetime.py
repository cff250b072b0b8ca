"""When an environment ends, and what may move that: decisions over plain records, with the clock as an argument."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp_components.core.profiles import PROFILES, Profile
from idp_components.core.spec import SpecError
from idp_components.environments.record import Record, text

MAX_REASON_LENGTH = 200
"""Characters of why an environment is kept: what a stack's tag holds (256), less room for other alphabets."""


def profile_of(environment: str) -> Profile:
    """The profile of an environment that ends."""
    return PROFILES.get(environment, PROFILES["preview"])


def end(record: Record, profile: Profile) -> datetime:
    """When it ends unless somebody keeps it: the latest that was written, and never after the profile's maximum."""
    wanted = max(record.expires_at, record.extended_until or record.expires_at)
    return min(wanted, record.created_at + timedelta(hours=profile.ttl_hours_max))


def kept_until(record: Record, profile: Profile) -> datetime | None:
    """Until when somebody keeps it, and never after the profile's maximum."""
    return record.kept_until and min(record.kept_until, record.created_at + timedelta(hours=profile.kept_hours_max))


def lasts(record: Record, profile: Profile) -> float:
    """Hours from its creation to its end, or for as long as somebody keeps it."""
    last = end(record, profile)
    return (max(last, kept_until(record, profile) or last) - record.created_at).total_seconds() / 3600


def is_kept(record: Record, profile: Profile, now: datetime) -> bool:
    """Whether somebody keeps it at this moment."""
    until = kept_until(record, profile)
    return until is not None and now < until


def is_due(record: Record, profile: Profile, now: datetime) -> bool:
    """Whether it is over, and nobody keeps it."""
    return now >= end(record, profile) and not is_kept(record, profile, now)


def extended(name: str, record: Record, profile: Profile, now: datetime, hours: int) -> datetime:
    """The new end, `hours` after the present one or after now, whichever is later. Raises SpecError past the profile's maximum."""
    if hours < 1:
        raise SpecError(f"{name}: {hours} hours are refused: use 1 or more, for example --hours 24")
    present, latest = end(record, profile), record.created_at + timedelta(hours=profile.ttl_hours_max)
    wanted = max(present, now) + timedelta(hours=hours)
    if wanted <= latest:
        return wanted
    more = int((latest - max(present, now)).total_seconds() // 3600)
    allowed = f"at most {more} more hours" if more > 0 else f"make a new one, or keep it: idp env keep {name} --until DATE --because REASON"
    raise SpecError(
        f"{name}: an end at {text(wanted)} is refused: in profile {profile.environment} an environment may live "
        f"{profile.ttl_hours_max} hours, this one until {text(latest)}; {allowed}"
    )


def keep(name: str, record: Record, profile: Profile, now: datetime, until: datetime, because: str) -> datetime:
    """Until when it is kept. Raises SpecError without a reason, for the past, and past the profile's maximum."""
    latest = record.created_at + timedelta(hours=profile.kept_hours_max)
    if not because.strip() or len(because) > MAX_REASON_LENGTH:
        raise SpecError(f"{name}: say in 1 to {MAX_REASON_LENGTH} characters why it is kept, for example --because 'demo on Friday'")
    if not now < until <= latest:
        raise SpecError(
            f"{name}: to keep it until {text(until)} is refused: use a moment after {text(now)} and not after {text(latest)}, "
            f"{profile.kept_hours_max} hours after its creation"
        )
    return until


def should_sleep(record: Record, now: datetime, *, asleep: bool, changed: datetime | None, used: datetime) -> bool:
    """Whether it should be asleep: by inactivity, else by office hours, else as it is.

    `changed` is when it last went to sleep or woke, `used` when somebody last brought it up, woke or extended it. Between two
    boundaries of the office hours the last word of a person counts: who wakes it at night keeps it until the next evening.
    """
    if record.sleep_after_hours and now - used >= timedelta(hours=record.sleep_after_hours):
        return True
    if record.awake:
        is_open, since = record.awake.changed(now)
        last_word = max(used, changed) if changed else used
        return asleep if last_word > since else not is_open
    return asleep
