"""Folders that a command needs for a moment. One that was killed leaves them; the next command takes them away."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "idp-env-"
OWNER = re.compile(rf"{PREFIX}(\d+)-")


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, named after the process that has it, until the end of the block."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as name:
        yield Path(name)


def _sweep(where: Path) -> None:
    """Remove the folders of this user's processes that are gone. Where processes can't be seen, all folders stay."""
    processes = Path("/proc")
    if not (processes / "self").exists():
        return
    for found in where.glob(f"{PREFIX}*-*"):
        owner = OWNER.match(found.name)
        if owner and not (processes / owner[1]).exists() and found.stat().st_uid == os.getuid():
            shutil.rmtree(found, ignore_errors=True)
