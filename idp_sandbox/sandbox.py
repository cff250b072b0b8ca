"""The sandbox: an engine, a control plane and an AWS endpoint of one's own, on loopback, in one folder."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from idp_sandbox import argocd, workspace
from idp_sandbox.argocd import ArgoCD
from idp_sandbox.cluster import Cluster
from idp_sandbox.machine import SandboxError
from idp_sandbox.process import Daemon, wait_until
from idp_sandbox.toolchain import tools
from idp_sandbox.toolchain.cache import locked
from idp_sandbox.toolchain.installed import TOOLS_FILE
from idp_sandbox.toolchain.tools import Tools
from idp_sandbox.virtual.clusters import PROGRAMS, VirtualClusters

Progress = Callable[[str], None]
DEFAULT_FOLDER = ".idp/sandbox"
PROJECT_FILE = "Pulumi.yaml"


@dataclass(frozen=True)
class Part:
    """One running part of a sandbox."""

    name: str
    pid: int | None
    log: Path


class Sandbox:
    """A sandbox in `directory`; by default `$IDP_SANDBOX`, else `.idp/sandbox` in the Pulumi project, else in the current folder."""

    def __init__(self, directory: Path | None = None) -> None:
        self.project = _project()
        default = os.environ.get("IDP_SANDBOX") or (self.project or Path.cwd()) / DEFAULT_FOLDER
        self.state = Path(directory or default).absolute()
        self.cluster = Cluster(self.state)
        self.moto = Daemon("aws", self.state)
        self.controller = Daemon("controller", self.state)
        self.argocd = ArgoCD(self.state)
        self.virtual = VirtualClusters(self.state)

    @property
    def kubeconfig(self) -> Path:
        """Credentials of the cluster's administrator."""
        return self.cluster.kubeconfig

    def up(self, progress: Progress, *, with_argocd: bool = False, with_vcluster: bool = False) -> None:
        """Start what doesn't run. Whatever an earlier run left behind is used or repaired. Raises SandboxError or ToolError."""
        found = tools.find(progress)
        controllers = tools.argocd(progress) if with_argocd or self.argocd.is_wanted else None
        syncer = tools.vcluster(progress) if with_vcluster or self.virtual.is_wanted else None
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        with self._locked(progress), ThreadPoolExecutor() as pool:
            jobs = [
                pool.submit(workspace.make, self.state, self.project, found),
                pool.submit(self._start_aws, progress),
                pool.submit(self._start_cluster, found, progress),
            ]
            for job in jobs:
                job.result()
            if controllers:
                self.cluster.furnish_argocd(found, argocd.objects())
                self.argocd.start(controllers, self.kubeconfig, progress)
            if syncer:
                self.virtual.start(syncer, {name: found.kube[name] for name in PROGRAMS}, self.kubeconfig, progress)

    def down(self) -> None:
        """Stop everything that runs; data and stacks stay for the next `up`."""
        if not self.state.exists():
            return
        with self._locked(lambda _: None):
            self.argocd.stop()
            self.virtual.stop()
            for daemon in (self.controller, self.moto):
                daemon.stop()
            self.cluster.stop()

    def reset(self) -> None:
        """Stop everything and forget all data and stacks."""
        self.down()
        shutil.rmtree(self.state, ignore_errors=True)

    def parts(self) -> list[Part]:
        """Everything that should run, and what does."""
        logs = self.cluster.logs()
        planes = [Part(name, pid, logs[name]) for name, pid in self.cluster.pids().items()]
        daemons = [self.controller, self.moto, *(self.argocd.daemons if self.argocd.is_wanted else ())]
        daemons += [self.virtual.daemon] if self.virtual.is_wanted else []
        return [*planes, *(Part(daemon.name, daemon.pid(), daemon.log) for daemon in daemons)]

    def is_up(self) -> bool:
        """Whether every part runs."""
        return all(part.pid is not None for part in self.parts())

    def tools(self) -> dict[str, str]:
        """Where the tools came from when the sandbox was started last; empty before that."""
        record = self.state / TOOLS_FILE
        return dict(json.loads(record.read_text())) if record.exists() else {}

    def env(self) -> dict[str, str]:
        """What a shell needs to use the sandbox. Raises SandboxError where there is none yet."""
        if not self.aws_port_file.exists():
            raise SandboxError(f"there is no sandbox in {self.state}; start one: idp sandbox up")
        found = workspace.environment(self.state, self.project, self.kubeconfig, f"http://127.0.0.1:{self.aws_port_file.read_text()}")
        return found | ({"IDP_VCLUSTER_CHART": self.virtual.chart} if self.virtual.chart else {})

    @property
    def aws_since(self) -> datetime:
        """When the AWS endpoint was started last; it keeps nothing across starts."""
        return datetime.fromtimestamp(self.aws_port_file.stat().st_mtime, UTC)

    @property
    def aws_port_file(self) -> Path:
        """Made anew with each start of the AWS endpoint."""
        return self.state / "aws.port"

    def _start_cluster(self, found: Tools, progress: Progress) -> None:
        self.cluster.start(found, progress)
        self.controller.start([sys.executable, "-P", "-m", "idp_sandbox.controller"], {"KUBECONFIG": str(self.kubeconfig)})

    def _start_aws(self, progress: Progress) -> None:
        if self.moto.is_running():
            return
        progress("starting the AWS endpoint")
        port = _free_port(int(self.aws_port_file.read_text()) if self.aws_port_file.exists() else 0)
        self.aws_port_file.write_text(str(port))
        self.moto.start([sys.executable, "-P", "-m", "idp_sandbox.aws_endpoint", "--host", "127.0.0.1", "--port", str(port)])
        if not wait_until(lambda: _answers(port), 60):
            raise SandboxError(f"the AWS endpoint doesn't answer; see {self.moto.log}")

    def _locked(self, progress: Progress) -> AbstractContextManager[None]:
        """One command at a time changes a sandbox."""
        return locked(self.state / "lock", lambda: progress("waiting: another command is changing this sandbox"))


def _project() -> Path | None:
    """The Pulumi project around the current folder."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / PROJECT_FILE).is_file()), None)


def _free_port(wanted: int) -> int:
    """The wanted port of loopback if it is free, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SandboxError("no free port on loopback")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
