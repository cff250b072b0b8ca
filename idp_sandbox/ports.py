"""Ports of control planes on loopback: a sandbox keeps its own while it is stopped, so that none takes another's."""

from __future__ import annotations

import json
import socket
from itertools import islice
from pathlib import Path

from idp_sandbox.machine import SandboxError
from idp_sandbox.toolchain import cache

CHOICE = range(20000, 32768)
"""Below the ports that Linux gives to outgoing connections (ip_local_port_range), which come and go."""


def reserve(owner: Path, count: int) -> list[int]:
    """Free ports that no other sandbox of this user has, running or not. They are the owner's as long as its folder is there.

    Raises SandboxError if there are too few.
    """
    cache.folder().mkdir(parents=True, exist_ok=True)
    record = cache.folder() / "ports.json"
    with cache.locked(cache.folder() / "ports.lock", lambda: None):
        others = {folder: ports for folder, ports in _read(record).items() if folder != str(owner) and Path(folder).exists()}
        taken = {port for ports in others.values() for port in ports}
        chosen = list(islice((port for port in CHOICE if port not in taken and _is_free(port)), count))
        if len(chosen) < count:
            raise SandboxError(
                f"no free ports from {CHOICE.start} to {CHOICE.stop - 1}; remove sandboxes that nobody needs: idp sandbox reset"
            )
        new = record.with_suffix(".new")
        new.write_text(json.dumps(others | {str(owner): chosen}))
        new.replace(record)
    return chosen


def _read(record: Path) -> dict[str, list[int]]:
    return dict(json.loads(record.read_text())) if record.exists() else {}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
