"""The updates of a stack out of `pulumi stack history --json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from idp_components.core.spec import SpecError

COMMIT = re.compile(r"[0-9a-f]{7,64}")
UNCHANGED = "same"


@dataclass(frozen=True)
class Update:
    """One entry that is over."""

    start: datetime
    end: datetime
    kind: str
    """`update`, `destroy`, `refresh`…"""
    succeeded: bool
    changed: bool
    """Whether it changed any resource; True where the entry doesn't say."""
    commit: str = ""
    """What was deployed; empty where nobody said, and for a work tree with changes that are in no commit."""
    reverts: bool = False
    """Whether the commit's message is that of `git revert`."""


def updates(history: Any, place: str) -> list[Update]:
    """What is over, oldest first. Raises SpecError that begins with the place for anything that isn't a history."""
    if not isinstance(history, list):
        raise SpecError(f"{place}: a list is needed, as `pulumi stack history --json` writes it")
    found = [_update(entry, f"{place}[{index}]") for index, entry in enumerate(history)]
    return sorted((each for each in found if each), key=lambda each: (each.start, each.end))


def _update(entry: Any, place: str) -> Update | None:
    """None for one that isn't over."""
    if not isinstance(entry, dict):
        raise SpecError(f"{place}: a mapping is needed, as `pulumi stack history --json` writes it")
    if entry.get("result") not in ("succeeded", "failed"):
        return None
    about = entry.get("environment")
    facts: Mapping[str, Any] = about if isinstance(about, dict) else {}
    head, message = facts.get("git.head"), entry.get("message")
    start, end = _moment(entry, "startTime", place), _moment(entry, "endTime", place)
    if end < start:
        raise SpecError(f"{place}.endTime: is before startTime")
    return Update(
        start=start,
        end=end,
        kind=str(entry.get("kind")),
        succeeded=entry["result"] == "succeeded",
        changed=_changed(entry.get("resourceChanges")),
        commit=head if isinstance(head, str) and COMMIT.fullmatch(head) and facts.get("git.dirty") != "true" else "",
        reverts=isinstance(message, str) and message.startswith('Revert "'),
    )


def _changed(counts: Any) -> bool:
    if not isinstance(counts, dict):
        return True
    return any(name != UNCHANGED and count for name, count in counts.items())


def moment(said: Any) -> datetime | None:
    """The moment that RFC 3339 says, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _moment(entry: Mapping[str, Any], key: Literal["startTime", "endTime"], place: str) -> datetime:
    value = entry.get(key)
    if found := moment(value):
        return found
    raise SpecError(f"{place}.{key}: {str(value)[:60]!r} is no moment, for example '2026-11-24T10:00:00.000Z'")
