"""`idp check` on what the real engine writes: a plan, a preview and a state, without running the program again."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import pulumi
import pulumi_kubernetes as kubernetes

room = kubernetes.Provider("room", namespace="default")
kubernetes.core.v1.ConfigMap("settings", data={"a": "1"}, opts=pulumi.ResourceOptions(provider=room))
kubernetes.core.v1.Secret("key", metadata={"namespace": "default"}, string_data={"key": pulumi.Output.secret("hunter2")})
kubernetes.core.v1.Pod("web", metadata={"namespace": "kube-system"}, spec={
    "host_pid": True, "containers": [{"name": "web", "image": pulumi.Output.secret("hunter2"), "env": [{"name": "KEY", "value": "x"}]}],
})
"""
IN_DEFAULT = {("kubernetes-default-namespace", "ConfigMap"), ("kubernetes-default-namespace", "Secret")}


@pytest.fixture(scope="module")
def files(projects: Callable[..., Any]) -> Path:
    """The folder of a project with its files: before the update, and after it."""
    made = projects(PROGRAM, stack="shop-dev")
    preview = made.pulumi("preview", "--json", "--save-plan", "plan.json").stdout
    (made.folder / "preview.json").write_text(preview)
    (made.folder / "__main__.py").write_text(PROGRAM.replace('"host_pid": True, ', ""))
    made.up()
    (made.folder / "state.json").write_text(made.pulumi("stack", "export").stdout)
    (made.folder / "shown.json").write_text(made.pulumi("stack", "export", "--show-secrets").stdout)
    made.pulumi("preview", "--json", "--save-plan", "later-plan.json")
    return made.folder


def checked(path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-c", "from idp_components.cli import main; main()", "check", str(path), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "hunter2" not in done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


def certain(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(found["rule"], found["type"].rpartition(":")[2]) for found in report["findings"] if not found["undecided"]}


@pytest.mark.parametrize("name", ["plan.json", "preview.json"])
def test_what_will_be_made_is_judged_before_it_is(files: Path, name: str) -> None:
    code, report = checked(files / name)
    assert code == 1
    assert certain(report) >= IN_DEFAULT | {("kubernetes-host-namespaces", "Pod")}
    # The list of containers is secret as a whole, and so nobody knows whether one is privileged.
    assert "kubernetes-privileged-container" in {found["rule"] for found in report["findings"] if found["undecided"]}
    assert {found["urn"].split("::")[0] for found in report["findings"]} == {"urn:pulumi:shop-dev"}


@pytest.mark.parametrize("name", ["state.json", "shown.json", "later-plan.json"])
def test_what_runs_is_judged_without_a_preview(files: Path, name: str) -> None:
    code, report = checked(files / name)
    # Where secrets are shown, the containers are known, and they are far from restricted.
    assert code == (1 if name == "shown.json" else 0)
    assert certain(report) >= IN_DEFAULT
    assert ("kubernetes-host-namespaces", "Pod") not in certain(report)


def test_the_backends_own_file_is_a_state_too(files: Path) -> None:
    (own,) = files.glob("backend/.pulumi/stacks/*/shop-dev.json")
    assert certain(checked(own)[1]) == certain(checked(files / "state.json")[1])
