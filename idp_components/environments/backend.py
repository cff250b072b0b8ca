"""What the backend has of environments, asked and told through the Pulumi command, from an empty folder: no program, no source."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idp_components.deploy import locks
from idp_components.deploy.command import run
from idp_components.deploy.parallel import PARALLEL
from idp_components.environments import scratch
from idp_components.environments.inventory import Stack
from idp_components.environments.record import moment

LOCKED = re.compile(r"is currently locked|another update is (currently )?in progress", re.IGNORECASE)
GONE = re.compile(r"error: no stack named '[^']+' found")


class BackendError(Exception):
    """Pulumi refused or failed; the message is its own."""

    @property
    def is_locked(self) -> bool:
        """Whether another process works on the stack."""
        return LOCKED.search(str(self)) is not None

    @property
    def is_gone(self) -> bool:
        """Whether there is no such stack."""
        return GONE.search(str(self)) is not None


class Backend:
    """The backend of the environment variables in `env`: a folder, S3 and the like, or Pulumi Cloud."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    @property
    def url(self) -> str:
        """Address of the backend; empty for the one that the user is logged in to."""
        return {**os.environ, **self.env}.get("PULUMI_BACKEND_URL", "")

    def stacks(self) -> list[Stack]:
        """The stacks of all projects, without their tags. Raises BackendError."""
        with self._folder() as folder:
            listed = json.loads(self._pulumi(folder, "stack", "ls", "--all", "--json"))
        return [_stack(entry) for entry in listed]

    def tags(self, stack: str) -> dict[str, str]:
        """The tags of a stack. Raises BackendError."""
        with self._folder() as folder:
            found: dict[str, str] = json.loads(self._pulumi(folder, "stack", "tag", "ls", "--json", "--stack", stack))
        return found

    def tag(self, stack: str, tags: Mapping[str, str], project: str = "") -> None:
        """Set tags of a stack, which needs no more than its own name where the project is said. Raises BackendError."""
        with self._folder(project) as folder:
            for key, value in tags.items():
                self._pulumi(folder, "stack", "tag", "set", key, value, "--stack", stack)

    def init(self, folder: Path, stack: str, secrets_provider: str | None) -> None:
        """Make a stack of the project in `folder`, with the secrets of its config there. Raises BackendError."""
        provider = ["--secrets-provider", secrets_provider] if secrets_provider else []
        self._pulumi(folder, "stack", "init", stack, "--no-select", *provider)

    def export(self, stack: str) -> dict[str, Any]:
        """The state of a stack. Raises BackendError."""
        with self._folder() as folder:
            found: dict[str, Any] = json.loads(self._pulumi(folder, "stack", "export", "--stack", stack))
        return found

    def import_(self, stack: Stack, state: Mapping[str, Any]) -> None:
        """Replace the state of a stack. Raises BackendError."""
        with self._folder(stack.project) as folder:
            (folder / "state.json").write_text(json.dumps(state))
            self._pulumi(folder, "stack", "import", "--force", "--file", "state.json", "--stack", stack.qualified)

    def cancel(self, stack: Stack) -> None:
        """Take away the lock of an update that is known to be over. Raises BackendError."""
        with self._folder(stack.project) as folder:
            self._pulumi(folder, "cancel", "--yes", "--stack", stack.qualified)

    def destroy(self, stack: Stack) -> None:
        """Destroy everything in a stack, as its state says. Raises BackendError."""
        with self._folder(stack.project) as folder:
            self._pulumi(folder, "destroy", "--yes", "--skip-preview", "--parallel", str(PARALLEL), "--stack", stack.qualified)

    def remove(self, stack: Stack) -> None:
        """Remove a stack that has nothing in it, with its history; one that is gone already is no error. Raises BackendError."""
        locks.remove_partials(self.url, stack.project, stack.name)
        with self._folder(stack.project) as folder:
            try:
                self._pulumi(folder, "stack", "rm", "--yes", "--remove-backups", "--preserve-config", "--stack", stack.qualified)
            except BackendError as error:
                if not error.is_gone:
                    raise

    @contextmanager
    def _folder(self, project: str = "") -> Iterator[Path]:
        """An empty folder, of a project without a program where one is named: Pulumi looks for settings in no other place then."""
        with scratch.folder() as folder:
            if project:
                (folder / "Pulumi.yaml").write_text(json.dumps({"name": project, "runtime": "python"}))
            yield folder

    def _pulumi(self, folder: Path, *arguments: str) -> str:
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        try:
            done = run(command, folder, self.env)
        except FileNotFoundError:
            raise BackendError('pulumi is not on PATH; for the sandbox: eval "$(idp sandbox env)"') from None
        if done.returncode:
            raise BackendError(_reason(done.stderr + done.stdout))
        return done.stdout


def _stack(entry: Mapping[str, Any]) -> Stack:
    qualified = str(entry["name"])
    _, _, front = qualified.rpartition("/")[0].rpartition("/")
    saved = entry.get("lastUpdate")
    return Stack(
        project=front or qualified.rpartition("/")[0],
        name=qualified.rpartition("/")[2],
        qualified=qualified,
        saved_at=moment(saved) if saved else None,
        resources=entry.get("resourceCount"),
    )


def _reason(output: str) -> str:
    """The lines of an output that say what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or LOCKED.search(line)]
    return "; ".join(dict.fromkeys(errors)) or "; ".join(lines[-3:]) or "pulumi failed and said nothing"
