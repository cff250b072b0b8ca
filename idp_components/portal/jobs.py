"""Work that takes longer than a page may: it goes on in the background, one at a time per environment, and pages show how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal

from idp_components.portal.view import without_passwords

LOG = logging.getLogger(__name__)
Say = Callable[[str], None]
AT_ONCE = 4
"""Jobs side by side: each is an update of Pulumi's, which keeps a processor busy for seconds."""
MOST_RUNNING = 20
"""Jobs that run or wait; more are no person's."""
MOST_KEPT = 200
"""Jobs that are remembered."""
MOST_LINES = 200
"""Lines of progress that are kept of a job."""


class Busy(Exception):
    """Nothing can be begun now; the message says why."""


class NotDone(Exception):
    """It could not be done; the message says why."""


@dataclass(frozen=True)
class Job:
    """What is done, or was done last, with an environment."""

    name: str
    """Name of the environment."""
    doing: str
    """`create`, `sleep`…"""
    state: Literal["running", "done", "failed"] = "running"
    lines: tuple[str, ...] = field(default=(), repr=False)
    """Its progress."""
    said: str = ""
    """What became of it, in a sentence."""

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self.state == "running"


class Jobs:
    """The newest job of each environment. They are of this run of the portal; what lasts is in the audit log and the backend."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")

    def of(self, name: str) -> Job | None:
        """The newest job of an environment."""
        return self._jobs.get(name)

    def running(self) -> list[Job]:
        """Those that go on."""
        with self._lock:
            return [job for job in self._jobs.values() if job.is_running]

    def start(self, name: str, doing: str, work: Callable[[Say], str]) -> None:
        """Begin; `work` says in a sentence what became of it, or raises NotDone. Raises Busy."""
        with self._lock:
            before = self._jobs.get(name)
            if before and before.is_running:
                raise Busy(f"{name}: somebody's {before.doing} runs still; wait for its end")
            running = [job for job in self._jobs.values() if job.is_running]
            if len(running) >= MOST_RUNNING:
                raise Busy(f"{len(running)} environments are worked on already; try again in some minutes")
            while len(self._jobs) >= MOST_KEPT:
                del self._jobs[next(old for old, job in self._jobs.items() if not job.is_running)]
            self._jobs.pop(name, None)
            self._jobs[name] = Job(name, doing)
        self._pool.submit(self._run, name, work)

    def stop(self) -> None:
        """Wait for those that run: half an update is worse than a late end."""
        self._pool.shutdown(wait=True)

    def _run(self, name: str, work: Callable[[Say], str]) -> None:
        try:
            self._change(name, state="done", said=work(lambda line: self._say(name, line)))
        except NotDone as error:
            self._change(name, state="failed", said=str(error))
        except Exception:  # its text may hold anything: it is for the log alone
            LOG.exception("%s: a job failed", name)
            self._change(name, state="failed", said="Something went wrong here; the portal's log says what.")

    def _say(self, name: str, line: str) -> None:
        self._change(name, lines=(*self._jobs[name].lines[-MOST_LINES + 1 :], without_passwords(line)))

    def _change(self, name: str, *, said: str = "", **fields: object) -> None:
        with self._lock:
            self._jobs[name] = replace(self._jobs[name], said=without_passwords(said), **fields)  # type: ignore[arg-type]
