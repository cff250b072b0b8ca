"""Bring stacks up with Pulumi's Automation API: the platform's first, then all others side by side."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import EngineEvent
from pulumi.automation._stack import StackInitMode  # its constructors of other names make no subclass

from idp_components.core import naming
from idp_components.core.profiles import PROFILES
from idp_components.core.stack_name import STACK_PATTERN
from idp_components.deploy import abandoned, locks
from idp_components.deploy.command import QUIET, STUMBLED, TRIES
from idp_components.deploy.outcome import Outcome, changes, components
from idp_components.deploy.parallel import PARALLEL
from idp_components.stack import ROOMS

Progress = Callable[[str, str], None]
"""Called with a stack's name and one line for people."""


class _Command(automation.PulumiCommand):
    """Pulumi's command, with as many tries as everywhere else."""

    def run(self, args: list[str], cwd: str, additional_env: Mapping[str, str], *rest: Any) -> automation.CommandResult:
        """Run it to its end. Raises CommandError."""
        asked = (args, cwd, {**QUIET, **additional_env}, *rest)
        for _ in range(TRIES - 1):
            try:
                return super().run(*asked)
            except automation.CommandError as error:
                if not STUMBLED.search(str(error)):
                    raise
        return super().run(*asked)


class _Workspace(automation.LocalWorkspace):
    """A project whose selected stack stays the one that its user has selected: each command names its stack."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: a stack that is missing is noticed by the command that needs it."""

    def create_stack(self, stack_name: str) -> None:
        """Make the stack. Raises CommandError."""
        self.pulumi_command.run(["stack", "init", stack_name, "--no-select"], self.work_dir, self.env_vars)


class _Stack(automation.Stack):
    """A stack whose updates are told by their events, and by the state: the commands by which the SDK composes a result are left out."""

    def outputs(self) -> automation.OutputMap:
        """None are asked for."""
        return {}

    def state(self) -> dict[str, Any]:
        """The exported state. What is secret stays encrypted: nobody here needs it, and decrypting takes a while."""
        workspace = self.workspace
        done = workspace.pulumi_command.run(["stack", "export", "--stack", self.name], workspace.work_dir, workspace.env_vars)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:  # noqa: ARG002  the SDK's signature
        """No more than the SDK insists on."""
        return automation.UpdateSummary("update", datetime.now(UTC), "", {}, {}, "succeeded")


def bring_up(
    stacks: Sequence[str],
    root: Path,
    env: Mapping[str, str],
    packs: Sequence[Path],
    progress: Progress,
    *,
    since: datetime | None = None,
    config_file: Path | None = None,
) -> list[Outcome]:
    """Run `pulumi up` for each stack under the policy packs.

    The platform's stacks come first, also one that isn't named but has yet to make the namespace of one that is. The others
    follow all at once; a failing stack doesn't stop those that don't stand on it. `since` is when the sandbox's AWS endpoint was
    started: what stacks made there earlier went with the old one, so those that were saved before look for what is still there.
    `config_file` takes the place of the project's own file of a stack's config.
    """
    os.environ.update(env)  # the Automation API looks for `pulumi` on this process's PATH
    command = _Command()

    def together(names: Sequence[str]) -> list[Outcome]:
        with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
            return list(pool.map(lambda stack: _bring_up(stack, root, env, packs, progress, command, since, config_file), names))

    there = set(_rooms(stacks, root, env, command))
    first, then = in_order(stacks, there)
    platform = together(first)
    failed = {outcome.stack for outcome in platform if not outcome.succeeded}
    waiting = {stack: stand for stack in then if (stand := stands_on(stack)) in failed}
    left_out = [Outcome(stack, errors=[f"not started: {stand} failed, which makes its namespace"]) for stack, stand in waiting.items()]
    return [*platform, *together([stack for stack in then if stack not in waiting]), *left_out]


def packs_of(root: Path) -> list[Path]:
    """The policy packs of a project: the one with the rules of all, where there is one, because it is quicker."""
    packs = sorted(path.parent for path in (root / "policies").glob("*/PulumiPolicy.yaml"))
    return [pack for pack in packs if pack.name == "all"] or packs


def in_order(stacks: Sequence[str], rooms: Collection[str]) -> tuple[list[str], list[str]]:
    """The platform's stacks, with those that are missing, and then all others. `rooms`: the namespaces that are there."""
    missing = [stand for stack in stacks if stack not in rooms and (stand := stands_on(stack))]
    first = dict.fromkeys([*(stack for stack in stacks if _is_platform(stack)), *missing])
    return list(first), [stack for stack in stacks if stack not in first]


def stands_on(stack: str) -> str | None:
    """The platform's stack that makes the namespace of this one; none for itself, for previews and for what is no stack's name."""
    match = STACK_PATTERN.fullmatch(stack)
    if match is None or match["team"] == naming.PLATFORM:
        return None
    environment = match["environment"]
    return naming.platform_stack(environment) if environment in PROFILES and not PROFILES[environment].guest_of else None


def saved_before(moment: datetime, state: Mapping[str, Any]) -> bool:
    """Whether an exported state holds resources of AWS and was saved before a moment."""
    deployment = state.get("deployment") or {}
    if not any(resource["type"].startswith("aws:") for resource in deployment.get("resources") or ()):
        return False
    return datetime.fromisoformat(deployment["manifest"]["time"]) < moment


def _is_platform(stack: str) -> bool:
    return stack.startswith(f"{naming.PLATFORM}-")


def _rooms(stacks: Sequence[str], root: Path, env: Mapping[str, str], command: automation.PulumiCommand) -> Iterator[str]:
    """The namespaces that the platform's stacks have made so far."""
    workspace = automation.LocalWorkspace(work_dir=str(root), env_vars=dict(env), pulumi_command=command)
    for stack in {stand for stack in stacks if (stand := stands_on(stack))}:
        try:
            outputs = workspace.stack_outputs(stack)
        except automation.StackNotFoundError:
            continue
        yield from outputs[ROOMS].value if ROOMS in outputs else ()


def _bring_up(
    name: str,
    root: Path,
    env: Mapping[str, str],
    packs: Sequence[Path],
    progress: Progress,
    command: automation.PulumiCommand,
    since: datetime | None,
    config_file: Path | None,
) -> Outcome:
    outcome = Outcome(name)
    operations: dict[str, str] = {}
    diagnostics: list[str] = []
    started = time.monotonic()

    def on_event(event: EngineEvent) -> None:
        if event.resource_pre_event:
            operations[event.resource_pre_event.metadata.urn] = event.resource_pre_event.metadata.op.value
        line = _line(event)
        if line:
            progress(name, line)
        diagnostics.extend(_errors(event))

    workspace = _Workspace(work_dir=str(root), env_vars=dict(env), pulumi_command=command)
    stack = _Stack(name, workspace, StackInitMode.SELECT)

    def run() -> None:
        if locks.release_abandoned(env.get("PULUMI_BACKEND_URL", ""), name, socket.gethostname()):
            progress(name, "an earlier run was killed and left its lock; it is released")
            for leftover in abandoned.remove(stack.state(), env):
                progress(name, f"the killed run left {leftover} unrecorded; it is removed")
        if since and saved_before(since, stack.state()):
            progress(name, "looking for what is still there")
            stack.refresh(on_output=lambda _: None, show_secrets=False)
        stack.up(
            parallel=PARALLEL,
            policy_packs=[str(pack) for pack in packs],
            on_event=on_event,
            color="never",
            suppress_outputs=True,
            show_secrets=False,
            config_file=str(config_file) if config_file else None,
        )

    try:
        try:
            run()
        except automation.StackNotFoundError:
            workspace.create_stack(name)
            run()
    except automation.CommandError as error:
        outcome.errors = diagnostics or [str(error)]
    else:
        outcome.components = components(stack.state(), operations)
        outcome.changes = changes(operations.values())
    outcome.seconds = time.monotonic() - started
    return outcome


def _line(event: EngineEvent) -> str:
    """What a waiting person wants to know of an event: what is being made, and what it waits for."""
    if event.resource_pre_event and event.resource_pre_event.metadata.op.value not in ("same", "read"):
        metadata = event.resource_pre_event.metadata
        return f"{metadata.op.value} {metadata.type.rsplit(':', 1)[-1]} {metadata.urn.rsplit('::', 1)[-1]}"
    if event.diagnostic_event and event.diagnostic_event.ephemeral:
        return event.diagnostic_event.message.strip()
    return ""


def _errors(event: EngineEvent) -> list[str]:
    if event.diagnostic_event and event.diagnostic_event.severity == "error":
        urn = event.diagnostic_event.urn or ""
        return [f"{urn.rsplit('::', 1)[-1]}: {event.diagnostic_event.message.strip()}" if urn else event.diagnostic_event.message.strip()]
    if event.policy_event and event.policy_event.enforcement_level == "mandatory":
        return [f"{event.policy_event.policy_name}: {event.policy_event.message.strip()}"]
    return []
