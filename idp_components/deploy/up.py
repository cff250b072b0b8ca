"""Bring stacks up side by side with Pulumi's Automation API."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pulumi import automation
from pulumi.automation import EngineEvent

from idp_components.deploy import locks
from idp_components.deploy.outcome import Outcome, changes, components

Progress = Callable[[str, str], None]
"""Called with a stack's name and one line for people."""


def bring_up(stacks: Sequence[str], root: Path, env: Mapping[str, str], packs: Sequence[Path], progress: Progress) -> list[Outcome]:
    """Run `pulumi up` for each stack, all at once, under the policy packs; a failing stack doesn't stop the others."""
    os.environ.update(env)  # the Automation API looks for `pulumi` on this process's PATH
    command = automation.PulumiCommand()
    with ThreadPoolExecutor(max_workers=len(stacks)) as pool:
        return list(pool.map(lambda stack: _bring_up(stack, root, env, packs, progress, command), stacks))


def _bring_up(
    name: str, root: Path, env: Mapping[str, str], packs: Sequence[Path], progress: Progress, command: automation.PulumiCommand
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

    try:
        workspace = automation.LocalWorkspace(work_dir=str(root), env_vars=dict(env), pulumi_command=command)
        stack = automation.Stack.create_or_select(name, workspace)
        if locks.release_abandoned(env.get("PULUMI_BACKEND_URL", ""), name, socket.gethostname()):
            progress(name, "an earlier run was killed and left its lock; it is released")
        stack.up(policy_packs=[str(pack) for pack in packs], on_event=on_event, color="never", suppress_outputs=True, show_secrets=False)
    except automation.CommandError as error:
        outcome.errors = diagnostics or [str(error)]
    else:
        outcome.components = components(workspace.export_stack(name).__dict__, operations)
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
