"""What is written on an environment about its life: read with care, since others trust it to delete things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from idp_components.core import labels
from idp_components.environments.hours import OfficeHours

TAG_PREFIX = "idp:"
CREATED_AT = "created-at"
"""Fact of a stack's tags; a namespace knows it by itself."""
LEASED = (labels.EXTENDED_UNTIL, labels.KEPT_UNTIL, labels.KEPT_BECAUSE)


class Broken(Exception):
    """A record that is missing or can't be understood. Nobody guesses what it may have meant."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The life of one environment."""

    owner: str
    source: str = ""
    derived_from: str = ""
    """The stack that it was derived from."""
    created_at: datetime
    expires_at: datetime
    """The end that it was made with."""
    extended_until: datetime | None = None
    kept_until: datetime | None = None
    kept_because: str = ""
    awake: OfficeHours | None = None
    sleep_after_hours: int | None = None


def of_namespace(namespace: Mapping[str, Any], lease: Mapping[str, Any] | None) -> Record:
    """The record that a namespace and its Lease carry. Raises Broken."""
    metadata = namespace["metadata"]
    said: dict[str, str] = dict(metadata.get("annotations") or {})
    if lease:
        said |= {key: value for key, value in (lease["metadata"].get("annotations") or {}).items() if key in LEASED}
    created = moment(metadata["creationTimestamp"])
    # A creation that was killed has the hours alone: the end is written once the API server has said when it began.
    expires = _moment(said, labels.EXPIRES_AT) or created + timedelta(hours=_hours(said, labels.EXPIRES_AFTER, needed=True) or 0)
    return _record(said, created, expires)


def of_tags(tags: Mapping[str, str]) -> Record:
    """The record that a stack's tags carry, for when there is no namespace (yet, or any more). Raises Broken."""
    said = {f"idp/{key.removeprefix(TAG_PREFIX)}": value for key, value in tags.items() if key.startswith(TAG_PREFIX)}
    created, expires = _moment(said, f"idp/{CREATED_AT}"), _moment(said, labels.EXPIRES_AT)
    if created is None or expires is None:
        missing = labels.EXPIRES_AT if created else f"idp/{CREATED_AT}"
        raise Broken(f"its stack has no tag {tag(missing)}, and there is no namespace that would say it")
    return _record(said, created, expires)


def tag(key: str) -> str:
    """Name of the stack's tag for an annotation: `idp:expires-at`. A tag's name can't hold a slash in every backend."""
    return f"{TAG_PREFIX}{key.removeprefix('idp/')}"


def text(at: datetime) -> str:
    """A moment as it is written: RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(said: str) -> datetime:
    """The moment that RFC 3339 says. Raises ValueError."""
    found = datetime.fromisoformat(said.replace("Z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError(f"{said!r} has no time zone")
    return found.astimezone(UTC)


def _record(said: Mapping[str, str], created: datetime, expires: datetime) -> Record:
    owner, awake = said.get(labels.OWNER), said.get(labels.AWAKE)
    if not owner:
        raise Broken(f"{labels.OWNER} is missing")
    try:
        hours = OfficeHours.parse(awake) if awake else None
    except ValueError as error:
        raise Broken(f"{labels.AWAKE}: {error}") from None
    return Record(
        owner=owner,
        source=said.get(labels.SOURCE, ""),
        derived_from=said.get(labels.DERIVED_FROM, ""),
        created_at=created,
        expires_at=expires,
        extended_until=_moment(said, labels.EXTENDED_UNTIL),
        kept_until=_moment(said, labels.KEPT_UNTIL),
        kept_because=said.get(labels.KEPT_BECAUSE, ""),
        awake=hours,
        sleep_after_hours=_hours(said, labels.SLEEP_AFTER),
    )


def _moment(said: Mapping[str, str], key: str) -> datetime | None:
    if not (value := said.get(key)):
        return None
    try:
        return moment(value)
    except ValueError:
        raise Broken(f"{key}: {value!r} is no moment such as '2026-01-31T12:00:00Z'") from None


def _hours(said: Mapping[str, str], key: str, *, needed: bool = False) -> int | None:
    value = said.get(key)
    if value is None and not needed:
        return None
    if value is None or not value.isascii() or not value.isdigit() or not 0 < int(value) < 100_000:
        raise Broken(f"{key} is missing" if value is None else f"{key}: {value!r} is no number of hours such as '48'")
    return int(value)
