"""The contract: whatever happened to environments, the reaper leaves nothing of them: no object, volume, resource of AWS, stack or file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from integration.environments.conftest import Previews

from idp_sandbox.process import wait_until

LATER = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
"""Past the longest life of an environment."""
SIDE_BY_SIDE = 4
SECONDS = 1200
"""For the removal of all of them: some 3 each on two cores alone, and several times that beside other tests."""
WHOLE = [f"page-pr-{number}" for number in range(1, 21)]
KILLED_CREATIONS = [f"every-pr-{number}" for number in range(1, 21)]
KILLED_REMOVALS = [f"every-pr-{number}" for number in range(21, 31)]
PULUMI = """#!/bin/bash
# The real command; what it is asked, and what a destroy prints, stand in a file too.
set -o pipefail
echo "pulumi $*" >> "$EVENTS"
[ "$1" = destroy ] || exec "$REAL_PULUMI" "$@"
"$REAL_PULUMI" "$@" | tee -a "$EVENTS"
"""
DELETING = re.compile(r"deleting \(0s\)\s*$")


@pytest.fixture
def spied(previews: Previews, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, str]]]:
    """Variables with which a command's engine leaves its events in a file named after the environment."""
    folder = tmp_path_factory.mktemp("events")
    (folder / "pulumi").write_text(PULUMI)
    (folder / "pulumi").chmod(0o700)
    path = previews.env["PATH"]

    def variables(name: str) -> dict[str, str]:
        (folder / name).touch()
        return {"PATH": f"{folder}{os.pathsep}{path}", "REAL_PULUMI": str(shutil.which("pulumi", path=path)), "EVENTS": str(folder / name)}

    yield variables
    shutil.rmtree(folder)


def test_nothing_is_left_of_thirty_environments_and_of_thirty_kills_after_a_reaping_in_which_the_api_server_starts_anew(
    previews: Previews, spied: Callable[[str], dict[str, str]]
) -> None:
    before = previews.everything()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        made = list(pool.map(lambda name: create(previews, name), KILLED_REMOVALS + WHOLE))
        steps = made[0]["resources"]
        points = [steps * number // len(KILLED_CREATIONS) for number in range(len(KILLED_CREATIONS))]
        creations = pool.map(lambda name, point: kill_creation(previews, name, point), KILLED_CREATIONS, points)
        removals = pool.map(lambda name, point: kill_removal(previews, name, point, spied(name)), KILLED_REMOVALS, removal_points(steps))
        list(creations), list(removals)
    there = {found["name"]: found["state"] for found in previews.json("list")}
    assert set(there.values()) == {"running"}
    assert {*KILLED_CREATIONS, *KILLED_REMOVALS, *WHOLE} - set(there) <= {KILLED_REMOVALS[-1]}, "only the last was as good as gone"

    outcomes = reap_while_the_api_server_starts_anew(previews)
    assert set(outcomes) == set(there)
    failed = {name for name, became in outcomes.items() if became != "done"}
    assert became(previews.json("reap", "--now", LATER, "--yes")) == dict.fromkeys(failed, "done")
    assert previews.json("list") == []
    assert previews.everything() == before


def create(previews: Previews, name: str) -> Any:
    return previews.json("create", name, "--owner", "alice", "--ttl-hours", "5")


def kill_creation(previews: Previews, name: str, point: int) -> None:
    """Kill it when that many resources have begun."""
    command = previews.start("create", name, "--owner", "alice", "--ttl-hours", "5")
    try:
        begun = -1
        for line in command.stdout or ():
            begun += f"{name} create " in line
            if begun == point:
                return
        raise AssertionError(f"{name} was there before {point} resources had begun")
    finally:
        kill(command)


def removal_points(steps: int) -> list[Callable[[str], bool]]:
    """Ten moments of a removal, by what the engine has said: eight between its resources, when it is done, and when the stack goes."""

    def deletions(number: int) -> Callable[[str], bool]:
        return lambda said: sum(bool(DELETING.search(line)) for line in said.splitlines()) > number

    inside = [deletions(steps * number // 8) for number in range(8)]
    return [*inside, lambda said: "Duration:" in said, lambda said: "pulumi stack rm" in said]


def kill_removal(previews: Previews, name: str, reached: Callable[[str], bool], env: dict[str, str]) -> None:
    """Kill it when what its engine has said reaches a point."""
    events = Path(env["EVENTS"])
    command = previews.start("destroy", name, "--yes", **env)
    try:
        wait_until(lambda: reached(events.read_text()) or command.poll() is not None, 300)
        assert reached(events.read_text()), events.read_text()
    finally:
        kill(command)


def reap_while_the_api_server_starts_anew(previews: Previews) -> dict[str, str]:
    """What became of each; the API server is killed when the first removals are under way."""
    command = previews.start("reap", "--now", LATER, "--yes", "--json", "--parallel", str(SIDE_BY_SIDE))
    with command:
        assert any(": destroy: " in line for line in command.stdout or ())
        number = previews.sandbox.cluster.pids()["kube-apiserver"]
        assert number
        os.kill(number, signal.SIGKILL)
        assert wait_until(lambda: previews.sandbox.cluster.pids()["kube-apiserver"] is None, 30)
        previews.sandbox.up(print)
        said, _ = command.communicate(timeout=SECONDS)
    return became(json.loads(said[said.index("[\n") :]))


def became(outcomes: Any) -> dict[str, str]:
    """What became of each environment, by name."""
    return {outcome["name"]: outcome["became"] for outcome in outcomes}


def kill(command: subprocess.Popen[str]) -> None:
    """The whole process group at once, as a machine that is switched off."""
    with command, suppress(ProcessLookupError):  # closes what it printed to; it may be over
        os.killpg(command.pid, signal.SIGKILL)
