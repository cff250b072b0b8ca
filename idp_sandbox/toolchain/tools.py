"""Where each tool comes from: a folder that was named, the machine, or the cache."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from idp_sandbox.toolchain import cache, installed
from idp_sandbox.toolchain.build import ToolError, build
from idp_sandbox.toolchain.bundles import BUNDLES
from idp_sandbox.toolchain.cache import Progress


@dataclass(frozen=True)
class Tools:
    """Programs that the sandbox runs, and files that it needs."""

    pulumi: Path
    """The engine's program."""
    pulumi_is_official: bool
    """Whether the engine was found on this machine, with a language host of its own."""
    kube: Mapping[str, Path]
    """The programs of the control plane, kubectl, helm, kwok and kwokctl, by name."""
    crds: Path
    """Folder with resource definitions."""


def find(progress: Progress) -> Tools:
    """All tools, built where the machine has none that suit; builds run side by side. Raises ToolError.

    `$IDP_TOOLS` names a folder with programs that were built elsewhere, such as a layer of a CI image.
    """
    given = os.environ.get("IDP_TOOLS")
    if given and (lacking := [name for name in ("pulumi", *installed.KUBE) if not os.access(Path(given, name), os.X_OK)]):
        raise ToolError(f"IDP_TOOLS={given}: has no {', '.join(lacking)}; name a folder with all the tools, or unset it")
    official = None if given else installed.pulumi()
    kube = {name: Path(given, name) for name in installed.KUBE} if given else installed.kube()
    needed = {"pulumi": not given and official is None, "kube": kube.keys() != installed.KUBE.keys(), "crds": True}
    wanted = [name for name, is_needed in needed.items() if is_needed]
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        folders = dict(zip(wanted, pool.map(lambda name: cache.ensure(BUNDLES[name], build, progress), wanted), strict=True))
    return Tools(
        pulumi=Path(given, "pulumi") if given else official or folders["pulumi"] / "bin" / "pulumi",
        pulumi_is_official=official is not None,
        kube={name: kube.get(name) or folders["kube"] / "bin" / name for name in installed.KUBE},
        crds=folders["crds"],
    )


def argocd(progress: Progress) -> Path:
    """Folder with Argo CD's controllers, built where they are missing. Raises ToolError."""
    return cache.ensure(BUNDLES["argocd"], build, progress) / "bin"


def vcluster(progress: Progress) -> Path:
    """Folder with vcluster's syncer in `bin/` and its chart in `chart/`, built where they are missing. Raises ToolError."""
    return cache.ensure(BUNDLES["vcluster"], build, progress)


def opa(progress: Progress) -> Path:
    """Folder with the evaluators of Rego: opa, conftest and Gatekeeper's gator, built where they are missing. Raises ToolError."""
    return cache.ensure(BUNDLES["opa"], build, progress) / "bin"
