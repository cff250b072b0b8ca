"""Previews by the real engine against a real control plane, in a sandbox of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import Row, median, paired
from idp_sandbox import Sandbox

HERE = Path(__file__).parent
POLICIES = HERE.parent / "policies"
EACH = ("security", "reliability", "cost", "organisation", "ephemeral")


def measure() -> Iterator[Row]:
    """Rows of this file."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox")
        sandbox.up(print)
        try:
            yield from _previews(Path(folder), {**os.environ, **sandbox.env()})
        finally:
            sandbox.down()


def _previews(folder: Path, env: dict[str, str]) -> Iterator[Row]:
    library, handwritten = (_program(name, folder, env) for name in ("library", "handwritten"))
    ours, theirs = paired(library(100), handwritten(100), 3)
    yield Row("preview of 100 services through the library", ours, "the same resources by hand", theirs, 1.15)
    for what, names, target in (
        ("the security pack", ("security",), 1.15),
        ("all packs in one", ("all",), 1.15),
        ("five packs, each by itself", EACH, None),
    ):
        packs = [argument for name in names for argument in ("--policy-pack", str(POLICIES / name))]
        guarded, plain = paired(library(100, *packs), library(100), 5)
        yield Row(f"preview of 100 services with {what}", guarded, "without", plain, target)
    few, empty = paired(library(10), library(0), 25)  # the difference is small, and counts a hundredfold: nine gave 0.93 to 1.18
    many = median(library(1000), 1)
    yield Row("preview of 1,000 services, less start-up", many - empty, "100 × that of 10", 100 * (few - empty), 1.15)


def _program(name: str, folder: Path, env: dict[str, str]) -> Callable[..., Callable[[], object]]:
    """A program with a stack of its own; returns what makes a preview of so many services."""
    project = folder / name
    shutil.copytree(HERE / name, project)
    _pulumi(project, env, "stack", "init", "bench-dev")

    def preview(services: int, *options: str) -> Callable[[], object]:
        def run() -> object:
            _pulumi(project, env, "config", "set", "services", str(services), "--stack", "bench-dev")
            return _pulumi(project, env, "preview", "--stack", "bench-dev", "--non-interactive", "--suppress-progress", *options)

        return run

    return preview


def _pulumi(project: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["pulumi", *arguments], cwd=project, env=env, capture_output=True, text=True, check=True)
