"""What a waiver is: which rules it lifts, for which resources, who answers for it, and from when until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from idp_components.rules.model import Resource

MAX_DAYS = 180
"""Days from `created` to `expires`: what is needed for longer deserves a rule that allows it."""
SOON_DAYS = 14
"""Days before its end from which a report names a waiver."""


@dataclass(frozen=True)
class Place:
    """The project and the stack that a resource belongs to."""

    project: str = ""
    stack: str = ""

    @classmethod
    def of(cls, urn: str) -> Place:
        """As a URN has it: `urn:pulumi:checkout-dev::idp::…`; empty for one that is none."""
        parts = urn.removeprefix("urn:pulumi:").split("::")
        return cls(project=parts[1], stack=parts[0]) if len(parts) > 1 else cls()


NOWHERE = Place()


@dataclass(frozen=True)
class Match:
    """Which resources: a pattern each, with `*`, `?` and `[…]`. What isn't said matches all."""

    project: str = "*"
    stack: str = "*"
    type: str = "*"
    """Pulumi's type token, also for manifest files: `kubernetes:apps/v1:DaemonSet`."""
    name: str = "*"
    """The resource's name in Pulumi, or the object's in Kubernetes."""

    def covers(self, resource: Resource, place: Place = NOWHERE) -> bool:
        """Whether a resource is one of them. `place` is where a resource without a URN belongs."""
        where = Place.of(resource.urn) if resource.urn else place
        return (
            fnmatchcase(resource.type, self.type)
            and fnmatchcase(where.stack, self.stack)
            and fnmatchcase(where.project, self.project)
            and any(fnmatchcase(name, self.name) for name in _names(resource))
        )

    def concerns(self, place: Place) -> bool:
        """Whether resources there could be among them; with no place, those of any."""
        return place == NOWHERE or (fnmatchcase(place.stack, self.stack) and fnmatchcase(place.project, self.project))


def _names(resource: Resource) -> Iterator[str]:
    yield resource.urn.split("::", 3)[3] if resource.urn.count("::") >= 3 else resource.name
    name = resource.root.get("metadata", "name").value
    if isinstance(name, str):
        yield name


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A valid entry of the waiver file."""

    id: str
    rules: tuple[str, ...]
    match: Match
    container: str = ""
    """The one container that it is for; empty for the whole resource."""
    owner: str
    reason: str
    created: date
    expires: date

    def is_active(self, now: datetime) -> bool:
        """Whether it holds: from the start of the day of `created` to the end of that of `expires`, in UTC."""
        return self.created <= today(now) <= self.expires

    def is_expired(self, now: datetime) -> bool:
        return today(now) > self.expires


@dataclass(frozen=True)
class Waivers:
    """A waiver file as it was read: its valid entries, and all that stands there, for the rules about waivers."""

    entries: tuple[Waiver, ...] = ()
    written: Any = ()
    """The file's list as written, the invalid entries too."""
    error: str = ""
    """Why the file can't be read. There are no entries then."""
    source: str = "waivers.yaml"

    def active(self, now: datetime) -> list[Waiver]:
        """Those that hold, in the file's order."""
        return [waiver for waiver in self.entries if waiver.is_active(now)]

    def expiring(self, now: datetime, days: int = SOON_DAYS) -> list[Waiver]:
        """Those that hold, but not for longer than so many days more, the next to end first."""
        last = today(now) + timedelta(days=days)
        return sorted((waiver for waiver in self.active(now) if waiver.expires <= last), key=lambda waiver: waiver.expires)


def today(now: datetime) -> date:
    """The day in UTC."""
    return now.astimezone(UTC).date()
