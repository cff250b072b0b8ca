"""Every kind that carries a pod, its lists, its patches, and every sort of container are judged alike by every rule about pods."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from rule_cases import FIRST_BAD, IN_FORCE, judged, said

from idp_components.rules import UNKNOWN, Finding, Resource, findings
from idp_components.rules.cases import Case, base, put, steps
from idp_components.rules.field import path
from idp_components.rules.kubernetes.pod_rule import carries_pod
from idp_components.rules.model import ResourceRule
from idp_components.rules.pod import TEMPLATES

KINDS = {
    "v1/Pod": (),
    "v1/PodTemplate": ("template",),
    "v1/ReplicationController": ("spec", "template"),
    "apps/v1/Deployment": ("spec", "template"),
    "apps/v1/StatefulSet": ("spec", "template"),
    "apps/v1/DaemonSet": ("spec", "template"),
    "apps/v1/ReplicaSet": ("spec", "template"),
    "batch/v1/Job": ("spec", "template"),
    "batch/v1/CronJob": ("spec", "jobTemplate", "spec", "template"),
    "batch/v1beta1/CronJob": ("spec", "jobTemplate", "spec", "template"),
    "extensions/v1beta1/Deployment": ("spec", "template"),
    "argoproj.io/v1alpha1/Rollout": ("spec", "template"),
}
"""Where each has its pod, written down a second time."""

NOT_IN_KINDS: dict[str, tuple[tuple[str, ...], str]] = {}
"""Rules that leave some kinds alone although they say that they apply to them: the kinds, and why."""
NOT_IN_CONTAINERS = {
    "kubernetes-liveness-probe": (("initContainers", "ephemeralContainers"), "they end, or are for a person who looks"),
    "kubernetes-readiness-probe": (("initContainers", "ephemeralContainers"), "they take no requests"),
    "kubernetes-resource-requests": (("ephemeralContainers",), "an ephemeral container can't have resources"),
    "kubernetes-memory-limit": (("ephemeralContainers",), "an ephemeral container can't have resources"),
}
"""Rules that leave some sorts of containers alone: the sorts, and why."""


def template_of(resource: Resource) -> tuple[str, ...]:
    return TEMPLATES[resource.group_kind]


def changes_only(case: Case, *below: str | int) -> bool:
    """Whether all that a case changes lies below a place in its pod."""
    above = (*template_of(case.resources[0]), *below)
    return all(tuple(steps(place))[: len(above)] == above for place in case.changes)


POD_RULES: dict[ResourceRule, Case] = {
    rule: case
    for rule, case in FIRST_BAD.items()
    if isinstance(rule, ResourceRule) and case.changes and not case.whole and carries_pod(case.resources[0].type) and changes_only(case)
}
ON_GOOD_PODS = [rule for rule in POD_RULES if rule in IN_FORCE]
CONTAINER_RULES = [rule for rule, case in POD_RULES.items() if changes_only(case, "spec", "containers", 0)]


def token(kind: str) -> str:
    api_version, _, name = kind.rpartition("/")
    return f"kubernetes:{api_version if '/' in api_version else f'core/{api_version}'}:{name}"


def workload(kind: str, pod: dict[str, Any]) -> Resource:
    """A resource of a kind that makes this pod."""
    metadata = base("Pod")["metadata"]
    props: dict[str, Any] = {"metadata": metadata}
    target = props
    for key in KINDS[kind]:
        target = target.setdefault(key, {})
    target |= copy.deepcopy(pod)
    props["metadata"] = metadata | props["metadata"]
    return Resource(token(kind), "web", props)


def pod_of(case: Case) -> dict[str, Any]:
    pod = case.resources[0].root.get(*template_of(case.resources[0])).value
    return {"metadata": pod.get("metadata", {}), "spec": pod.get("spec", {})}


def good_pod(**changes: Any) -> dict[str, Any]:
    pod = base("Pod")
    return {"metadata": pod["metadata"], "spec": pod["spec"] | changes}


def placed(found: list[Finding]) -> list[tuple[str, bool]]:
    return [(finding.path, finding.undecided) for finding in found]


@pytest.mark.parametrize(
    ("rule", "kind"),
    [(rule, kind) for rule in POD_RULES for kind in KINDS if rule.applies(token(kind))],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_a_bad_pod_is_found_in_every_kind_that_carries_one(rule: ResourceRule, kind: str) -> None:
    case = POD_RULES[rule]
    found = judged(rule, [replace(case.resources[0], type=token(kind), props=workload(kind, pod_of(case)).props)], case)
    above = len(template_of(case.resources[0]))
    expected = [path((*KINDS[kind], *finding.keys[above:])) for finding in judged(rule, case.resources, case)]
    if kind.rpartition("/")[2] in NOT_IN_KINDS.get(rule.id, ((), ""))[0]:
        expected = []
    assert placed(found) == [(place, False) for place in expected], f"{rule.id}, case {case.title!r} in {kind}: {said(found)}"


@pytest.mark.parametrize("rule", CONTAINER_RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("sort", ["initContainers", "sidecars", "ephemeralContainers"])
def test_a_bad_container_is_found_wherever_a_pod_has_one(rule: ResourceRule, sort: str) -> None:
    case = POD_RULES[rule]
    key = "initContainers" if sort == "sidecars" else sort
    bad = pod_of(case)["spec"]["containers"][0] | {"name": "other"} | ({"restartPolicy": "Always"} if sort == "sidecars" else {})
    found = judged(rule, [workload("v1/Pod", good_pod(**{key: [bad]}))], case)
    above = len((*template_of(case.resources[0]), "spec", "containers", 0))
    expected = [path(("spec", key, 0, *finding.keys[above:])) for finding in judged(rule, case.resources, case)]
    if sort in NOT_IN_CONTAINERS.get(rule.id, ((), ""))[0]:
        expected = []
    there = [place for place in placed(found) if place[0].startswith(f"spec.{key}")]
    assert there == [(place, False) for place in expected], f"{rule.id}, case {case.title!r} in {sort}: {said(found)}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_pod_passes_in_every_kind(kind: str) -> None:
    found = findings([workload(kind, good_pod())], ON_GOOD_PODS)
    assert not found, said(found)


@pytest.mark.parametrize("kind", KINDS)
def test_each_element_of_a_list_is_judged_at_its_own_place(kind: str) -> None:
    api_version, _, name = kind.rpartition("/")
    good, bad = ({"apiVersion": api_version, "kind": name} | workload(kind, pod).props for pod in (good_pod(), good_pod(hostPID=True)))
    expected = [(path(("items", 1, *KINDS[kind], "spec", "hostPID")), False)]
    whole = {"apiVersion": "v1", "kind": "List", "items": [good, bad]}
    assert placed(findings([Resource.from_manifest(whole)], ON_GOOD_PODS)) == expected
    # The elements of a typed list need not repeat what they are.
    bare = [{key: value for key, value in item.items() if key not in ("apiVersion", "kind")} for item in (good, bad)]
    typed = {"apiVersion": api_version, "kind": f"{name}List", "items": bare}
    assert placed(findings([Resource.from_manifest(typed)], ON_GOOD_PODS)) == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "Rollout" not in kind])  # only of Kubernetes' own kinds are there patches
def test_a_patch_is_judged_by_what_it_says_and_not_by_what_it_leaves_out(kind: str) -> None:
    harmless = workload(kind, {"spec": {"containers": [{"name": "web", "image": "ghcr.io/acme/web:v2"}]}})
    found = findings([replace(harmless, type=f"{token(kind)}Patch")], ON_GOOD_PODS)
    assert not found, said(found)
    harmful = workload(kind, {"spec": {"containers": [{"name": "web", "securityContext": {"allowPrivilegeEscalation": True}}]}})
    found = findings([replace(harmful, type=f"{token(kind)}Patch")], ON_GOOD_PODS)
    assert [finding.rule.id for finding in found] == ["kubernetes-privilege-escalation"]


def test_a_kind_of_another_group_with_the_same_name_is_not_a_workload() -> None:
    manifest = base("Deployment", {"spec.template.spec.hostPID": True})
    assert findings([Resource.from_manifest(manifest | {"apiVersion": "example.com/v1"})]) == []


def test_a_wholly_unknown_pod_is_said_once_per_rule() -> None:
    manifest = base("Deployment", {"spec.template": UNKNOWN})
    for rule, case in POD_RULES.items():
        found = judged(rule, [Resource.from_manifest(manifest)], case)
        asked = rule.applies is carries_pod
        assert [finding.undecided for finding in found] == [True] * len(found[:1]), f"{rule.id}: {said(found)}"
        assert found or not asked, f"{rule.id}: passes a pod of which nothing is known"


def test_what_is_unknown_in_one_container_hides_nothing_in_the_next() -> None:
    manifest = base("Pod", {"spec.containers[0].securityContext.privileged": UNKNOWN})
    put(manifest, "spec.initContainers[0]", {"name": "setup", "securityContext": {"privileged": True}})
    found = [found for found in findings([Resource.from_manifest(manifest)]) if found.rule.id == "kubernetes-privileged-container"]
    assert placed(found) == [
        ("spec.initContainers[0].securityContext.privileged", False),
        ("spec.containers[0].securityContext.privileged", True),
    ]
