"""Folders that a command needs for a moment. One that was killed leaves them; the next command takes them away."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, named after the process that has it, until the end of the block."""
    # Containers may share a folder for temporary files, but neither the numbers of their processes nor their names.
    prefix = f"idp-env-{socket.gethostname()}-"
    _sweep(Path(tempfile.gettempdir()), prefix)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-") as name:
        yield Path(name)


def _sweep(where: Path, prefix: str) -> None:
    """Remove the folders of this user's processes that are gone. Where processes can't be seen, all folders stay."""
    processes = Path("/proc")
    if not (processes / "self").exists():
        return
    for found in where.iterdir():
        owner = re.match(rf"{re.escape(prefix)}(\d+)-", found.name)
        with suppress(FileNotFoundError):  # another command was faster
            if owner and not (processes / owner[1]).exists() and found.stat().st_uid == os.getuid():
                shutil.rmtree(found, ignore_errors=True)
