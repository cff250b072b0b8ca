"""What a killed update made under a name that Pulumi drew: the next run draws another, so nobody would ever find it again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

DRAWN = "pulumi.com/autonamed"
"""Annotation of objects whose name the provider drew."""


def remove(state: Mapping[str, Any], env: Mapping[str, str]) -> list[str]:
    """Delete the objects that an exported state has as begun and not as made; what was removed, as `kind/name`."""
    removed = []
    for kind, name, namespace in begun(state):
        command = ["kubectl", "delete", kind, name, "--namespace", namespace, "--ignore-not-found", "--output", "name"]
        done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
        removed += done.stdout.split()
    return removed


def begun(state: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Kind, name and namespace of each object under a drawn name whose creation began and was never recorded as done."""
    deployment = state.get("deployment") or {}
    recorded = {resource.get("id") for resource in deployment.get("resources") or ()}
    for operation in deployment.get("pending_operations") or ():
        inputs = operation["resource"].get("inputs") or {}
        metadata = inputs.get("metadata") or {}
        drawn = DRAWN in (metadata.get("annotations") or {})
        identity = f"{metadata.get('namespace')}/{metadata.get('name')}"
        if operation.get("type") == "creating" and drawn and identity not in recorded:
            yield str(inputs["kind"]).lower(), metadata["name"], metadata["namespace"]
