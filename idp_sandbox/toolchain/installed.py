"""Programs that the machine already has, in the versions that the sandbox runs with."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.bundles import ETCD_VERSION, HELM_VERSION, KUBERNETES_VERSION, KWOK_VERSION, PULUMI_VERSION

LANGUAGE_HOST = "pulumi-language-python"
TOOLS_FILE = "tools.json"
"""In a sandbox's folder, beside `bin/`: where its tools came from."""
KUBE = {
    "etcd": (ETCD_VERSION, "--version"),
    "kube-apiserver": (KUBERNETES_VERSION, "--version"),
    "kube-controller-manager": (KUBERNETES_VERSION, "--version"),
    "kube-scheduler": (KUBERNETES_VERSION, "--version"),
    "kubectl": (KUBERNETES_VERSION, "version --client"),
    "helm": (HELM_VERSION, "version --short"),
    "kwok": (KWOK_VERSION, "--version"),
    "kwokctl": (KWOK_VERSION, "--version"),
}
"""Programs of the control plane and around it: the version that is built here, and how each tells its own."""


def kube() -> dict[str, Path]:
    """Those on PATH of the same minor version as ours: no other combination is tested."""
    found = {}
    for name, (wanted, arguments) in KUBE.items():
        for program in _on_path(name):
            if _numbers(program, arguments) == _minor(wanted):
                found[name] = program
                break
    return found


def pulumi() -> Path | None:
    """A `pulumi` on PATH of the pinned minor version or newer, with its own Python language host beside it."""
    major, minor = _minor(PULUMI_VERSION)
    for program in _on_path("pulumi"):
        program = program.resolve()
        if program.with_name(LANGUAGE_HOST).exists() and (major, minor) <= _numbers(program, "version") < (major + 1, 0):
            return program
    return None


def _on_path(name: str) -> list[Path]:
    """Programs of that name, but none that came from a sandbox or from our cache: those may go or change at any time."""
    found = [Path(folder, name).absolute() for folder in os.get_exec_path()]
    return [program for program in found if os.access(program, os.X_OK) and not _is_ours(program)]


def _is_ours(program: Path) -> bool:
    return (program.parent.parent / TOOLS_FILE).exists() or program.resolve().is_relative_to(cache.folder().resolve())


def _numbers(program: Path, arguments: str) -> tuple[int, int]:
    """Major and minor version of a program; (0, 0) where it doesn't say."""
    answer = subprocess.run([str(program), *arguments.split()], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return _minor(answer.stdout)


def _minor(version: str) -> tuple[int, int]:
    numbers = re.search(r"(\d+)\.(\d+)\.\d", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
