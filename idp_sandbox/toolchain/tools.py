"""Where each tool comes from: a folder that was named, the machine, or the cache."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.build import ToolError, build
from idp_sandbox.toolchain.bundles import BUNDLES, PULUMI_VERSION
from idp_sandbox.toolchain.cache import Progress


@dataclass(frozen=True)
class Tools:
    """Folders and programs that the sandbox runs."""

    pulumi: Path
    """The engine's program."""
    pulumi_is_official: bool
    """Whether the engine was found on this machine, with a language host of its own."""
    kube: Path
    """Folder with the control plane, kubectl, helm, kwok and kwokctl."""
    crds: Path
    """Folder with resource definitions."""


def find(progress: Progress) -> Tools:
    """All tools, built where the machine has none that suit; builds run side by side. Raises ToolError.

    `$IDP_TOOLS` names a folder with programs that were built elsewhere, such as a layer of a CI image.
    """
    given = os.environ.get("IDP_TOOLS")
    if given and not all(os.access(Path(given, name), os.X_OK) for name in ("pulumi", "kwokctl", "kube-apiserver")):
        raise ToolError(f"IDP_TOOLS={given}: has no pulumi, kwokctl or kube-apiserver; name a folder with the built tools, or unset it")
    official = None if given else official_pulumi()
    wanted = ["crds"] if given else ["kube", "crds"] if official else ["pulumi", "kube", "crds"]
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        folders = dict(zip(wanted, pool.map(lambda name: cache.ensure(BUNDLES[name], build, progress), wanted), strict=True))
    return Tools(
        pulumi=Path(given, "pulumi") if given else official or folders["pulumi"] / "bin" / "pulumi",
        pulumi_is_official=official is not None,
        kube=Path(given) if given else folders["kube"] / "bin",
        crds=folders["crds"],
    )


def argocd(progress: Progress) -> Path:
    """Folder with Argo CD's controllers, built where they are missing. Raises ToolError."""
    return cache.ensure(BUNDLES["argocd"], build, progress) / "bin"


def vcluster(progress: Progress) -> Path:
    """Folder with vcluster's syncer in `bin/` and its chart in `chart/`, built where they are missing. Raises ToolError."""
    return cache.ensure(BUNDLES["vcluster"], build, progress)


def official_pulumi() -> Path | None:
    """A `pulumi` on PATH of the pinned minor version or newer, with its own Python language host beside it."""
    for folder in os.get_exec_path():
        program = Path(folder, "pulumi").resolve()
        host = program.with_name("pulumi-language-python")
        # A sandbox's `bin/` may be on PATH too; its language host is a script of ours.
        if os.access(program, os.X_OK) and host.exists() and host.read_bytes()[:2] != b"#!" and _suits(program):
            return program
    return None


def _suits(program: Path) -> bool:
    answer = subprocess.run([str(program), "version"], capture_output=True, text=True, check=False)
    numbers = re.match(r"v?(\d+)\.(\d+)", answer.stdout)
    major, minor = (int(part) for part in PULUMI_VERSION.split(".")[:2])
    return numbers is not None and int(numbers[1]) == major and int(numbers[2]) >= minor
