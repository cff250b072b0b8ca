"""Background processes: found again, never confused with others, and stopped with certainty."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp_sandbox.process import Daemon, started_at, wait_until


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon("sleeper", tmp_path)
    yield made
    made.stop()


def test_a_process_is_started_once_and_found_again_by_another_command(daemon: Daemon) -> None:
    daemon.start(["sleep", "600"])
    pid = daemon.pid()
    daemon.start(["sleep", "600"])
    assert pid is not None
    assert Daemon(daemon.name, daemon.state).pid() == pid


def test_a_process_gets_its_arguments_and_environment_as_they_are_and_its_output_is_logged(daemon: Daemon) -> None:
    daemon.start(["sh", "-c", 'echo "$1 $COLOUR"', "sh", "a; b $(c) 'd'"], {"COLOUR": "green"})
    assert wait_until(lambda: daemon.log.read_text() == "a; b $(c) 'd' green\n", 30)


def test_a_stopped_process_is_gone(daemon: Daemon) -> None:
    daemon.start(["sleep", "600"])
    pid = daemon.pid()
    assert pid is not None
    daemon.stop()
    assert started_at(pid) is None
    assert daemon.pid() is None


def test_a_killed_process_counts_as_gone_and_can_be_started_again(daemon: Daemon) -> None:
    daemon.start(["sleep", "600"])
    first = daemon.pid()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: not daemon.is_running(), 30)
    daemon.start(["sleep", "600"])
    assert daemon.pid() not in (None, first)


def test_a_process_that_has_the_recorded_number_but_started_at_another_time_is_left_alone(daemon: Daemon) -> None:
    daemon.record.parent.mkdir()
    daemon.record.write_text(json.dumps({"pid": os.getpid(), "started": "1"}))
    assert daemon.pid() is None
    daemon.stop()  # would end this test run if it took us for its process


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": "x", "started": "1"}', '{"pid": null, "started": null}'])
def test_a_broken_record_counts_as_no_process(content: str, daemon: Daemon) -> None:
    daemon.record.parent.mkdir()
    daemon.record.write_text(content)
    assert daemon.pid() is None
