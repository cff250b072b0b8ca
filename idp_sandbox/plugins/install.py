"""Install what a project needs into the virtual environment that its options name (`pulumi install`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from idp_sandbox.plugins.interpreter import WrongOption, options, virtual_environment
from idp_sandbox.plugins.output import pieces


class InstallFailed(Exception):
    """A command failed; what it printed has been passed on."""


def install(info: Any, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Make the environment what the files in the folder ask for; what the commands print, as it comes.

    Raises WrongOption before anything is done, and InstallFailed at the first command that fails.
    """
    environment = virtual_environment(info)
    if environment is None:
        yield "stdout", f"Nothing to install: {sys.executable} runs the program, as no runtime.options.virtualenv is named\n".encode()
        return
    commands = _uv() if options(info).get("toolchain") == "uv" else _pip(environment, folder / "requirements.txt")
    env = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment)}
    for command in commands:
        child = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        yield from pieces(child)
        if code := child.wait():
            raise InstallFailed(f"{' '.join(command)} ended with exit code {code}")


def _uv() -> list[list[str]]:
    uv = shutil.which("uv")
    if uv is None:
        raise WrongOption("runtime.options.toolchain is 'uv', but there is no uv on PATH; install it, for example: pip install uv")
    return [[uv, "sync"]]


def _pip(environment: Path, required: Path) -> list[list[str]]:
    python = environment / "bin" / "python"
    make = [] if python.exists() else [[sys.executable, "-m", "venv", str(environment)]]
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(required)]
    return [*make, *([pip] if required.exists() else [])]
