"""Nothing is left running, however a command ends."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from idp_sandbox.process import wait_until

PATIENCE = 60
"""Seconds to wait for what has to happen on a busy machine."""
PROGRAM = "import pathlib, time\npathlib.Path('running').touch()\ntime.sleep(600)\n"


def running_in(folder: Path) -> set[int]:
    """Processes whose working directory is the folder: the command itself, plugins and programs have that of their project."""
    found = set()
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and process.joinpath("cwd").readlink() == folder:
                found.add(int(process.name))
        except OSError:
            continue  # it ended just now, or is somebody else's
    return found


def start(project: Any) -> subprocess.Popen[bytes]:
    """`pulumi up` of a program that runs and doesn't end."""
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]
    nothing = subprocess.DEVNULL
    started = subprocess.Popen(command, cwd=project.folder, env=project.env, stdin=nothing, stdout=nothing, stderr=nothing)
    assert wait_until((project.folder / "running").exists, PATIENCE)
    return started


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: signal.Signals(number).name)
def test_the_end_of_the_command_is_the_end_of_its_program_and_plugins(project: Callable[..., Any], number: signal.Signals) -> None:
    found = project(PROGRAM)
    command = start(found)
    children = running_in(found.folder) - {command.pid}
    assert len(children) >= 2  # at least the language host and the program
    os.kill(command.pid, number)
    command.wait(PATIENCE)
    assert wait_until(lambda: not running_in(found.folder), PATIENCE)
    found.pulumi("cancel", "--yes", check=False)  # the lock of a command that was killed


def test_a_command_that_ends_well_leaves_nothing_running(project: Callable[..., Any]) -> None:
    found = project("import pulumi_random\npulumi_random.RandomPet('rex')\n")
    found.up()
    assert wait_until(lambda: not running_in(found.folder), PATIENCE)
