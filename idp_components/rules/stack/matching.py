"""Matching: which objects of a stack stand beside each other, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.selectors import DOUBT

MAKERS = frozenset({"Alertmanager", "Prometheus", "Rollout", "ThanosRuler"})
"""Kinds that make pods, of groups that otherwise only describe."""
DESCRIBING = frozenset(
    {
        "bitnami.com",
        "cert-manager.io",
        "cilium.io",
        "cloud.google.com",
        "external-secrets.io",
        "keda.sh",
        "monitoring.coreos.com",
        "networking.gke.io",
        "networking.istio.io",
        "projectcalico.org",
        "crd.projectcalico.org",
        "secrets.hashicorp.com",
        "security.istio.io",
        "traefik.containo.us",
        "traefik.io",
        "vpcresources.k8s.aws",
    }
)
"""API groups beside Kubernetes' own whose objects make no Services or pods."""

ADDED = {
    "StatefulSet": ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"),
    "Job": ("batch.kubernetes.io/job-name", "job-name", "batch.kubernetes.io/job-completion-index"),
    "CronJob": ("batch.kubernetes.io/job-name", "job-name", "batch.kubernetes.io/job-completion-index"),
}
"""By kind, the labels that Kubernetes gives to the pods (https://kubernetes.io/docs/reference/labels-annotations-taints/)."""
ADDED_LABELS = frozenset(name for names in ADDED.values() for name in names)


def name_of(resource: Resource) -> Any:
    """An object's name; unknown where the API server or Pulumi makes it up."""
    name = resource.root.get("metadata", "name").value
    return UNKNOWN if name in (None, "") else name


def workloads(stack: Stack) -> list[Resource]:
    """Everything that is a pod or makes pods."""
    return stack.of(*TEMPLATES)


def labels_of(workload: Resource) -> Field:
    """The labels of a workload's pods."""
    return workload.pod.metadata.get("labels")


def labels_beside(workload: Resource, wanted: Field) -> Field:
    """The labels of a workload's pods, with those that are wanted and that Kubernetes adds itself."""
    labels, added = labels_of(workload), ADDED.get(workload.group_kind[1], ())
    known = {str(pair.key): pair.value for pair in wanted.entries() if pair.key in added}
    return Field({**labels.value, **known}, labels.key, labels.parent) if known and isinstance(labels.value, dict) else labels


def is_open(stack: Stack) -> bool:
    """Whether the stack has objects that make Services and pods it doesn't show: a Helm release, an Argo CD application, an operator's
    own kinds. What isn't among its resources may then be there all the same."""
    return stack.once(_is_open)


def _is_open(stack: Stack) -> bool:
    return any(_makes_more(resource) for resource in stack.resources)


def _makes_more(resource: Resource) -> bool:
    group, kind = resource.group_kind
    if not resource.type.startswith("kubernetes:") or "." not in group:
        return False
    return kind in MAKERS or not (group in DESCRIBING or group.endswith(".k8s.io") or kind == "AppProject")


def doubts(verdicts: Iterable[bool | None]) -> tuple[Field, ...]:
    """What makes a problem undecided where one of these isn't sure."""
    return (DOUBT,) if None in list(verdicts) else ()
