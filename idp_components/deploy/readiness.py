"""How many pods of each workload are ready now, as the cluster says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idp_components.core.labels import NAME


@dataclass(frozen=True)
class Ready:
    """Pods of one workload."""

    ready: int
    wanted: int


def readiness(namespaces: Iterable[str], env: Mapping[str, str]) -> dict[tuple[str, str], Ready]:
    """Pods by namespace and component name; empty where the cluster doesn't answer (asked through kubectl, 10 s at most)."""
    found: dict[tuple[str, str], Ready] = {}
    for namespace in namespaces:
        command = ["kubectl", "get", "deployments,statefulsets", "--namespace", namespace, "--output", "json", "--request-timeout", "10s"]
        answer = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            for workload in json.loads(answer.stdout)["items"]:
                name = workload["metadata"].get("labels", {}).get(NAME, workload["metadata"]["name"])
                found[namespace, name] = Ready(workload["status"].get("readyReplicas", 0), workload["spec"].get("replicas", 0))
    return found
