"""Office hours with a time zone: when an environment is awake."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = "Mon-Fri 07:00-19:00 Europe/Berlin"
PATTERN = re.compile(
    rf"(?P<first>{'|'.join(DAYS)})(-(?P<last>{'|'.join(DAYS)}))? "
    r"(?P<opens>[0-2][0-9]:[0-5][0-9])-(?P<closes>[0-2][0-9]:[0-5][0-9]) (?P<zone>\S+)"
)
WEEK = 7


@dataclass(frozen=True)
class OfficeHours:
    """From the first day to the last, from the first hour to the last, in one time zone."""

    days: frozenset[int]
    """Weekdays, Monday is 0."""
    opens: time
    closes: time
    zone: ZoneInfo
    said: str = field(compare=False)
    """The text that said so."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The hours that a text such as `Mon-Fri 07:00-19:00 Europe/Berlin` says. Raises ValueError with what is allowed."""
        match = PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is refused: use '<day>-<day> <HH:MM>-<HH:MM> <time zone>', for example {EXAMPLE!r}")
        first = DAYS.index(match["first"])
        last = DAYS.index(match["last"] or match["first"])
        try:
            opens, closes = time.fromisoformat(match["opens"]), time.fromisoformat(match["closes"])
            zone = ZoneInfo(match["zone"])
        except (ValueError, OSError, LookupError) as error:  # a zone that is missing is a KeyError, a folder of zones an OSError
            raise ValueError(f"{text!r} is refused: {error}; for example {EXAMPLE!r}") from None
        if opens >= closes:
            raise ValueError(f"{text!r} is refused: it must close after it opens, on the same day; for example {EXAMPLE!r}")
        return cls(frozenset((first + step) % WEEK for step in range((last - first) % WEEK + 1)), opens, closes, zone, text)

    def changed(self, now: datetime) -> tuple[bool, datetime]:
        """Whether it is open at a moment, and since when that has been so."""
        today = now.astimezone(self.zone).date()
        boundaries: list[tuple[datetime, bool]] = []
        for back in range(-1, WEEK + 1):
            day = today - timedelta(days=back)
            if day.weekday() in self.days:
                boundaries += [(self._moment(day, self.opens), True), (self._moment(day, self.closes), False)]
        moment, is_open = max(boundary for boundary in boundaries if boundary[0] <= now)
        return is_open, moment

    def _moment(self, day: object, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone).astimezone(UTC)  # type: ignore[arg-type]
