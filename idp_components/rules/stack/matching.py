"""Matching: which objects of a stack stand beside each other, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource, Stack
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.stack.custom_kinds import makes_only_its_own, only_describes

ADDED = {
    "StatefulSet": ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"),
    "Job": ("batch.kubernetes.io/job-name", "job-name", "batch.kubernetes.io/job-completion-index"),
    "CronJob": ("batch.kubernetes.io/job-name", "job-name", "batch.kubernetes.io/job-completion-index"),
}
"""By kind, the labels that Kubernetes gives to the pods (https://kubernetes.io/docs/reference/labels-annotations-taints/)."""
ADDED_LABELS = frozenset(name for names in ADDED.values() for name in names)
TRUTH = ("true", "false")
LATER = {
    "acme.cert-manager.io/http01-solver": ("true",),
    "role": ("master", "primary", "replica"),
    **{f"{program}-{state}": TRUTH for program in ("vault", "openbao") for state in ("active", "initialized", "perf-standby", "sealed")},
}
"""Labels, with their values, that programs give to pods while they run: cert-manager to those that answer a challenge
(https://cert-manager.io/docs/configuration/acme/http01/), Patroni to those of a database
(https://patroni.readthedocs.io/en/latest/kubernetes.html), and Vault to its own
(https://developer.hashicorp.com/vault/docs/configuration/service-registration/kubernetes)."""


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


def labels_beside(workload: Resource, wanted: Field, later: bool) -> Field:
    """The labels of a workload's pods, with those wanted ones that Kubernetes adds itself, or where asked for that a program adds later."""
    labels, added = labels_of(workload), ADDED.get(workload.group_kind[1], ())
    given = {str(pair.key): pair.value for pair in wanted.entries() if pair.key in added or (later and _comes_later(pair))}
    own = {} if labels.value is None else labels.value
    return Field({**given, **own}, labels.key, labels.parent) if given and isinstance(own, dict) else labels


def may_be_given(pair: Field) -> bool:
    """Whether pods may have a label that their template doesn't have."""
    return pair.key in ADDED_LABELS or _comes_later(pair)


def _comes_later(pair: Field) -> bool:
    return pair.value in LATER.get(str(pair.key), ())


def is_open(stack: Stack) -> bool:
    """Whether the stack has objects that make Services and pods it doesn't show: a Helm release, an Argo CD application, an operator's
    own kinds. What isn't among its resources may then be there all the same."""
    return stack.once(_has_other_than, only_describes)


def may_bring_anything(stack: Stack) -> bool:
    """Whether it has objects that also make something for the pods that it shows: a Helm release, an Argo CD application, kinds that
    nobody knows. An operator's own kinds don't."""
    return stack.once(_has_other_than, makes_only_its_own)


def _has_other_than(stack: Stack, harmless: Callable[[str, str], bool]) -> bool:
    others = (each for each in stack.resources if each.group_kind not in TEMPLATES or each.by_reference)
    return any(each.type.startswith("kubernetes:") and not harmless(*each.group_kind) for each in others)
