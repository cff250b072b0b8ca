"""A sandbox that all tests share, and namespaces and Pulumi projects in it that a test has for itself."""

import fcntl
import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from idp_sandbox import Sandbox

SHARED = Path(__file__).parents[2] / ".idp" / "tests"
"""In the checkout: what a test run that was killed leaves behind is removed by the next one."""
COMMAND_SECONDS = 300


def is_only_user(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all workers: the first starts it, the last removes it. Who uses it holds a lock that dies with its process."""
    SHARED.mkdir(parents=True, exist_ok=True)
    box = Sandbox(SHARED / "sandbox")
    with (SHARED / "guard").open("w") as guard, (SHARED / "users").open("w") as users:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if is_only_user(users):
            box.reset()
        box.up(print)
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(guard, fcntl.LOCK_UN)
        yield box
        fcntl.flock(guard, fcntl.LOCK_EX)
        if is_only_user(users):
            box.reset()


@pytest.fixture(scope="session")
def environment(sandbox: Sandbox) -> dict[str, str]:
    """What a user's shell has after `eval "$(idp sandbox env)"`."""
    return {**os.environ, **sandbox.env()}


class Kubectl:
    """The sandbox's kubectl, as its administrator."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        program = Path(self.environment["PATH"].split(os.pathsep)[0], "kubectl")
        return subprocess.run(
            [program, *arguments], input=stdin, env=self.environment, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Apply objects; fails the test with the server's message."""
        applied = self("apply", "--server-side", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
        assert applied.returncode == 0, applied.stderr

    def get(self, *arguments: str) -> Any:
        """What the server has, as plain data."""
        found = self("get", *arguments, "--output=json")
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)


@pytest.fixture(scope="session")
def kubectl(environment: dict[str, str]) -> Kubectl:
    return Kubectl(environment)


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """An empty namespace of this test's own."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


class Project:
    """A Pulumi project with one stack, driven by the command line as a user types it."""

    def __init__(self, folder: Path, stack: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.stack = stack
        self.environment = environment

    def write(self, program: str) -> None:
        """Make this the project's program."""
        (self.folder / "__main__.py").write_text(program)

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `pulumi` in the project; the test judges its exit code."""
        program = Path(self.environment["PATH"].split(os.pathsep)[0], "pulumi")
        return subprocess.run(
            [program, *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`pulumi up`, which has to succeed."""
        return self._successful("up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`pulumi preview`, which has to succeed."""
        return self._successful("preview", *arguments)

    def refresh(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`pulumi refresh`, which has to succeed."""
        return self._successful("refresh", "--yes", *arguments)

    def destroy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`pulumi destroy`, which has to succeed."""
        return self._successful("destroy", "--yes", "--skip-preview", *arguments)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; secret ones in plain text."""
        found: dict[str, Any] = json.loads(self._successful("stack", "output", "--json", "--show-secrets").stdout)
        return found

    def export(self) -> dict[str, Any]:
        """The stack's state; secrets stay encrypted."""
        state: dict[str, Any] = json.loads(self._successful("stack", "export").stdout)
        return state

    def _successful(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.pulumi(*arguments)
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture
def project(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes projects; what they created is destroyed at the end, whatever the test did."""
    made: list[Project] = []

    def make(program: str, name: str = "", config: Mapping[str, str] | None = None) -> Project:
        name = name or f"test-{uuid.uuid4().hex[:10]}"
        folder = tmp_path / f"project-{len(made)}"
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        found = Project(folder, f"test-{uuid.uuid4().hex[:10]}", environment)
        found.write(program)
        created = found.pulumi("stack", "init", found.stack)
        assert created.returncode == 0, created.stderr
        made.append(found)
        for key, value in (config or {}).items():
            configured = found.pulumi("config", "set", key, value)
            assert configured.returncode == 0, configured.stderr
        return found

    yield make
    for found in made:
        found.pulumi("cancel", "--yes")
        found.pulumi("destroy", "--yes", "--skip-preview")
        found.pulumi("stack", "rm", "--yes", "--force", found.stack)
