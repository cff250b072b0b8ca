"""Objects by their inputs: type, name, identity, and what of a live object is worth keeping. Pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from idp_sandbox.plugins.values import UNKNOWN

Manifest = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"
PATCH_MANAGER = "pulumi.com/patchFieldManager"
PATCH_FORCE = "pulumi.com/patchForce"
VOLATILE = ("managedFields", "resourceVersion", "generation", "selfLink")
"""Metadata that every write changes: in the state it would look like drift."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's own copy of an object; of a Secret it holds the values in plain text."""
DECIDED_BY_SERVER = ("uid", "creationTimestamp")
ALLOCATED = ("clusterIP", "clusterIPs", "healthCheckNodePort")
"""What the API server draws anew at each dry run of a Service."""


def complete(inputs: Mapping[str, Any], token: str) -> Manifest:
    """The inputs with `apiVersion`, `kind` and `metadata`; the SDK's typed classes and plain registrations agree from here."""
    module, kind = token.split(":")[1:]
    kind = kind.removesuffix("Patch") if is_patch(token) else kind
    found = {key: value for key, value in inputs.items() if value is not None and key != "status"}
    return {
        **found,
        "apiVersion": found.get("apiVersion") or module.removeprefix("core/"),
        "kind": found.get("kind") or kind,
        "metadata": dict(found.get("metadata") or {}),
    }


def is_patch(token: str) -> bool:
    """Whether the resource only owns some fields of an object that somebody else makes."""
    return token.endswith("Patch")


def named(manifest: Manifest, logical_name: str, old: Mapping[str, Any], seed: bytes) -> Manifest:
    """The manifest with a name: its own, the one it had, or a new one made of the logical name and eight hex digits."""
    metadata = manifest["metadata"]
    if metadata.get("name") or metadata.get("generateName"):
        return manifest
    before = old.get("metadata") or {}
    if AUTONAMED in (before.get("annotations") or {}):
        name = before["name"]
    else:
        suffix = hashlib.sha256(seed).hexdigest()[:8] if seed else secrets.token_hex(4)
        name = f"{logical_name}-{suffix}"
    annotations = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}
    return {**manifest, "metadata": {**metadata, "name": name, "annotations": annotations}}


def is_autonamed(manifest: Mapping[str, Any]) -> bool:
    """Whether the name was made here."""
    return AUTONAMED in annotations_of(manifest)


def annotations_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Annotations; empty where there are none."""
    return (manifest.get("metadata") or {}).get("annotations") or {}


def manager(manifest: Mapping[str, Any], urn: str) -> str:
    """Name under which fields are owned: the same in every run of the same resource, so that an interrupted one converges."""
    digest = hashlib.sha256(urn.encode()).hexdigest()[:8]
    return str(annotations_of(manifest).get(PATCH_MANAGER) or f"pulumi-kubernetes-{digest}")


def identity(manifest: Mapping[str, Any]) -> str:
    """The resource's id: `namespace/name`, or only the name."""
    metadata = manifest["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def split_identity(identity: str) -> tuple[str | None, str]:
    """Namespace, if any, and name."""
    namespace, _, name = identity.rpartition("/")
    return namespace or None, name


def kept(live: Mapping[str, Any]) -> Manifest:
    """A live object as the state keeps it."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in VOLATILE}
    if LAST_APPLIED in (metadata.get("annotations") or {}):
        metadata["annotations"] = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
    return {**live, "metadata": metadata}


def foreseen(dry_run: Mapping[str, Any]) -> Manifest:
    """The outcome of a dry run; what the server will decide anew is unknown."""
    result = {**kept(dry_run), "status": UNKNOWN}
    result["metadata"] = {key: UNKNOWN if key in DECIDED_BY_SERVER else value for key, value in result["metadata"].items()}
    if result["kind"] == "Service":
        result["spec"] = {key: UNKNOWN if key in ALLOCATED else value for key, value in result["spec"].items()}
    return result


def imported(live: Mapping[str, Any]) -> Manifest:
    """Inputs that would make a live object: all but what the server adds."""
    metadata = {key: value for key, value in kept(live)["metadata"].items() if key not in DECIDED_BY_SERVER}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}
