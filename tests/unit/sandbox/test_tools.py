"""Which tools of the machine are used, and what is said where none can be had."""

import sys
from pathlib import Path

import pytest

from idp_sandbox import ToolError
from idp_sandbox.toolchain import build, tools
from idp_sandbox.toolchain.bundles import PULUMI_VERSION
from idp_sandbox.workspace import official_provider

MAJOR, MINOR, _ = (int(part) for part in PULUMI_VERSION.split("."))


def program(path: Path, prints: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o700)
    return path


def install_pulumi(folder: Path, version: str) -> Path:
    (folder / "pulumi-language-python").parent.mkdir(parents=True, exist_ok=True)
    (folder / "pulumi-language-python").write_bytes(b"\x7fELF")
    return program(folder / "pulumi", version)


@pytest.mark.parametrize("version", [f"v{PULUMI_VERSION}", f"v{MAJOR}.{MINOR + 1}.0", f"{MAJOR}.{MINOR}.9"])
def test_an_official_pulumi_of_a_suitable_version_on_path_is_used(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = install_pulumi(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert tools.official_pulumi() == installed.resolve()


@pytest.mark.parametrize("version", [f"v{MAJOR}.{MINOR - 1}.9", f"v{MAJOR + 1}.0.0", f"v{MAJOR - 1}.999.0", "no version", ""])
def test_a_pulumi_of_another_version_on_path_is_not_used(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_pulumi(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert tools.official_pulumi() is None


def test_a_suitable_pulumi_behind_an_old_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_pulumi(tmp_path / "old", "v3.1.0")
    suitable = install_pulumi(tmp_path / "new", f"v{PULUMI_VERSION}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'new'}:/usr/bin:/bin")
    assert tools.official_pulumi() == suitable.resolve()


def test_the_pulumi_of_a_sandbox_on_path_does_not_count_as_official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_pulumi(tmp_path, f"v{PULUMI_VERSION}")
    program(tmp_path / "pulumi-language-python")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert tools.official_pulumi() is None


def test_a_folder_of_tools_that_lacks_some_is_refused_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_TOOLS", str(tmp_path))
    with pytest.raises(ToolError, match=f"IDP_TOOLS={tmp_path}.*name a folder with the built tools, or unset it"):
        tools.find(print)


@pytest.mark.parametrize(("version", "seen"), [("go1.25.9", "is go1.25.9"), ("", "is broken")])
def test_a_go_that_is_too_old_is_refused_with_the_way_out(version: str, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "go", version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    with pytest.raises(ToolError, match=rf"Go 1\.26 or newer is needed.*{seen}.*scripts/bootstrap"):
        build.find_go()


def test_a_go_beside_python_is_used_where_path_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = program(tmp_path / "venv" / "go", "go1.27.3")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    assert build.find_go() == str(go)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tools.Tools:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tools.Tools(tmp_path / "bin" / "pulumi", False, tmp_path, tmp_path)


def test_the_newest_installed_provider_that_serves_the_sdk_is_used(found: tools.Tools, tmp_path: Path) -> None:
    plugins = tmp_path / ".pulumi" / "plugins"
    for version in ("4.9.0", "4.1000.0", "4.999.0", "5.0.0"):
        program(plugins / f"resource-kubernetes-v{version}" / "pulumi-resource-kubernetes")
    assert official_provider("kubernetes", found) == plugins / "resource-kubernetes-v4.1000.0" / "pulumi-resource-kubernetes"


def test_an_installed_provider_that_is_older_than_the_sdk_is_not_used(found: tools.Tools, tmp_path: Path) -> None:
    program(tmp_path / ".pulumi" / "plugins" / "resource-kubernetes-v4.9.0" / "pulumi-resource-kubernetes")
    assert official_provider("kubernetes", found) is None


def test_a_provider_beside_the_engine_comes_first(found: tools.Tools, tmp_path: Path) -> None:
    beside = program(tmp_path / "bin" / "pulumi-resource-random")
    assert official_provider("random", found) == beside
