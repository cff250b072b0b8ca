"""What a killed `pulumi` left in a file backend: its locks, and files that it had written by half."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import unquote, urlparse


def release_abandoned(backend: str, stack: str, host: str) -> int:
    """Remove the locks of a stack whose process ran on this host and is gone; return how many.

    Only a file backend keeps its locks where they can be judged; any other is left alone. Pulumi writes the owner's
    process id and host into the lock (pkg/backend/diy/lock.go).
    """
    abandoned = [lock for lock in _files(backend, f"locks/**/{stack}/*.json") if _is_abandoned(lock, host)]
    for lock in abandoned:
        lock.unlink(missing_ok=True)
    return len(abandoned)


def remove_partials(backend: str, project: str, stack: str) -> None:
    """Remove the files of a stack that wait for their real name, which nobody gives them any more (gocloud.dev/blob/fileblob: `.tmp`)."""
    for partial in _files(backend, f"*/{project}/{stack}.*.tmp", f"*/{project}/{stack}/*.tmp"):
        partial.unlink(missing_ok=True)


def _files(backend: str, *patterns: str) -> list[Path]:
    """Files of a file backend; none of any other."""
    address = urlparse(backend)
    if address.scheme != "file":
        return []
    folder = Path(unquote(address.netloc + address.path)) / ".pulumi"
    return [found for pattern in patterns for found in folder.glob(pattern)]


def _is_abandoned(lock: Path, host: str) -> bool:
    try:
        owner = json.loads(lock.read_text())
        pid = int(owner["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return owner.get("hostname") == host and not _is_running(pid)


def _is_running(pid: int) -> bool:
    """Whether a process still works; one that was killed may stay listed until its parent takes notice."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except OSError:
        return not Path("/proc/self").exists()
