"""A copy of the platform's project, so that a test may edit the shop."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp_sandbox import Sandbox

ROOT = Path(__file__).parents[3]
PACK = ROOT / "policies" / "security"


@dataclass
class Shop:
    """The project with the platform and three teams, on the sandbox."""

    folder: Path
    env: dict[str, str]
    teams: tuple[str, ...] = ("catalog", "checkout", "storefront")
    only: tuple[str, ...] = ()
    """The stacks that are its own, where the backend is the sandbox's, which other tests share; empty: all."""

    def pulumi(self, stack: str, command: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The real command for one stack."""
        line = ["pulumi", *command.split(), "--stack", stack, "--non-interactive", "--color", "never", *arguments]
        done = subprocess.run(
            line, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=240
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def up(self, stack: str, *arguments: str) -> str:
        """`pulumi up` under the security pack; what it printed."""
        return self.pulumi(stack, "up", "--yes", "--skip-preview", "--policy-pack", str(PACK), *arguments).stdout

    def edit(self, team: str, old: str, new: str) -> None:
        """Change a team's file."""
        path = self.folder / "stacks" / "teams" / f"{team}.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def compose(self, team: str, *lines: str) -> None:
        """Make these lines all that a team declares."""
        path = self.folder / "stacks" / "teams" / f"{team}.py"
        head, _, _ = path.read_text().partition("def compose")
        path.write_text(head + "def compose(context: Context) -> None:\n" + "".join(f"    {line}\n" for line in lines))

    def state(self, stack: str) -> dict[str, Any]:
        """Resources in the state, by URN."""
        deployment = json.loads(self.pulumi(stack, "stack export").stdout)["deployment"]
        return {resource["urn"]: resource for resource in deployment.get("resources", [])}

    def stacks(self) -> list[str]:
        """Its stacks that exist."""
        command = ["pulumi", "stack", "ls", "--json"]
        listed = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=True).stdout
        return [stack["name"] for stack in json.loads(listed) if not self.only or stack["name"] in self.only]


@pytest.fixture
def shop(sandbox: Sandbox, tmp_path: Path) -> Iterator[Shop]:
    """The shop; whatever of it is left at the end is destroyed."""
    folder = tmp_path / "platform"
    for name in ("stacks", "policies"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns("*-dev.yaml", "__pycache__"))
    shutil.copyfile(ROOT / "Pulumi.yaml", folder / "Pulumi.yaml")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "backend").mkdir()
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("for a test")
    own = {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}", "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)}
    found = Shop(folder, {**os.environ, **sandbox.env(), **own})
    yield found
    for stack in sorted(found.stacks(), key=lambda name: name.startswith("platform-")):  # the rooms go when they are empty
        found.pulumi(stack, "cancel", "--yes", check=False)
        found.pulumi(stack, "state unprotect", "--all", "--yes", check=False)
        found.pulumi(stack, "destroy", "--yes", "--skip-preview")
