"""Virtual clusters as a part of a sandbox: started on request, stopped with it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from idp_sandbox.process import Daemon
from idp_sandbox.toolchain.cache import Progress

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
"""Programs of the control plane that a syncer starts, beside its own."""


class VirtualClusters:
    """Keeps a real syncer for each virtual cluster, with its files in `state/vcluster`."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "vcluster"
        self.daemon = Daemon("vcluster", state)
        self._record = self.folder / "chart"

    @property
    def is_wanted(self) -> bool:
        """Whether it was started and not stopped since, or there are virtual clusters to take up again."""
        return self._record.exists()

    @property
    def chart(self) -> str | None:
        """Folder of vcluster's chart."""
        return self._record.read_text() if self.is_wanted else None

    def start(self, bundle: Path, kube: Mapping[str, Path], kubeconfig: Path, progress: Progress) -> None:
        """Start what keeps the syncers, if it doesn't run."""
        progress("virtual clusters can be made")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._record.write_text(str(bundle / "chart"))
        programs = {"vcluster": str(bundle / "bin" / "vcluster"), **{name: str(kube[name]) for name in PROGRAMS}}
        command = [sys.executable, "-P", "-m", "idp_sandbox.virtual.controller", str(self.folder), json.dumps(programs)]
        self.daemon.start(command, {"KUBECONFIG": str(kubeconfig)})

    def stop(self) -> None:
        """Stop all syncers; the next start takes their data up again, if there is any."""
        self.daemon.stop()
        if self.is_wanted and not any(path.is_dir() for path in self.folder.iterdir()):
            shutil.rmtree(self.folder)
