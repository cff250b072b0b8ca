"""Each control plane has ports of its own, also while it is stopped."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idp_sandbox import ports
from idp_sandbox.machine import SandboxError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_CACHE", str(tmp_path / "cache"))


def owner(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def test_no_port_is_given_twice_even_to_many_at_once(tmp_path: Path) -> None:
    owners = [owner(tmp_path, f"box-{number}") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        given = [port for chosen in pool.map(lambda box: ports.reserve(box, 6), owners) for port in chosen]
    assert len(set(given)) == len(given) == 20 * 6
    assert set(given) <= set(ports.CHOICE)


def test_ports_of_a_sandbox_that_is_gone_are_given_again(tmp_path: Path) -> None:
    first, second = owner(tmp_path, "first"), owner(tmp_path, "second")
    chosen = ports.reserve(first, 6)
    first.rmdir()
    assert ports.reserve(second, 6) == chosen


def test_one_that_is_made_anew_gives_its_old_ports_back(tmp_path: Path) -> None:
    box = owner(tmp_path, "box")
    assert ports.reserve(box, 6) == ports.reserve(box, 6)


def test_a_port_that_another_program_listens_on_is_not_given(tmp_path: Path) -> None:
    first, second = owner(tmp_path, "first"), owner(tmp_path, "second")
    [chosen] = ports.reserve(first, 1)
    first.rmdir()
    with socket.socket() as other:
        other.bind(("127.0.0.1", chosen))
        other.listen()
        assert chosen not in ports.reserve(second, 6)


def test_when_none_is_left_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "CHOICE", range(20000, 20003))
    with pytest.raises(SandboxError, match="no free ports from 20000 to 20002; remove sandboxes that nobody needs: idp sandbox reset"):
        ports.reserve(owner(tmp_path, "box"), 6)
