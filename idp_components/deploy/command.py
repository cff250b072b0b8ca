"""The Pulumi command: run anew where it stumbled over what another process was doing in the same file backend."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

STUMBLED = re.compile(r"list bucket: .*\.tmp: no such file or directory")
"""Pulumi lists a file backend before it begins, and fails where a file that another process is writing gets its real name meanwhile
(pulumi: pkg/backend/diy/store.go; gocloud.dev/blob/fileblob: `.tmp`)."""
TRIES = 20
QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
"""Without it each command may ask the network for a newer Pulumi, and say so among its errors."""


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with `env` beside this process's own. Raises FileNotFoundError, TimeoutExpired."""
    for left in reversed(range(TRIES)):
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **QUIET, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if not done.returncode or not left or not STUMBLED.search(done.stderr):
            break
    return done
