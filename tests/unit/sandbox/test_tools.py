"""Which tools of the machine are used, and what is said where none can be had."""

import sys
from pathlib import Path

import pytest

from idp_sandbox import ToolError
from idp_sandbox.toolchain import build, bundles, installed, tools
from idp_sandbox.toolchain.bundles import KUBERNETES_VERSION, PULUMI_VERSION
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
    engine = install_pulumi(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert installed.pulumi() == engine.resolve()


@pytest.mark.parametrize("version", [f"v{MAJOR}.{MINOR - 1}.9", f"v{MAJOR + 1}.0.0", f"v{MAJOR - 1}.999.0", "no version", ""])
def test_a_pulumi_of_another_version_on_path_is_not_used(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_pulumi(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert installed.pulumi() is None


def test_a_suitable_pulumi_behind_an_old_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_pulumi(tmp_path / "old", "v3.1.0")
    suitable = install_pulumi(tmp_path / "new", f"v{PULUMI_VERSION}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'new'}:/usr/bin:/bin")
    assert installed.pulumi() == suitable.resolve()


def test_the_pulumi_of_a_sandbox_on_path_does_not_count_as_official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_pulumi(tmp_path / "bin", f"v{PULUMI_VERSION}")
    (tmp_path / installed.TOOLS_FILE).touch()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/nowhere")
    assert installed.pulumi() is None


def say_versions(folder: Path, versions: dict[str, str]) -> None:
    for name, version in versions.items():
        program(folder / name, version)


EVERYTHING = {  # as the published programs say it
    "etcd": f"etcd Version: {bundles.ETCD_VERSION}",
    "kube-apiserver": f"Kubernetes v{KUBERNETES_VERSION}",
    "kube-controller-manager": f"Kubernetes v{KUBERNETES_VERSION}",
    "kube-scheduler": f"Kubernetes v{KUBERNETES_VERSION}",
    "kubectl": f"Client Version: v{KUBERNETES_VERSION}",
    "helm": f"v{bundles.HELM_VERSION}+g1a2b3c4",
    "kwok": f"kwok version v{bundles.KWOK_VERSION} go1.26.0 (linux/amd64)",
    "kwokctl": f"kwokctl version v{bundles.KWOK_VERSION} go1.26.0 (linux/amd64)",
}


def test_programs_of_the_control_plane_on_path_are_used_where_their_version_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_versions(tmp_path / "old", {"kubectl": "Client Version: v1.9.0", "helm": "v2.17.0", "kwok": "no version", "etcd": ""})
    say_versions(tmp_path / "new", EVERYTHING)
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'new'}")
    assert installed.kube() == {name: tmp_path / "new" / name for name in EVERYTHING}
    monkeypatch.setenv("PATH", str(tmp_path / "old"))
    assert installed.kube() == {}


def test_programs_of_a_sandbox_or_of_the_cache_do_not_count_as_the_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_CACHE", str(tmp_path / "cache"))
    say_versions(tmp_path / "cache" / "kube-1" / "bin", EVERYTHING)
    say_versions(tmp_path / "sandbox" / "bin", EVERYTHING)
    (tmp_path / "sandbox" / installed.TOOLS_FILE).touch()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "kubectl").symlink_to(tmp_path / "cache" / "kube-1" / "bin" / "kubectl")
    monkeypatch.setenv("PATH", f"{tmp_path / 'links'}:{tmp_path / 'sandbox' / 'bin'}:{tmp_path / 'cache' / 'kube-1' / 'bin'}")
    assert installed.kube() == {}


@pytest.mark.parametrize("missing", [(), ("kubectl",)])
def test_only_what_the_machine_lacks_is_built(missing: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_CACHE", str(tmp_path / "cache"))
    engine = install_pulumi(tmp_path / "pulumi", f"v{PULUMI_VERSION}")
    say_versions(tmp_path / "bin", {name: version for name, version in EVERYTHING.items() if name not in missing})
    monkeypatch.setenv("PATH", f"{tmp_path / 'pulumi'}:{tmp_path / 'bin'}")
    built: list[str] = []

    def make(bundle: bundles.Bundle, target: Path, _: object) -> None:
        built.append(bundle.name)
        for name in (*bundle.programs, *bundle.links):
            program(target / "bin" / name)

    monkeypatch.setattr(tools, "build", make)
    found = tools.find(print)
    assert sorted(built) == (["crds", "kube"] if missing else ["crds"])
    assert found.pulumi == engine.resolve()
    assert {name for name, path in found.kube.items() if path.parent != tmp_path / "bin"} == set(missing)


def test_the_versions_that_suit_are_those_that_are_built() -> None:
    pinned = (bundles.MODULES / "kube" / "go.mod").read_text()
    for module, version in (
        ("go.etcd.io/etcd/server/v3", bundles.ETCD_VERSION),
        ("k8s.io/kubernetes", KUBERNETES_VERSION),
        ("helm.sh/helm/v3", bundles.HELM_VERSION),
        ("sigs.k8s.io/kwok", bundles.KWOK_VERSION),
    ):
        assert f"{module} v{version}" in pinned


def test_a_folder_of_tools_that_lacks_some_is_refused_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_TOOLS", str(tmp_path))
    say_versions(tmp_path, {"pulumi": "", **{name: version for name, version in EVERYTHING.items() if name != "helm"}})
    with pytest.raises(ToolError, match=f"IDP_TOOLS={tmp_path}: has no helm; name a folder with all the tools, or unset it"):
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
    return tools.Tools(tmp_path / "bin" / "pulumi", False, {}, tmp_path)


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
