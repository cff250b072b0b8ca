"""The control plane of a sandbox: real etcd, API server, controller manager and scheduler, and nodes that only pretend."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from idp_sandbox import machine, ports
from idp_sandbox.process import command_line, wait_until
from idp_sandbox.toolchain.cache import Progress
from idp_sandbox.toolchain.tools import Tools

NAME = "sandbox"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok-controller")
PORTS = ("etcdPort", "etcdPeerPort", "kubeApiserverPort", "kubeControllerManagerPort", "kubeSchedulerPort", "kwokControllerPort")
"""Options of kwokctl, v1alpha1."""
EXTRA_ARGUMENTS = (
    "--extra-args=etcd=unsafe-no-fsync=true",  # a sandbox needs to survive its processes, not the machine
    # There is one of each: an election only delays the start, and a busy machine would lose it, which ends the process.
    "--extra-args=kube-controller-manager=leader-elect=false",
    "--extra-args=kube-scheduler=leader-elect=false",
)
SERVER_SIDE = ("--server-side", "--force-conflicts", "--filename")
STOP_SECONDS = 10
WORK_SECONDS = 60
STARTS = 3
ROOT_CERTIFICATE = ("configmap", "kube-root-ca.crt", "--namespace=kube-public")
"""What the controllers put into every namespace."""


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
        runs = not self._ended() and self._answers(tools)
        if not runs:
            self._run(tools, progress)
        self._furnish(tools)
        if not runs:
            self._wait_for_controllers(tools, progress)

    def _run(self, tools: Tools, progress: Progress) -> None:
        if self.stamp.exists() and self.folder.exists():
            progress("starting the control plane")
            self._start(tools)
        else:
            progress("making a control plane")
            self._make(tools)
        if not wait_until(lambda: self._answers(tools), 120):
            raise machine.SandboxError(
                f"the API server doesn't answer; see {self.folder / 'logs' / 'kube-apiserver.log'}, or begin anew: idp sandbox reset"
            )

    def _wait_for_controllers(self, tools: Tools, progress: Progress) -> None:
        """Wait until the controllers work. Some end if the API server takes over ten seconds to answer, as it may: they begin again."""
        self._kubectl_or_fail(tools, "delete", *ROOT_CERTIFICATE, "--ignore-not-found")
        for _ in range(STARTS):
            answered = wait_until(lambda: bool(self._ended()) or self._has(tools, *ROOT_CERTIFICATE), WORK_SECONDS)
            if answered and not self._ended():
                return
            progress(f"waiting for the controllers; ended and started again: {', '.join(self._ended()) or 'none'}")
            self._start(tools)
        raise machine.SandboxError(f"the cluster's controllers don't work; see {self.folder / 'logs'}")

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

    def _ended(self) -> list[str]:
        return [name for name, pid in self.pids().items() if pid is None]

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
        configuration.write_text(json.dumps(self._configuration()))
        binaries = [f"--{name}-binary={tools.kube[program]}" for name, program in zip(COMPONENTS, (*COMPONENTS[:4], "kwok"), strict=True)]
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

    def _configuration(self) -> dict[str, Any]:
        options = {"bindAddress": "127.0.0.1"} | dict(zip(PORTS, ports.reserve(self.state, len(PORTS)), strict=True))
        return {"apiVersion": "config.kwok.x-k8s.io/v1alpha1", "kind": "KwokctlConfiguration", "options": options}

    def _start(self, tools: Tools) -> None:
        self._forget_foreign_processes()
        self._kwokctl(tools, "start", "cluster", "--wait", "60s")

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
        if not self._has(tools, "secret", "argocd-secret", "--namespace=argocd"):
            self._kubectl_or_fail(tools, "apply", *SERVER_SIDE, "-", stdin=_list_of(objects))

    def _kubectl_or_fail(self, tools: Tools, *arguments: str, stdin: str = "") -> None:
        done = self.kubectl(tools, *arguments, stdin=stdin)
        if done.returncode:
            raise machine.SandboxError(f"the control plane refused what it was told: {done.stderr.strip()}")

    def _has(self, tools: Tools, *named: str) -> bool:
        return self.kubectl(tools, "get", *named).returncode == 0

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
        for name in self._ended():
            (self.folder / "pids" / f"{name}.pid").unlink(missing_ok=True)


def _list_of(items: list[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _last_message(output: str) -> str:
    """What kwokctl said last; its log lines are JSON."""
    line = (output.strip().splitlines() or ["it said nothing"])[-1]
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return line
    return str(entry.get("err") or entry.get("msg") or line)
