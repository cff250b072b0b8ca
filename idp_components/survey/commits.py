"""When commits were made, as git says."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

SECONDS = 30


def between(root: Path, before: str, head: str) -> Sequence[datetime] | None:
    """Moments of the commits that are in `head` and not in `before`, without merges; of `head` alone where `before` is empty.

    None where this clone doesn't know them. Both are hexadecimal, so that neither can be an option.
    """
    which = [f"{before}..{head}"] if before else ["--max-count=1", head]
    try:
        done = subprocess.run(
            ["git", "log", "--format=%ct", "--no-merges", *which, "--"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return [datetime.fromtimestamp(int(line), UTC) for line in done.stdout.split()] if done.returncode == 0 else None
