"""The rule about volumes that the cluster keeps for whoever claims them."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity


@object_rule(
    "kubernetes-persistent-volume-host-path",
    {("core", "PersistentVolume")},
    title="No PersistentVolume is a path of the node.",
    severity=Severity.HIGH,
    rationale="Whoever claims it reads and writes the node's files, past the rule that keeps hostPath out of pods.",
    fix="Let a StorageClass make the volume; for a disk of the node use local with its nodeAffinity.",
    source="https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation",
)
def persistent_volume_host_path(resource: Resource, _options: Options) -> Iterator[Problem]:
    path = resource.root.get("spec", "hostPath")
    if path.value is not None:
        yield path.problem("is the node's file system; use a StorageClass, or local with nodeAffinity")


RULES = (persistent_volume_host_path,)
