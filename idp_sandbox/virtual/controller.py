"""Keep a syncer running for every virtual cluster of the sandbox.

Run by the sandbox as `python -m idp_sandbox.virtual.controller FOLDER PROGRAMS`, with KUBECONFIG set; PROGRAMS is JSON, paths by name.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx

from idp_sandbox.plugins.kubernetes.api import Api, ApiError, UnknownKind, Unreachable
from idp_sandbox.plugins.kubernetes.connection import connect
from idp_sandbox.virtual.syncer import Syncer, version

WORKLOAD = ("apps/v1", "StatefulSet")
SELECTOR = "app=vcluster"
"""Label that vcluster's chart gives its workload."""
SYNCED = "vcluster.loft.sh/managed-by"
"""Label of pods that a syncer brought here from inside."""
READY = ("Initialized", "Ready", "ContainersReady")
RETRY_SECONDS = 1.0


class Controller:
    """Makes what runs equal to what the cluster has."""

    def __init__(self, folder: Path, programs: Mapping[str, str], kubeconfig: Path) -> None:
        self.folder, self.programs, self.kubeconfig = folder, programs, kubeconfig
        self.running: dict[str, Syncer] = {}
        self.lock = threading.Lock()

    def reconcile(self, api: Api) -> None:
        """Stop the syncers of what is gone, changed or scaled to zero, and start those that are missing."""
        wanted = {workload["metadata"]["uid"]: workload for workload in api.items(*WORKLOAD, None, SELECTOR)}
        with self.lock:
            for uid in list(self.running):
                if (
                    uid not in wanted
                    or is_asleep(wanted[uid])
                    or self.running[uid].version != version(wanted[uid])
                    or not self.running[uid].is_running()
                ):
                    self.running.pop(uid).stop()
            for path in self.folder.iterdir():
                if path.is_dir() and path.name not in wanted:
                    shutil.rmtree(path, ignore_errors=True)
            for uid, workload in wanted.items():
                if uid not in self.running and not is_asleep(workload) and "deletionTimestamp" not in workload["metadata"]:
                    self._start(api, uid, Syncer(self.folder / uid, workload))

        for pod in api.items("v1", "Pod", None, SYNCED):
            if repaired := with_conditions(pod):
                api.patch({**pod, "apiVersion": "v1", "kind": "Pod"}, "status", {"status": {"conditions": repaired}})

    def stop(self) -> None:
        """Stop all syncers; their data stays."""
        with self.lock:
            for syncer in self.running.values():
                syncer.stop()

    def _start(self, api: Api, uid: str, syncer: Syncer) -> None:
        config = api.get("v1", "Secret", syncer.namespace, f"vc-config-{syncer.name}")
        pod = api.get("v1", "Pod", syncer.namespace, f"{syncer.name}-0")
        if config and pod and pod["spec"].get("nodeName"):  # else it comes again when they are there
            syncer.start(self.programs, self.kubeconfig, config, pod["spec"]["nodeName"])
            self.running[uid] = syncer

    def work(self) -> None:
        """Reconcile at every change and every few seconds, for ever."""
        api = connect({})
        while True:
            try:
                for _ in api.changes(*WORKLOAD, None, {"labelSelector": SELECTOR}):
                    self.reconcile(api)
            except (httpx.HTTPError, Unreachable, UnknownKind, ApiError, OSError) as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            time.sleep(RETRY_SECONDS)


def is_asleep(workload: Mapping[str, Any]) -> bool:
    """Whether it shall have no pod: then nothing runs for it, and its data stays."""
    return bool(workload["spec"].get("replicas", 1) == 0)


def with_conditions(pod: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """All conditions of a running pod that lost those of its kubelet; none where nothing is missing.

    A syncer that writes a pod's status at the same time overwrites them. A kubelet says them again; our nodes say them once.
    """
    conditions = list(pod["status"].get("conditions") or ())
    missing = [kind for kind in READY if kind not in {condition["type"] for condition in conditions}]
    if pod["status"].get("phase") != "Running" or not missing:
        return None
    since = pod["status"]["startTime"]
    return conditions + [{"type": kind, "status": "True", "lastTransitionTime": since} for kind in missing]


def main(folder: str, programs: str) -> None:
    """Work until stopped."""
    controller = Controller(Path(folder), json.loads(programs), Path(os.environ["KUBECONFIG"]))
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    threading.Thread(target=controller.work, daemon=True).start()
    signal.sigwait(signals)
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
