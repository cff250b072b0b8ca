"""Fixtures over the real engine and the real API server."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp_sandbox import Sandbox
from idp_sandbox.plugins.aws.api import Api


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox that all tests share; it is stopped when the last one is done."""
    shared = Sandbox(Path(os.environ["IDP_TEST_SANDBOX"]) / "sandbox")
    shared.up(lambda line: print(line, file=sys.stderr))
    return shared


@pytest.fixture(scope="session")
def kubectl(sandbox: Sandbox) -> Callable[..., Any]:
    """Runs kubectl as the administrator: decoded JSON for `get`, text else."""

    def run(*arguments: str, stdin: str = "", check: bool = True) -> Any:
        as_json = ["--output", "json"] if arguments[0] == "get" and "--raw" not in arguments else []
        env = {**os.environ, **sandbox.env()}
        done = subprocess.run(["kubectl", *arguments, *as_json], env=env, input=stdin, capture_output=True, text=True, check=False)
        if check:
            assert done.returncode == 0, done.stderr
        elif done.returncode:
            return done.stderr
        return json.loads(done.stdout) if as_json else done.stdout

    return run


@pytest.fixture
def namespace(kubectl: Callable[..., Any]) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def api(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The sandbox's AWS account, as its provider speaks to it; the test's own clients find it too."""
    for name, value in sandbox.env().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return Api({})


@dataclass
class Project:
    """A Pulumi project in a folder of its own, with a stack and a backend of its own."""

    folder: Path
    env: dict[str, str]
    stack: str = "dev"

    def pulumi(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The real command, as a user types it."""
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def write(self, program: str) -> None:
        """Change the program."""
        (self.folder / "__main__.py").write_text(program)

    def up(self, *arguments: str) -> str:
        """`pulumi up`; its output."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments).stdout

    def preview(self, *arguments: str, check: bool = True) -> str:
        """`pulumi preview`; its output."""
        done = self.pulumi("preview", *arguments, check=check)
        return done.stdout + done.stderr

    def outputs(self) -> dict[str, Any]:
        """Outputs of the stack, secrets shown."""
        return dict(json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout))

    def resources(self) -> dict[str, Any]:
        """The state: resources by `Kind name`."""
        state = json.loads(self.pulumi("stack", "export").stdout)
        return {f"{r['type'].rsplit(':', 1)[-1]} {r['urn'].rsplit('::', 1)[-1]}": r for r in state["deployment"].get("resources", [])}


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes projects; what they created is destroyed at the end."""
    with _projects(sandbox, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def projects(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Project]]:
    """The same for a whole module."""
    with _projects(sandbox, tmp_path_factory.mktemp("projects")) as make:
        yield make


@contextmanager
def _projects(sandbox: Sandbox, folder_of_all: Path) -> Iterator[Callable[..., Project]]:
    made: list[Project] = []

    def make(program: str | Path, name: str = "test", stack: str = "dev") -> Project:
        """A project of one program, or the copy of a whole one."""
        folder = folder_of_all / f"project-{len(made)}"
        backend = folder / "backend"
        backend.mkdir(parents=True)
        passphrase = folder / "passphrase"
        passphrase.write_text("for a test")
        env = {**os.environ, **sandbox.env()}
        env |= {"PULUMI_BACKEND_URL": f"file://{backend}", "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)}
        found = Project(folder, env, stack)
        if isinstance(program, Path):
            shutil.copytree(program, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("Pulumi.*.yaml"))
        else:
            (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
            found.write(program)
        found.pulumi("stack", "init", found.stack)
        made.append(found)
        return found

    yield make
    for found in made:
        if found.resources():
            found.pulumi("destroy", "--yes", "--skip-preview")
