"""The box of a round: answers that come one by one, until somebody counts them.

It is as anonymous as a round is: no name, address or moment, comments apart from the answers they came with, and each answer put in
mixes all of them anew. It holds the teams as people said them, so only its owner reads it; counting leaves out those that are too small.
The times of its files are set to the beginning of the round, since they would tell when the last one answered. What nobody can set is when
the file system last changed the file itself (ctime): it tells of the last answer only, and only to who can read the folder.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from idp_components.core.spec import SpecError
from idp_components.survey import rounds
from idp_components.survey.answers import Answer
from idp_components.survey.questionnaire import Questionnaire

FOLDER = Path(".idp") / "survey"
"""Where boxes are kept in a project."""


@dataclass(frozen=True)
class Box:
    """The box of one round."""

    name: str
    """Of the round."""
    questionnaire: Questionnaire
    """What is asked."""
    folder: Path
    """Of the boxes."""
    counted: Path
    """Of the rounds."""

    @property
    def path(self) -> Path:
        """Its file."""
        return rounds.path_of(self.name, self.folder)

    @property
    def is_closed(self) -> bool:
        """Whether the round was counted: one more answer would be the difference between two reports."""
        return rounds.path_of(self.name, self.counted).exists()

    def put(self, answer: Answer) -> None:
        """Put in one answer. Raises SpecError where the box is closed, or holds answers to other questions."""
        with self._locked():
            if self.is_closed:
                raise SpecError(f"{self.name}: the round has been counted, so it takes no more answers")
            there = rounds.read(self.name, self.folder) if self.path.exists() else rounds.Round(self.name, self.questionnaire, (), {})
            if there.questionnaire != self.questionnaire:
                raise SpecError(f"{self.name}: the box holds answers to other questions; count it, or name another round")
            self._write(rounds.mixed(there, [answer]))

    def count(self, threshold: int) -> rounds.Round:
        """Store the round and empty the box. Raises SpecError where there is none, or holds fewer answers than the threshold."""
        with self._locked():
            if not self.path.exists():
                raise SpecError(f"{self.path}: there is no such box; people fill it in the portal, on the page Survey")
            if self.is_closed:
                raise SpecError(f"{self.name}: is counted already")
            found = rounds.hidden(rounds.read(self.name, self.folder), threshold)
            rounds.write(found, self.counted)
            self.path.unlink()
            return found

    @property
    def _lock(self) -> Path:
        return self.folder / f".{rounds.check_name(self.name)}.lock"

    def _write(self, filled: rounds.Round) -> None:
        rounds.write(filled, self.folder)
        began = datetime.combine(beginning(self.name), time(), UTC).timestamp()
        for path in (self.path, self._lock, self.folder):
            os.utime(path, (began, began))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def current(today: date) -> str:
    """The round of a day, by default its quarter: `2026-Q4`."""
    return f"{today.year}-Q{(today.month + 2) // 3}"


def beginning(name: str) -> date:
    """The first day of a round. Raises SpecError for a name that is none."""
    found = re.fullmatch(rounds.NAME, rounds.check_name(name))
    assert found is not None  # noqa: S101  (check_name says so)
    if found["month"]:
        return date(int(found["year"]), int(found["month"]), 1)
    quarters_before = int(found["quarter"] or 1) - 1 + 2 * (int(found["half"] or 1) - 1)
    return date(int(found["year"]), 1 + 3 * quarters_before, 1)
