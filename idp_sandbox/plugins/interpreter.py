"""Which Python runs a project's program, and what that Python has installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

INSTALLED = Path(__file__).with_name("guest") / "installed.py"
TYPE_CHECKERS = ("mypy", "pyright")
TOOLCHAINS = {"pip": "", "uv": ".venv"}
"""Tools that make virtual environments, and the folder in which each makes one unless told otherwise."""


class WrongOption(Exception):
    """One of the project's `runtime.options` can't be followed; the message says which and what is allowed."""


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter and what a shell in which its environment is activated would have."""

    python: str
    variables: Mapping[str, str]

    def describe(self) -> dict[str, Any]:
        """Version of Python and installed distributions (see guest/installed.py)."""
        done = subprocess.run([self.python, str(INSTALLED)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))


def options(info: Any) -> dict[str, str]:
    """The project's `runtime.options`. Raises WrongOption."""
    found = dict(MessageToDict(info.options)) if info.HasField("options") else {}
    for name, allowed in (("toolchain", tuple(TOOLCHAINS)), ("typechecker", TYPE_CHECKERS)):
        if found.get(name) and found[name] not in allowed:
            raise WrongOption(
                f"runtime.options.{name} is {found[name]!r}, which needs the official Python language host; "
                f"allowed here: {', '.join(allowed)}, for example {name}: {allowed[0]}"
            )
    return found


def virtual_environment(info: Any) -> Path | None:
    """Folder of the virtual environment that the project names; none where our own interpreter runs it. Raises WrongOption."""
    chosen = options(info)
    name = chosen.get("virtualenv") or TOOLCHAINS[chosen.get("toolchain") or "pip"]
    return Path(info.root_directory, name) if name else None


def find(info: Any) -> Interpreter:
    """Python of the project's virtual environment, else the one that runs us. Raises WrongOption."""
    folder = virtual_environment(info)
    if folder is None:
        return Interpreter(sys.executable, {})
    python = folder / "bin" / "python"
    if not python.exists():
        raise WrongOption(f"there is no {python} (Pulumi.yaml: runtime.options.virtualenv); make the environment with: pulumi install")
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)])
    return Interpreter(str(python), {"VIRTUAL_ENV": str(folder), "PATH": path})
