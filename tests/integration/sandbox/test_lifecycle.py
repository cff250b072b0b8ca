"""A sandbox starts from whatever it finds, hides its credentials, and leaves nothing running."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp_sandbox import Sandbox
from idp_sandbox.process import wait_until

OUTSIDE = re.compile(r"^(?!127\.0\.0\.1:|\[::1\]:|\[::ffff:127\.0\.0\.1\]:)")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Sandbox]]:
    """Makes sandboxes of the test's own."""
    made: list[Sandbox] = []

    def start(name: str) -> Sandbox:
        made.append(Sandbox(tmp_path / name))
        made[-1].up(print)
        return made[-1]

    yield start
    for box in made:
        box.reset()


def kubectl(box: Sandbox, *arguments: str) -> str:
    command = [str(box.state / "bin" / "kubectl"), *arguments]
    return subprocess.run(command, env={**os.environ, **box.env()}, capture_output=True, text=True, check=True).stdout


def pids(box: Sandbox) -> dict[str, int]:
    return {part.name: part.pid for part in box.parts() if part.pid is not None}


def listeners(box: Sandbox) -> list[str]:
    """Addresses that the sandbox's processes listen on."""
    ours = {f"pid={pid}," for pid in pids(box).values()}
    return [line.split()[3] for line in sockets() if any(pid in line for pid in ours)]


def sockets() -> list[str]:
    """Every listening socket of the machine."""
    command = ["ss", "--listening", "--tcp", "--numeric", "--processes", "--no-header"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def down(box: Sandbox) -> list[str]:
    """Parts that should run and don't."""
    return [part.name for part in box.parts() if part.pid is None]


def test_two_sandboxes_run_side_by_side_on_loopback_only_and_know_nothing_of_each_other(make: Callable[[str], Sandbox]) -> None:
    first, second = make("first"), make("second")
    assert down(first) == down(second) == []
    kubectl(first, "create", "namespace", "only-in-first")
    assert "only-in-first" not in kubectl(second, "get", "namespaces")
    assert not set(pids(first).values()) & set(pids(second).values())
    addresses = [*listeners(first), *listeners(second)]
    assert len(set(addresses)) == len(addresses) >= 2 * 6
    assert [address for address in addresses if OUTSIDE.match(address)] == []

    first.down()
    assert down(second) == []
    assert kubectl(second, "get", "namespaces")


def test_after_down_nothing_runs_or_listens_and_up_continues_with_the_same_data(make: Callable[[str], Sandbox]) -> None:
    box = make("box")
    kubectl(box, "create", "namespace", "kept")
    before, ports = pids(box), {address.rpartition(":")[2] for address in listeners(box)}
    box.down()
    assert pids(box) == {}
    assert [pid for pid in before.values() if str(box.state).encode() in _command(pid)] == []
    assert not {line.split()[3].rpartition(":")[2] for line in sockets()} & ports

    box.down()  # again: nothing to do
    box.up(print)
    assert "kept" in kubectl(box, "get", "namespaces")


def test_any_process_that_is_killed_comes_back_with_the_next_up_and_the_others_stay(make: Callable[[str], Sandbox]) -> None:
    box = make("box")
    kubectl(box, "create", "namespace", "kept")
    for name in ("etcd", "controller", "aws", "kube-apiserver", "kwok-controller"):
        before = pids(box)
        os.kill(before[name], signal.SIGKILL)
        assert wait_until(lambda name=name: name not in pids(box), 30)  # type: ignore[misc]
        assert down(box) == [name]
        box.up(print)
        assert down(box) == []
        assert pids(box)[name] != before[name]
        assert pids(box)["kube-scheduler"] == before["kube-scheduler"]
    assert "kept" in kubectl(box, "get", "namespaces")


def test_a_sandbox_that_is_down_keeps_its_ports_from_others(make: Callable[[str], Sandbox]) -> None:
    first = make("first")
    first.down()
    second = make("second")
    first.up(print)
    assert down(first) == down(second) == []
    assert kubectl(first, "get", "namespaces")
    assert kubectl(second, "get", "namespaces")


def test_controllers_that_gave_up_waiting_for_the_api_server_are_started_again(make: Callable[[str], Sandbox]) -> None:
    box = make("box")
    box.down()
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(box.up, print)
        assert wait_until(lambda: None not in box.cluster.pids().values(), 60, step=0.01)
        server = pids(box)["kube-apiserver"]
        os.kill(server, signal.SIGSTOP)
        gave_up = wait_until(lambda: "kube-controller-manager" not in pids(box), 60)
        os.kill(server, signal.SIGCONT)
        starting.result()
    assert gave_up
    assert down(box) == []
    kubectl(box, "create", "namespace", "new")
    assert wait_until(lambda: "default" in kubectl(box, "get", "serviceaccounts", "--namespace=new"), 30)


def test_records_of_another_boot_harm_nobody_and_a_sandbox_that_was_made_by_half_is_made_anew(make: Callable[[str], Sandbox]) -> None:
    box = make("box")
    box.down()
    with bystanding() as bystander:
        for name in box.cluster.pids():
            (box.cluster.folder / "pids" / f"{name}.pid").write_text(str(bystander.pid))
        for daemon in (box.moto, box.controller):
            daemon.record.write_text(json.dumps({"pid": bystander.pid, "started": "1"}))
        assert pids(box) == {}
        box.up(print)
        assert down(box) == []
        box.down()
        assert bystander.poll() is None
    shutil.rmtree(box.cluster.folder / "pki")
    box.cluster.stamp.unlink()
    box.up(print)
    assert down(box) == []


def test_credentials_belong_to_the_user_alone_and_no_log_shows_them(make: Callable[[str], Sandbox]) -> None:
    box = make("box")
    assert stat.S_IMODE(box.state.stat().st_mode) == 0o700
    secret = [box.kubeconfig, Path(box.env()["PULUMI_CONFIG_PASSPHRASE_FILE"]), *box.cluster.folder.glob("pki/*.key")]
    secret.append(box.cluster.folder / "kubeconfig.yaml")
    assert [path for path in secret if stat.S_IMODE(path.stat().st_mode) != 0o600] == []
    passphrase = secret[1].read_text()
    assert [part.name for part in box.parts() if passphrase in part.log.read_text() or "PRIVATE KEY" in part.log.read_text()] == []


@contextmanager
def bystanding() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with a sandbox."""
    with subprocess.Popen(["sleep", "600"]) as process:
        try:
            yield process
        finally:
            process.kill()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
