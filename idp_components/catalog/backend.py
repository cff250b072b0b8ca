"""Asking Pulumi's backend, whichever it is, and the cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from idp_components.catalog.build import Answer
from idp_components.catalog.live import KINDS, LIVES
from idp_components.catalog.model import Problem
from idp_components.core.labels import TEAM
from idp_components.deploy.command import run
from idp_components.rules.waivers import Waivers, of_project

AT_ONCE = 8
"""Stacks that are asked for side by side: each is a process that mostly waits."""
SECONDS = 60
RECENT = 10
"""Changes of a stack that the catalogue knows of."""
PAGE = 500
"""Entries of a history that are asked for at once."""


class BackendError(Exception):
    """The backend can't even say which stacks there are."""


def stacks(root: Path, env: Mapping[str, str]) -> list[str]:
    """Names of the project's stacks. Raises BackendError."""
    answer, error = _asked(["pulumi", "stack", "ls", "--json", "--non-interactive"], root, env)
    if error:
        raise BackendError(error)
    return sorted(stack["name"] for stack in answer)


def ask(names: Collection[str], root: Path, env: Mapping[str, str]) -> list[Answer]:
    """What the backend knows of these stacks, to be judged with the project's waivers."""
    waivers = of_project(root)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda name: _answer(name, root, env, waivers), names))


def histories(names: Collection[str], root: Path, env: Mapping[str, str]) -> dict[str, tuple[list[Any], str]]:
    """The whole history of each of these stacks, newest first, or why there is none."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(names, pool.map(lambda name: _history(name, root, env), names), strict=True))


def tags(names: Collection[str], root: Path, env: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The tags of each of these stacks; none where they can't be read."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        command = ["pulumi", "stack", "tag", "ls", "--json", "--non-interactive", "--stack"]
        return dict(zip(names, pool.map(lambda name: _asked([*command, name], root, env)[0] or {}, names), strict=True))


def cluster(env: Mapping[str, str]) -> tuple[Any, list[Problem]]:
    """What the platform has in all namespaces, as one `List`; None where the cluster doesn't answer. What is missing is a problem."""
    command = ["kubectl", "get", "--all-namespaces", "--selector", TEAM, "--output", "json", "--request-timeout", "20s"]
    with ThreadPoolExecutor() as pool:
        (workloads, error), (lives, hidden) = pool.map(lambda kinds: _asked([*command, kinds], Path.cwd(), env), (KINDS, LIVES))
    problems = [Problem("cluster", f"doesn't answer, so nothing is known of pods: {error}")] if error else []
    if hidden:
        problems.append(Problem("cluster", f"doesn't say when environments end, so later ends than the first are missing: {hidden}"))
    listed = [each for answer in (workloads, lives) if isinstance(answer, dict) for each in answer.get("items") or ()]
    return ({"items": listed} if listed or not problems else None), problems


def _answer(name: str, root: Path, env: Mapping[str, str], waivers: Waivers) -> Answer:
    state, error = _asked(["pulumi", "stack", "export", "--stack", name, "--non-interactive"], root, env)
    recent = ["pulumi", "stack", "history", "--stack", name, "--json", "--page-size", str(RECENT), "--non-interactive"]
    history, hidden = _asked(recent, root, env)
    return Answer(name, state, history, error, hidden, waivers)


def _history(name: str, root: Path, env: Mapping[str, str]) -> tuple[list[Any], str]:
    found: list[Any] = []
    for page in count(1):
        command = [
            "pulumi",
            "stack",
            "history",
            "--stack",
            name,
            "--json",
            "--page-size",
            str(PAGE),
            "--page",
            str(page),
            "--non-interactive",
        ]
        answer, error = _asked(command, root, env)
        if error:
            return [], error
        found += answer
        if len(answer) < PAGE:
            break
    return found, ""


def _asked(command: list[str], root: Path, env: Mapping[str, str]) -> tuple[Any, str]:
    """The decoded answer, or why there is none."""
    try:
        done = run(command, root, env, SECONDS)
        return (json.loads(done.stdout), "") if done.returncode == 0 else (None, _last_line(done.stderr))
    except FileNotFoundError:
        return None, f"{command[0]} is not on PATH"
    except (subprocess.TimeoutExpired, ValueError) as error:
        return None, f"{' '.join(command[:3])}: {error}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else "it ended without a word"
