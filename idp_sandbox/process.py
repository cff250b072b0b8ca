"""Background processes of a sandbox: started once, found again later, and stopped with certainty."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10
# A shell starts the process and ends: so it belongs to init, which collects it whenever it ends, and not to a long-lived Python.
LAUNCH = '"$@" >>"$0" 2>&1 & echo $!'


@dataclass(frozen=True)
class Daemon:
    """A process that outlives the command that started it. Its record tells it from a later process with the same number."""

    name: str
    state: Path
    """The sandbox's folder."""

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.state / "logs" / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """Number and start time of the process."""
        return self.state / "run" / f"{self.name}.json"

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start the process, unless it runs."""
        if self.is_running():
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.record.parent.mkdir(parents=True, exist_ok=True)
        started = subprocess.run(
            ["sh", "-c", LAUNCH, str(self.log), *command],
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.state,
            check=True,
        )
        pid = int(started.stdout)
        self.record.write_text(json.dumps({"pid": pid, "started": started_at(pid)}))

    def pid(self) -> int | None:
        """Number of the running process."""
        try:
            record = json.loads(self.record.read_text())
            pid, started = int(record["pid"]), record["started"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pid if started is not None and started_at(pid) == started else None

    def is_running(self) -> bool:
        """Whether the process that was started still runs."""
        return self.pid() is not None

    def stop(self) -> None:
        """End the process, by force if it doesn't listen."""
        for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
            pid = self.pid()
            if pid is None:
                break
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                break
            wait_until(lambda: not self.is_running(), seconds)
        self.record.unlink(missing_ok=True)


def started_at(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; none for one that is gone or only waits to be collected (proc(5), field 22)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] == "Z" else fields[19]


def command_line(pid: int) -> str:
    """The command of a process; empty for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.05) -> bool:
    """Whether a condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return condition()
