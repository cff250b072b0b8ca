"""The control plane of a sandbox: real etcd, API server, controller manager and scheduler, and nodes that only pretend."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from idp_sandbox import machine
from idp_sandbox.process import command_line, wait_until
from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.cache import Progress
from idp_sandbox.toolchain.tools import Tools

NAME = "sandbox"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok-controller")
CONFIGURATION = {
    "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
    "kind": "KwokctlConfiguration",
    "options": {"bindAddress": "127.0.0.1"},
}
EXTRA_ARGUMENTS = (
    "--extra-args=etcd=unsafe-no-fsync=true",  # a sandbox needs to survive its processes, not the machine
    # There is one of each: an election only delays the start, and a busy machine would lose it, which ends the process.
    "--extra-args=kube-controller-manager=leader-elect=false",
    "--extra-args=kube-scheduler=leader-elect=false",
)
SERVER_SIDE = ("--server-side", "--force-conflicts", "--filename")
STOP_SECONDS = 10


class Cluster:
    """A control plane whose files are below `state/kwok`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.workdir = state / "kwok"
        self.folder = self.workdir / "clusters" / NAME
        self.kubeconfig = state / "kubeconfig"
        self.kubectl_cache = state / "kubectl"
        self.stamp = state / "cluster.json"

    def start(self, tools: Tools, progress: Progress) -> None:
        """Start what doesn't run; make the cluster first where there is none, or only a broken one."""
        if not (all(pid is not None for pid in self.pids().values()) and self._answers(tools)):
            self._run(tools, progress)
        self._furnish(tools)

    def _run(self, tools: Tools, progress: Progress) -> None:
        self._forget_foreign_processes()
        if self.stamp.exists() and self.folder.exists():
            progress("starting the control plane")
            self._kwokctl(tools, "start", "cluster", "--wait", "60s")
        else:
            progress("making a control plane")
            self._make(tools)
        if not wait_until(lambda: self._answers(tools), 120):
            raise machine.SandboxError(
                f"the API server doesn't answer; see {self.folder / 'logs' / 'kube-apiserver.log'}, or begin anew: idp sandbox reset"
            )

    def stop(self) -> None:
        """Stop all components, the API server's clients before it and etcd last; the data stays. Needs no tools: they may be gone."""
        for name in reversed(COMPONENTS):
            for number in (signal.SIGTERM, signal.SIGKILL):
                pid = self._pid(name)
                if pid is None:
                    break
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                wait_until(lambda name=name: self._pid(name) is None, STOP_SECONDS)  # type: ignore[misc]
        self._forget_foreign_processes()

    def pids(self) -> dict[str, int | None]:
        """Number of each component's process; none for one that doesn't run."""
        return {name: self._pid(name) for name in COMPONENTS}

    def logs(self) -> dict[str, Path]:
        """Log file of each component."""
        return {name: self.folder / "logs" / f"{name}.log" for name in COMPONENTS}

    def kubectl(self, tools: Tools, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl as the sandbox's administrator."""
        # A cache of its own: another sandbox may have had the same port, and kubectl's cache goes by host and port.
        cache_folder = f"--cache-dir={self.kubectl_cache}"
        command = [str(tools.kube["kubectl"]), f"--kubeconfig={self.kubeconfig}", cache_folder, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def _make(self, tools: Tools) -> None:
        self.stop()  # what an interrupted start left running
        shutil.rmtree(self.workdir, ignore_errors=True)
        self.kubeconfig.unlink(missing_ok=True)
        configuration = self.state / "kwokctl.yaml"
        configuration.write_text(json.dumps(CONFIGURATION))
        binaries = [f"--{name}-binary={tools.kube[program]}" for name, program in zip(COMPONENTS, (*COMPONENTS[:4], "kwok"), strict=True)]
        with _one_at_a_time():  # kwokctl chooses free ports, and two at once would choose the same
            self._kwokctl(
                tools,
                "create",
                "cluster",
                f"--config={configuration}",
                "--runtime=binary",
                f"--kubeconfig={self.kubeconfig}",
                *EXTRA_ARGUMENTS,
                "--wait=60s",
                *binaries,
            )
        for credentials in (self.kubeconfig, self.folder / "kubeconfig.yaml", *self.folder.glob("pki/*.key")):
            credentials.chmod(0o600)

    def _furnish(self, tools: Tools) -> None:
        """Give the cluster what stands in every cluster of an organisation; once, and again when that changed with a new version."""
        content = [tools.crds.name, machine.objects(), machine.custom_objects()]
        if self.stamp.exists() and self.stamp.read_text() == json.dumps(content):
            return
        self._kubectl_or_fail(tools, "apply", *SERVER_SIDE, str(tools.crds))
        self._kubectl_or_fail(tools, "apply", *SERVER_SIDE, "-", stdin=_list_of(machine.objects()))
        self._kubectl_or_fail(tools, "wait", "--for=condition=Established", "--timeout=60s", "-f", str(tools.crds))
        self._kubectl_or_fail(tools, "apply", *SERVER_SIDE, "-", stdin=_list_of(machine.custom_objects()))
        self.stamp.write_text(json.dumps(content))

    def furnish_argocd(self, tools: Tools, objects: list[dict[str, Any]]) -> None:
        """Give Argo CD the settings that it reads, where it has none yet."""
        if self.kubectl(tools, "get", "secret", "argocd-secret", "--namespace=argocd").returncode:
            self._kubectl_or_fail(tools, "apply", *SERVER_SIDE, "-", stdin=_list_of(objects))

    def _kubectl_or_fail(self, tools: Tools, *arguments: str, stdin: str = "") -> None:
        done = self.kubectl(tools, *arguments, stdin=stdin)
        if done.returncode:
            raise machine.SandboxError(f"the control plane refused its first objects: {done.stderr.strip()}")

    def _answers(self, tools: Tools) -> bool:
        return self.kubeconfig.exists() and self.kubectl(tools, "get", "--raw", "/readyz").returncode == 0

    def _kwokctl(self, tools: Tools, *arguments: str) -> None:
        command = [str(tools.kube["kwokctl"]), "--name", NAME, *arguments]
        done = subprocess.run(command, env={**os.environ, "KWOK_WORKDIR": str(self.workdir)}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise machine.SandboxError(f"kwokctl {arguments[0]} failed: {_last_message(done.stderr)}")

    def _pid(self, name: str) -> int | None:
        """The process that kwokctl recorded, if it still is one of this cluster's."""
        try:
            pid = int((self.folder / "pids" / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if str(self.folder) in command_line(pid) else None

    def _forget_foreign_processes(self) -> None:
        """Remove records of processes that are gone: their numbers may belong to others now, whom kwokctl would stop."""
        for name, pid in self.pids().items():
            if pid is None:
                (self.folder / "pids" / f"{name}.pid").unlink(missing_ok=True)


def _list_of(items: list[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    cache.folder().mkdir(parents=True, exist_ok=True)
    with (cache.folder() / "ports.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _last_message(output: str) -> str:
    """What kwokctl said last; its log lines are JSON."""
    line = (output.strip().splitlines() or ["it said nothing"])[-1]
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return line
    return str(entry.get("err") or entry.get("msg") or line)
