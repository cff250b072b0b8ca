"""Argo CD in a sandbox: its real controllers, as processes of this machine that act on the sandbox's control plane."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from idp_sandbox.machine import SandboxError
from idp_sandbox.process import Daemon, wait_until
from idp_sandbox.toolchain.cache import Progress

NAMESPACE = "argocd"
CONFIG_MAPS = (
    "argocd-cm",
    "argocd-rbac-cm",
    "argocd-cmd-params-cm",
    "argocd-gpg-keys-cm",
    "argocd-ssh-known-hosts-cm",
    "argocd-tls-certs-cm",
)
RESYNC_SECONDS = 5
"""Age, in seconds, at which an answer of a repository is out of date (Argo CD's default: 180); an annotation asks for one at once."""
READY_SECONDS = 120
PORTS = ("redis", "repo", "repo-metrics", "controller-metrics", "sets-metrics", "sets-probe", "sets-webhook")


class ArgoCD:
    """The controllers of one sandbox, with their files in `state/argocd` from the start until they are stopped."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.folder = state / "argocd"
        names = ("argocd-redis", "argocd-repo-server", "argocd-application-controller", "argocd-applicationset-controller")
        self.daemons = tuple(Daemon(name, state) for name in names)

    @property
    def is_wanted(self) -> bool:
        """Whether it was started and not stopped since."""
        return self.folder.exists()

    def start(self, programs: Path, kubeconfig: Path, progress: Progress) -> None:
        """Start what doesn't run, and wait until it answers. Raises SandboxError."""
        progress("starting Argo CD")
        ports = self._ports()
        env = self._environment(programs, kubeconfig)
        commands = _commands(ports)
        for daemon in self.daemons:
            daemon.start([str(programs / daemon.name), *commands[daemon.name]], env)
        for daemon, answers in zip(self.daemons, _questions(ports), strict=True):
            if not wait_until(lambda ask=answers, asked=daemon: ask() or not asked.is_running(), READY_SECONDS) or not daemon.is_running():  # type: ignore[misc]
                raise SandboxError(f"{daemon.name} doesn't answer; see {daemon.log}")

    def stop(self) -> None:
        """Stop all of it and remove its files; what it deployed stays in the cluster."""
        for daemon in reversed(self.daemons):
            daemon.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ports(self) -> dict[str, int]:
        """The ports of the running processes, else free ones."""
        record = self.folder / "ports.json"
        if record.exists() and any(daemon.is_running() for daemon in self.daemons):
            return dict(json.loads(record.read_text()))
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with ExitStack() as held:  # all at once, so that none is chosen twice
            probes = [held.enter_context(socket.socket()) for _ in PORTS]
            for probe in probes:
                probe.bind(("127.0.0.1", 0))
            chosen = {name: int(probe.getsockname()[1]) for name, probe in zip(PORTS, probes, strict=True)}
        record.write_text(json.dumps(chosen))
        return chosen

    def _environment(self, programs: Path, kubeconfig: Path) -> dict[str, str]:
        folders = {
            variable: self.folder / name for variable, name in (("TMPDIR", "tmp"), ("HOME", "home"), ("ARGOCD_TLS_DATA_PATH", "tls"))
        }
        folders["ARGOCD_SSH_DATA_PATH"] = self.folder / "ssh"
        for folder in folders.values():
            folder.mkdir(exist_ok=True)
        return {
            **{variable: str(folder) for variable, folder in folders.items()},
            "PATH": os.pathsep.join([str(programs), str(self.state / "bin"), os.environ.get("PATH", os.defpath)]),
            "KUBECONFIG": str(kubeconfig),
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_RECONCILIATION_TIMEOUT": f"{RESYNC_SECONDS}s",
            "ARGOCD_RECONCILIATION_JITTER": "0s",
        }


def objects() -> list[dict[str, Any]]:
    """The settings that the controllers read: all defaults, and a key of this sandbox's own."""
    part = {"app.kubernetes.io/part-of": "argocd"}

    def metadata(name: str) -> dict[str, Any]:
        return {"name": name, "namespace": NAMESPACE, "labels": part}

    key = {"server.secretkey": secrets.token_urlsafe(32)}
    return [
        *({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name)} for name in CONFIG_MAPS),
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata("argocd-secret"), "stringData": key},
    ]


def _commands(ports: dict[str, int]) -> dict[str, list[str]]:
    """Arguments of each process."""
    redis, repo = f"127.0.0.1:{ports['redis']}", f"127.0.0.1:{ports['repo']}"
    return {
        "argocd-redis": [redis],
        "argocd-repo-server": [
            "--disable-tls",
            f"--redis={redis}",
            "--address=127.0.0.1",
            f"--port={ports['repo']}",
            "--metrics-address=127.0.0.1",
            f"--metrics-port={ports['repo-metrics']}",
        ],
        "argocd-application-controller": [
            f"--namespace={NAMESPACE}",
            f"--redis={redis}",
            f"--repo-server={repo}",
            "--repo-server-plaintext",
            f"--metrics-port={ports['controller-metrics']}",
        ],
        "argocd-applicationset-controller": [
            f"--namespace={NAMESPACE}",
            f"--argocd-repo-server={repo}",
            "--repo-server-plaintext",
            f"--metrics-addr=127.0.0.1:{ports['sets-metrics']}",
            f"--probe-addr=127.0.0.1:{ports['sets-probe']}",
            f"--webhook-addr=127.0.0.1:{ports['sets-webhook']}",
        ],
    }


def _questions(ports: dict[str, int]) -> list[Callable[[], bool]]:
    """How each process shows that it is ready, in the order of their start. Only two of them tell of their health."""
    return [
        lambda: _listens(ports["redis"]),
        lambda: _is_healthy(ports["repo-metrics"]),
        lambda: _is_healthy(ports["controller-metrics"]),
        lambda: _listens(ports["sets-webhook"]),
    ]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
