"""One syncer: its folder, the process in its cell, and the forwarding that leads in and out."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

API_PORT = 8443
"""Port of the virtual API server, fixed in vcluster's code."""
VIRTUAL, HOST = "virtual.sock", "host.sock"
"""Sockets in the syncer's folder through which the two API servers are reached from the other side."""
FILES = ("certificate-authority", "client-certificate", "client-key")
"""Keys of a kubeconfig that name files; with `-data` after them they hold the content."""
DATABASE = """#!/bin/sh
# In place of kine, which needs a C compiler: etcd, on the socket that vcluster asks for.
for argument; do case "$argument" in --listen-address=*) socket="${argument#*=}";; esac; done
exec /binaries/etcd --data-dir=/data/etcd --listen-client-urls="$socket" --advertise-client-urls=http://127.0.0.1:2379 --unsafe-no-fsync
"""


class Syncer:
    """The syncer of one StatefulSet that vcluster's chart made. Its folder outlives it: the data and the port stay."""

    def __init__(self, folder: Path, workload: Mapping[str, Any]) -> None:
        self.folder = folder
        self.name: str = workload["metadata"]["name"]
        self.namespace: str = workload["metadata"]["namespace"]
        self.version = version(workload)
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, programs: Mapping[str, str], kubeconfig: Path, config: Mapping[str, Any], node: str) -> None:
        """Start it. `config` is the Secret that the chart made, `node` where its pod pretends to run."""
        host = yaml.safe_load(kubeconfig.read_text())
        host_port = str(host["clusters"][0]["cluster"]["server"]).rsplit(":", 1)[1].rstrip("/")
        port = self._port()
        for name in ("root", "data", "config", "programs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        values = yaml.safe_load(base64.b64decode(config["data"]["config.yaml"]))
        # The address from outside is that of the process, not that of an Ingress which only pretends to lead to the pod.
        values["exportKubeConfig"] = {**(values.get("exportKubeConfig") or {}), "server": f"https://127.0.0.1:{port}"}
        (self.folder / "config" / "config.yaml").write_text(yaml.safe_dump(values))
        credentials = self.folder / "config" / "kubeconfig"
        credentials.touch(mode=0o600)
        credentials.write_text(yaml.safe_dump(self_contained(host)))
        kine = self.folder / "programs" / "kine"
        kine.write_text(DATABASE)
        kine.chmod(0o700)
        settings = {
            "forward": [f"{host_port}={HOST}", f"{VIRTUAL}={API_PORT}"],
            "mounts": {
                "/data": str(self.folder / "data"),
                "/var/lib/vcluster": str(self.folder / "config"),
                "/usr/local/bin": str(self.folder / "programs"),
                **{f"/binaries/{name}": str(Path(path).resolve()) for name, path in programs.items()},
            },
            "command": ["/binaries/vcluster", "start"],
            "env": self._environment(node),
        }
        (self.folder / "settings.json").write_text(json.dumps(settings))
        python = [sys.executable, "-P", "-m"]
        self._run([*python, "idp_sandbox.virtual.forward", f"{HOST}={host_port}", f"{port}={VIRTUAL}"])
        # Whoever isn't root may do the same in a user namespace, where the system allows that.
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        cell = ["unshare", *as_root, "--mount", "--net", "--pid", "--fork", "--kill-child"]
        self._run([*cell, *python, "idp_sandbox.virtual.cell", "settings.json"])

    def is_running(self) -> bool:
        """Whether the process and its forwarding run."""
        return bool(self._processes) and all(process.poll() is None for process in self._processes)

    def stop(self) -> None:
        """End it, and with it everything in its cell."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._processes.clear()

    def _run(self, command: list[str]) -> None:
        with (self.folder / "syncer.log").open("ab") as log:
            self._processes.append(subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def _environment(self, node: str) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": "/root",
            "KUBECONFIG": "/var/lib/vcluster/kubeconfig",
            "POD_NAME": f"{self.name}-0",
            "POD_NAMESPACE": self.namespace,
            "NAMESPACE": self.namespace,
            "VCLUSTER_NAME": self.name,
            "SERVICE_NAME": self.name,
            "POD_IP": "127.0.0.1",
            "NODE_IP": "127.0.0.1",
            "NODE_NAME": node,
        }

    def _port(self) -> int:
        """A free port of loopback, the same as long as the folder is there: it stands in the kubeconfig."""
        record = self.folder / "port"
        if not record.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                record.write_text(str(probe.getsockname()[1]))
        return int(record.read_text())


def self_contained(kubeconfig: Any) -> Any:
    """The kubeconfig with the content of the files that it names, which are not in the cell."""
    if isinstance(kubeconfig, list):
        return [self_contained(item) for item in kubeconfig]
    if not isinstance(kubeconfig, dict):
        return kubeconfig
    named = {key: value for key, value in kubeconfig.items() if key in FILES and value}
    content = {f"{key}-data": base64.b64encode(Path(path).read_bytes()).decode() for key, path in named.items()}
    return {**{key: self_contained(value) for key, value in kubeconfig.items() if key not in named}, **content}


def version(workload: Mapping[str, Any]) -> str:
    """Changes with the configuration, by which the chart would make a new pod."""
    annotations = workload["spec"]["template"]["metadata"].get("annotations") or {}
    return str(annotations.get("vClusterConfigHash", ""))
