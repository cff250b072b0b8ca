"""Differences between inputs, what they replace, and the drift of a live object. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from idp_sandbox.plugins.values import UNKNOWN

Path = tuple[str | int, ...]
Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Difference:
    """One place where two values differ."""

    path: Path
    kind: Kind

    def __str__(self) -> str:
        """The place as Pulumi writes it: `spec.ports[0].port`, `metadata.labels["a.b/c"]`."""
        parts = []
        for step in self.path:
            if isinstance(step, int):
                parts.append(f"[{step}]")
            elif re.fullmatch(r"[A-Za-z_$][\w$]*", step):
                parts.append(f".{step}")
            else:
                parts.append('["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]')
        return "".join(parts).removeprefix(".")


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Difference]:
    """Where `new` differs from `old`; absent and null are the same."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from _compared(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else None for items in (old, new))
            yield from _compared(before, after, (*path, index))
    elif old != new:
        yield Difference(path, "update")


def _compared(old: Any, new: Any, path: Path) -> Iterator[Difference]:
    if old is None and new is None:
        return
    if old is None:
        yield Difference(path, "add")
    elif new is None:
        yield Difference(path, "delete")
    else:
        yield from differences(old, new, path)


def replaces(difference: Difference, old: Mapping[str, Any]) -> bool:
    """Whether the API server can't change this field of an object in place."""
    path, kind = difference.path, old.get("kind")
    if path[0] == "kind" or path[:2] in (("metadata", "name"), ("metadata", "namespace")):
        return True
    if kind in ("ConfigMap", "Secret") and old.get("immutable") and path[0] in ("data", "binaryData", "stringData", "immutable"):
        return True
    if any(path[: len(fixed)] == fixed for fixed in IMMUTABLE.get(str(kind), ())):
        return True
    if kind == "Pod" and path[-1] == "image":
        return False
    mutable = ONLY_MUTABLE.get(str(kind))
    return mutable is not None and path[0] == "spec" and not any(path[: len(free)] == free for free in mutable)


IMMUTABLE: Mapping[str, tuple[Path, ...]] = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "Job": (("spec", "selector"), ("spec", "template"), ("spec", "completionMode"), ("spec", "manualSelector")),
    "Service": (("spec", "clusterIP"), ("spec", "clusterIPs")),
    "Secret": (("type",),),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "IngressClass": (("spec", "controller"),),
    "RuntimeClass": (("handler",),),
    "CustomResourceDefinition": (("spec", "group"), ("spec", "scope"), ("spec", "names")),
}
"""Fields that the API server's validation calls immutable (k8s.io/kubernetes pkg/apis/*/validation), by kind."""

ONLY_MUTABLE: Mapping[str, tuple[Path, ...]] = {
    "StatefulSet": tuple(
        ("spec", name)
        for name in (
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        )
    ),
    "PersistentVolumeClaim": (("spec", "resources", "requests"), ("spec", "volumeAttributesClassName")),
    "Pod": (("spec", "activeDeadlineSeconds"), ("spec", "tolerations"), ("spec", "terminationGracePeriodSeconds")),
}
"""Kinds whose spec is immutable but for these fields."""


def drifted(inputs: Any, live: Any) -> Any:
    """The inputs as the live object has them now: a field that was set and has another value shows that value, or is gone.

    Fields that the inputs don't name belong to somebody else. Values that the server only writes differently are the same.
    """
    if isinstance(inputs, Mapping) and isinstance(live, Mapping):
        return {
            key: drifted(value, live[key]) if key in live else value
            for key, value in inputs.items()
            if key in live or value in EMPTY  # the API server doesn't store what is empty
        }
    if isinstance(inputs, list) and isinstance(live, list):
        if len(live) != len(inputs):
            return live
        return [drifted(value, now) for value, now in zip(inputs, _paired(inputs, live), strict=True)]
    return inputs if inputs == UNKNOWN or same_quantity(inputs, live) else live


EMPTY: tuple[Any, ...] = ({}, [], None, "", 0, False)


def _paired(inputs: list[Any], live: list[Any]) -> list[Any]:
    """The live items in the order of the inputs, where items have names."""
    if all(isinstance(item, Mapping) and "name" in item for item in (*inputs, *live)):
        by_name = {item["name"]: item for item in live}
        if len(by_name) == len(live) and all(item["name"] in by_name for item in inputs):
            return [by_name[item["name"]] for item in inputs]
    return live


SUFFIXES = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def same_quantity(one: Any, other: Any) -> bool:
    """Whether two scalars mean the same to the API server: `0.5` and `500m`, `1024Mi` and `1Gi`, 1 and `1`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one == other:
        return True
    first, second = _quantity(one), _quantity(other)
    return first is not None and first == second


def _quantity(value: Any) -> float | None:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?", str(value))
    return float(match[1]) * SUFFIXES[match[2] or ""] if match else None
