"""Lifetimes: when an environment ends, as its annotations and tags say it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.regex import regex

HOURS = regex(r"[0-9]{1,9}")
"""Digits alone: whatever reads them to end an environment reads nothing else."""
MOMENT = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})")
"""RFC 3339."""


def hours(value: Any) -> int | None:
    """A whole number of hours, as annotations and tags have it: text."""
    return int(value) if isinstance(value, str) and HOURS.fullmatch(value) else None


def moment(value: Any) -> datetime | None:
    """The moment that a text names, if it does."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def is_far(end: datetime, made: Field, now: Any, limit: float) -> bool:
    """Whether an end is, or may be, more than `limit` hours after something was made: `now` at the earliest where nothing says when."""
    begin = moment(now if made.value is None else made.value)
    return made.value is UNKNOWN or (begin is not None and end - begin > timedelta(hours=limit))
