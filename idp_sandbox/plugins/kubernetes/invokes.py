"""The functions that the SDK calls: decode YAML, render charts and kustomizations."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from typing import Any

import yaml

from idp_sandbox.plugins.kubernetes import helm

Manifest = dict[str, Any]


class UnknownFunction(helm.HelmError):
    """The SDK asked for a function that only the official provider has."""


def invoke(token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a function. Raises HelmError."""
    if token == "kubernetes:yaml:decode":  # noqa: S105  a function's name
        return {"result": decoded(arguments["text"], arguments.get("defaultNamespace"))}
    if token == "kubernetes:helm:template":  # noqa: S105
        return {"result": decoded(helm.template(json.loads(arguments["jsonOpts"])), None)}
    if token == "kubernetes:kustomize:directory":  # noqa: S105
        return {"result": decoded(_kustomize(arguments["directory"]), None)}
    raise UnknownFunction(f"{token} is only in the official provider; install its plugin")


def decoded(text: str, default_namespace: str | None) -> list[Manifest]:
    """The objects of a YAML text, those of lists one by one."""
    found: list[Manifest] = []
    for document in yaml.safe_load_all(text):
        if document:
            found += document["items"] if str(document.get("kind", "")).endswith("List") and "items" in document else [document]
    for manifest in found:
        if default_namespace and not manifest.get("metadata", {}).get("namespace"):
            manifest.setdefault("metadata", {})["namespace"] = default_namespace
    return found


def with_string_data(live: Manifest) -> Manifest:
    """A live Secret also in the form in which people write it: the API server keeps only the encoded one."""
    if live.get("kind") != "Secret":
        return live
    texts = {}
    for key, value in (live.get("data") or {}).items():
        try:
            texts[key] = base64.b64decode(value).decode()
        except ValueError:  # bytes that are no text were not written as text
            continue
    return {**live, "stringData": texts}


def _kustomize(directory: str) -> str:
    done = subprocess.run(["kubectl", "kustomize", directory], capture_output=True, text=True, check=False)
    if done.returncode:
        raise helm.HelmError(f"kustomize {directory}: {done.stderr.strip()}")
    return done.stdout
