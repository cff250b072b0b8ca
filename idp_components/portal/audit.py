"""The audit log: one line of JSON for each action that somebody tried, done or refused."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LONGEST = 300
"""Characters of a text; what is longer is cut."""


@dataclass
class Entry:
    """One action."""

    action: str
    """`sign-in`, `sign-out`, `preview`, `propose`."""
    who: str
    """Name of the person; empty for nobody that is known."""
    address: str
    """Where the request came from."""
    outcome: str = "failed"
    """`done`, `refused` (not allowed, or the input is), or `failed`."""
    team: str = ""
    path: str = ""
    name: str = ""
    environment: str = ""
    reason: str = ""
    branch: str = ""
    commit: str = ""
    pull_request: str = ""


class Audit:
    """A file that only its owner reads, and that lines are only added to."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path, self._now, self._lock = path, now, threading.Lock()

    @contextmanager
    def entry(self, action: str, who: str, address: str) -> Iterator[Entry]:
        """An action: what becomes of it is written once, at its end, also where it raises.

        Raises OSError where nothing can be written, before anything is done.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        found = Entry(action, who, address)
        try:
            yield found
        except BaseException as error:
            found.reason = found.reason or type(error).__name__
            raise
        finally:
            try:
                self._write(file, found)
            finally:
                os.close(file)

    def _write(self, file: int, entry: Entry) -> None:
        said = {key: value[:LONGEST] for key, value in asdict(entry).items() if value}
        line = json.dumps({"at": self._now().isoformat(timespec="seconds"), **said}) + "\n"
        with self._lock:
            os.fchmod(file, 0o600)
            os.write(file, line.encode())
            os.fsync(file)
