"""Where the facts come from that are measured: files that were kept, or the backend."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from idp_components.catalog import backend
from idp_components.core.spec import SpecError
from idp_components.project import find_root
from idp_components.survey import source
from idp_components.survey.delivery import ASKED, ends
from idp_components.survey.history import Update, moment, updates
from idp_sandbox import Sandbox, SandboxError


@dataclass
class Facts:
    """What there is to measure."""

    histories: dict[str, list[Update]] = field(default_factory=dict)
    """By stack, oldest first."""
    asked: dict[str, datetime] = field(default_factory=dict)
    """When environments were asked for, by stack."""
    problems: list[str] = field(default_factory=list)
    """What is missing, and why."""


def from_files(paths: Iterable[Path]) -> Facts:
    """Histories that were kept, of each stack all files together. Raises SpecError."""
    found = Facts()
    for path in paths:
        for stack, history in parse(source.text(path), str(path)).items():
            both = {*found.histories.get(stack, ()), *history}
            found.histories[stack] = sorted(both, key=lambda each: (each.start, each.end))
    return found


def parse(content: str, place: str) -> dict[str, list[Update]]:
    """Histories by stack, out of a JSON object of what `pulumi stack history --json` wrote. Raises SpecError that begins with the place."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{place}:{getattr(error, 'lineno', 1)}: is not JSON: {getattr(error, 'msg', error)}") from None
    by_stack = source.mapping(data, place, '{"checkout-production": [what `pulumi stack history --json` writes]}')
    return {stack: updates(history, f"{place}: {stack}") for stack, history in by_stack.items()}


def from_backend() -> Facts:
    """What the backend that the shell names has of the project's stacks, else the sandbox's. Nothing raises: what is missing is named."""
    found = Facts()
    try:
        root = find_root()
        env: Mapping[str, str] = {} if "PULUMI_BACKEND_URL" in os.environ else Sandbox().env()
        stacks = backend.stacks(root, env)
    except (SpecError, SandboxError, backend.BackendError) as error:
        found.problems.append(f"nothing was measured: {error}")
        return found
    for stack, (history, why) in backend.histories(stacks, root, env).items():
        try:
            if why:
                raise SpecError(f"{stack}: its history can't be read: {why}")
            found.histories[stack] = updates(history, stack)
        except SpecError as refused:
            found.problems += refused.problems
    for stack, tags in backend.tags([stack for stack in stacks if ends(stack)], root, env).items():
        if at := moment(tags.get(ASKED)):
            found.asked[stack] = at
    return found
