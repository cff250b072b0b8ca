"""Locks that a killed `pulumi` left in a file backend."""

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
    address = urlparse(backend)
    if address.scheme != "file":
        return 0
    folder = Path(unquote(address.netloc + address.path)) / ".pulumi" / "locks"
    abandoned = [lock for lock in folder.glob(f"**/{stack}/*.json") if _is_abandoned(lock, host)]
    for lock in abandoned:
        lock.unlink(missing_ok=True)
    return len(abandoned)


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
