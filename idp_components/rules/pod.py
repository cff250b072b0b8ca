"""Pods: where each kind of workload carries its pod, and the parts of a pod that rules ask about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from idp_components.rules.field import Field

ROLLOUT = ("argoproj.io", "Rollout")
"""What stands where a Deployment would, for Argo Rollouts to roll it out (https://argo-rollouts.readthedocs.io/en/stable/migrating/)."""
TEMPLATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("core", "Pod"): (),
    ("core", "PodTemplate"): ("template",),
    ("core", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("extensions", "Deployment"): ("spec", "template"),
    ("extensions", "DaemonSet"): ("spec", "template"),
    ("extensions", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ROLLOUT: ("spec", "template"),
}
"""Group and kind to the object with the pod's `metadata` and `spec`; the set that Pod Security admission knows, and Rollouts."""


class Pod:
    """The pod that a resource is or makes."""

    def __init__(self, template: Field) -> None:
        self.metadata = template.get("metadata")
        self.spec = template.get("spec")
        self.security = self.spec.get("securityContext")
        self.os = self.spec.get("os", "name")
        self.host_users = self.spec.get("hostUsers")

    @cached_property
    def containers(self) -> list[Field]:
        """Init, ordinary and ephemeral containers, in this order."""
        lists = ("initContainers", "containers", "ephemeralContainers")
        return [container for name in lists for container in self.spec.get(name).items()]

    @cached_property
    def volumes(self) -> list[Field]:
        return list(self.spec.get("volumes").items())

    def settings(self, *keys: str) -> Iterator[Field]:
        """One field of the security context wherever it can be set: for the pod, then for each container."""
        yield self.security.get(*keys)
        for container in self.containers:
            yield container.get("securityContext", *keys)

    @property
    def windows(self) -> bool:
        """Whether `spec.os` says Windows, where Linux-only settings can't be asked for."""
        return bool(self.os.value == "windows")

    @property
    def user_namespace(self) -> bool:
        """Whether `hostUsers: false` maps root in the pod to an ordinary user of the node."""
        return self.host_users.value is False
