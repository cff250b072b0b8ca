"""What the cluster has of environments, asked and told through kubectl as whoever runs the command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from idp_components.core import labels
from idp_components.environments.inventory import Room

TIMEOUT = "30s"
"""For one request; an API server that starts anew needs less."""
SLEEPERS = "deployments.apps,statefulsets.apps,cronjobs.batch"
MANAGER = "idp-env"
"""Field manager of every change that is made here."""
DELETION_SECONDS = 300
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before the next try of whoever changes something while the API server can't be reached: it may be starting anew."""
UNREACHABLE = re.compile(r"was refused|connection reset|unexpected EOF|ServiceUnavailable|TLS handshake timeout|etcdserver: ")


class ClusterError(Exception):
    """The cluster refused or could not be asked; the message is its own."""


class Cluster:
    """The cluster of the environment variables in `env`; `pauses` as in `PAUSES`, none for whoever only looks."""

    def __init__(self, env: Mapping[str, str], pauses: Sequence[float] = PAUSES) -> None:
        self.env = env
        self.pauses = pauses

    def rooms(self, name: str | None = None) -> list[Room]:
        """The namespaces of environments that end, or the one of that name. Raises ClusterError."""
        namespaces = self._namespaces(name)
        if not namespaces:
            return []
        where = ("--namespace", name) if name else ("--all-namespaces",)
        with ThreadPoolExecutor() as pool:
            leases = pool.submit(self.get, "leases.coordination.k8s.io", *where, "--field-selector", f"metadata.name={labels.LEASE}")
            sleepers = pool.submit(self.get, SLEEPERS, *where, "--selector", labels.SLEEP)
        by_namespace = {lease["metadata"]["namespace"]: lease for lease in leases.result()}
        return [
            Room(
                namespace,
                by_namespace.get(name := namespace["metadata"]["name"]),
                [workload for workload in sleepers.result() if workload["metadata"]["namespace"] == name],
            )
            for namespace in namespaces
        ]

    def _namespaces(self, name: str | None) -> list[dict[str, Any]]:
        if name is None:
            found: list[dict[str, Any]] = self.get("namespaces", "--selector", labels.EPHEMERAL)
            return found
        one = self.get("namespace", name, "--ignore-not-found")
        return [one] if labels.EPHEMERAL in (one.get("metadata", {}).get("labels") or {}) else []

    def get(self, *arguments: str) -> Any:
        """`kubectl get`: the items of a list, or the object; with `--ignore-not-found` an empty one. Raises ClusterError."""
        found = json.loads(self.kubectl("get", *arguments, "--output", "json", "--request-timeout", TIMEOUT) or "{}")
        return found["items"] if str(found.get("kind", "")).endswith("List") else found

    def annotate_lease(self, namespace: str, annotations: Mapping[str, str], renewed: str) -> None:
        """Write on an environment's Lease. Raises ClusterError, also where the API server refuses whoever asks."""
        patch = {"metadata": {"annotations": dict(annotations)}, "spec": {"renewTime": renewed}}
        self.kubectl("patch", "leases.coordination.k8s.io", labels.LEASE, "--namespace", namespace, *_merge(patch))

    def delete_namespace(self, name: str, uid: str) -> None:
        """Delete this namespace, and no later one of the same name, and wait until it is gone. Raises ClusterError."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        try:
            self.kubectl("delete", "--raw", f"/api/v1/namespaces/{name}", "--filename", "-", stdin=json.dumps(options))
        except ClusterError as error:
            if "NotFound" not in str(error) and "not found" not in str(error):
                raise
            return
        self.kubectl("wait", "--for=delete", f"namespace/{name}", f"--timeout={DELETION_SECONDS}s")

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints. Raises ClusterError with its error."""
        for pause in (*self.pauses, None):
            try:
                done = subprocess.run(
                    ["kubectl", *arguments], env={**os.environ, **self.env}, input=stdin or "", capture_output=True, text=True, check=False
                )
            except FileNotFoundError:
                raise ClusterError('kubectl is not on PATH; for the sandbox: eval "$(idp sandbox env)"') from None
            if not done.returncode:
                return done.stdout
            if pause is None or not UNREACHABLE.search(done.stderr):
                break
            time.sleep(pause)
        raise ClusterError(done.stderr.strip() or f"kubectl {arguments[0]} failed")


def _merge(patch: Mapping[str, Any]) -> Sequence[str]:
    return ("--type", "merge", "--field-manager", MANAGER, "--patch", json.dumps(patch))
