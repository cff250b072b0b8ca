"""The cache of built tools: whole or absent, whatever happens while one is built."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.bundles import Bundle

BUNDLE = Bundle(name="pulumi", title="a tool", programs=("tool",))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IDP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def silent(_: str) -> None:
    pass


def make(bundle: Bundle, target: Path, progress: cache.Progress) -> None:
    progress("making")
    (target / "bin").mkdir()
    for program in bundle.programs:
        path = target / "bin" / program
        path.touch(mode=0o700)


def never(bundle: Bundle, target: Path, progress: cache.Progress) -> None:
    progress(f"{bundle.name} is built again in {target}")
    raise AssertionError


def test_a_bundle_is_built_once_and_then_taken_from_the_cache() -> None:
    built = cache.ensure(BUNDLE, make, silent)
    assert os.access(built / "bin" / "tool", os.X_OK)
    assert cache.ensure(BUNDLE, never, silent) == built


def test_nothing_is_said_when_nothing_is_to_do() -> None:
    cache.ensure(BUNDLE, make, silent)
    said: list[str] = []
    cache.ensure(BUNDLE, never, said.append)
    assert said == []


@pytest.mark.parametrize("damage", ["program is gone", "program is not executable", "stamp is gone"])
def test_a_bundle_that_was_damaged_is_built_again(damage: str) -> None:
    built = cache.ensure(BUNDLE, make, silent)
    program = built / "bin" / "tool"
    if damage == "program is gone":
        program.unlink()
    elif damage == "program is not executable":
        program.chmod(0o600)
    else:
        (built / cache.STAMP).unlink()
    assert not cache.is_whole(BUNDLE, built)
    assert cache.is_whole(BUNDLE, cache.ensure(BUNDLE, make, silent))


def test_a_build_that_fails_leaves_nothing_and_the_next_one_succeeds(folder: Path) -> None:
    def fail(bundle: Bundle, target: Path, progress: cache.Progress) -> None:
        make(bundle, target, progress)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.ensure(BUNDLE, fail, silent)
    assert [path for path in folder.iterdir() if path.is_dir()] == []
    assert cache.is_whole(BUNDLE, cache.ensure(BUNDLE, make, silent))


def test_a_build_that_was_killed_is_no_obstacle_and_what_it_left_is_removed(folder: Path) -> None:
    program = (
        "import os, signal\n"
        "from idp_sandbox.toolchain import cache\n"
        "from idp_sandbox.toolchain.bundles import Bundle\n"
        "bundle = Bundle(name='pulumi', title='a tool', programs=('tool',))\n"
        "cache.ensure(bundle, lambda *_: os.kill(os.getpid(), signal.SIGKILL), print)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [path for path in folder.iterdir() if ".partial-" in path.name]
    built = cache.ensure(BUNDLE, make, silent)
    assert [path for path in folder.iterdir() if path.is_dir()] == [built]


def test_the_second_of_two_builders_waits_says_for_what_and_takes_the_first_ones_work() -> None:
    building, waiting = threading.Event(), threading.Event()
    said: list[str] = []

    def slow(bundle: Bundle, target: Path, progress: cache.Progress) -> None:
        building.set()
        assert waiting.wait(30)
        make(bundle, target, progress)

    def hear(line: str) -> None:
        said.append(line)
        waiting.set()

    first = threading.Thread(target=cache.ensure, args=(BUNDLE, slow, silent))
    first.start()
    assert building.wait(30)
    assert cache.is_whole(BUNDLE, cache.ensure(BUNDLE, never, hear))
    first.join()
    assert said == ["waiting: another process builds a tool"]


def test_the_key_changes_with_what_is_built() -> None:
    other = Bundle(name="pulumi", title="a tool", programs=("tool",), variables=("main.version=2",))
    assert BUNDLE.key != other.key
    assert BUNDLE.key == Bundle(name="pulumi", title="said otherwise", programs=("tool",)).key
