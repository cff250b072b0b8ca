"""Every kind that carries a pod, its lists, its patches, and every sort of container are judged alike."""

from collections.abc import Callable
from typing import Any

import pytest

from idp_components.rules import Resource, findings

TEMPLATES = {
    "v1/Pod": "",
    "v1/PodTemplate": "template",
    "v1/ReplicationController": "spec.template",
    "apps/v1/Deployment": "spec.template",
    "apps/v1/StatefulSet": "spec.template",
    "apps/v1/DaemonSet": "spec.template",
    "apps/v1/ReplicaSet": "spec.template",
    "batch/v1/Job": "spec.template",
    "batch/v1/CronJob": "spec.jobTemplate.spec.template",
    "batch/v1beta1/CronJob": "spec.jobTemplate.spec.template",
    "extensions/v1beta1/Deployment": "spec.template",
}
KINDS = pytest.mark.parametrize("kind", TEMPLATES)


def workload(kind: str, pod: dict[str, Any], put: Callable[..., None]) -> dict[str, Any]:
    api_version, _, name = kind.rpartition("/")
    manifest: dict[str, Any] = {"apiVersion": api_version, "kind": name, "metadata": {"name": "web", "namespace": "shop-dev"}}
    put(manifest, (*[key for key in TEMPLATES[kind].split(".") if key], "spec"), pod)
    return manifest


def found(manifest: dict[str, Any], token: str = "") -> set[tuple[str, str]]:
    resource = Resource(token, "web", manifest) if token else Resource.from_manifest(manifest)
    return {(finding.rule.id, finding.path) for finding in findings([resource])}


@KINDS
@pytest.mark.parametrize("containers", ["initContainers", "containers", "ephemeralContainers"])
def test_a_privileged_container_of_any_sort_is_found_in_every_kind(
    kind: str, containers: str, pod: dict[str, Any], put: Callable[..., None]
) -> None:
    good = pod["containers"][0]
    pod.setdefault(containers, []).append({**good, "name": "bad", "securityContext": {**good["securityContext"], "privileged": True}})
    index = len(pod[containers]) - 1
    prefix = f"{TEMPLATES[kind]}.spec.{containers}[{index}].".removeprefix(".")
    assert found(workload(kind, pod, put)) == {("kubernetes-privileged-container", f"{prefix}securityContext.privileged")}


@KINDS
def test_a_good_pod_passes_in_every_kind(kind: str, pod: dict[str, Any], put: Callable[..., None]) -> None:
    assert found(workload(kind, pod, put)) == set()


@KINDS
def test_each_element_of_a_list_is_judged_at_its_own_place(kind: str, pod: dict[str, Any], put: Callable[..., None]) -> None:
    good, bad = workload(kind, pod, put), workload(kind, {**pod, "hostPID": True}, put)
    path = f"items[1].{TEMPLATES[kind]}.spec.hostPID".replace("..", ".")
    expected = {("kubernetes-host-namespaces", path)}
    assert found({"apiVersion": "v1", "kind": "List", "items": [good, bad]}) == expected
    # The elements of a typed list need not repeat what they are.
    bare = [{key: value for key, value in item.items() if key not in ("apiVersion", "kind")} for item in (good, bad)]
    api_version, _, name = kind.rpartition("/")
    assert found({"apiVersion": api_version, "kind": f"{name}List", "items": bare}) == expected


@KINDS
def test_a_patch_is_judged_by_what_it_says_and_not_by_what_it_leaves_out(kind: str, put: Callable[..., None]) -> None:
    api_version, _, name = kind.rpartition("/")
    token = f"kubernetes:{api_version if '/' in api_version else 'core/v1'}:{name}Patch"
    harmless = workload(kind, {"containers": [{"name": "web", "image": "ghcr.io/acme/web:v2"}]}, put)
    assert found(harmless, token) == set()
    harmful = workload(kind, {"containers": [{"name": "web", "securityContext": {"allowPrivilegeEscalation": True}}]}, put)
    assert [rule for rule, _ in found(harmful, token)] == ["kubernetes-privilege-escalation"]


def test_a_list_within_a_list_is_opened_too(pod: dict[str, Any], put: Callable[..., None]) -> None:
    bad = workload("v1/Pod", {**pod, "hostIPC": True}, put)
    inner = {"apiVersion": "v1", "kind": "List", "items": [bad]}
    assert found({"apiVersion": "v1", "kind": "List", "items": [inner]}) == {
        ("kubernetes-host-namespaces", "items[0].items[0].spec.hostIPC")
    }


def test_a_kind_of_another_group_with_the_same_name_is_not_a_workload(pod: dict[str, Any], put: Callable[..., None]) -> None:
    manifest = workload("apps/v1/Deployment", {**pod, "hostPID": True}, put)
    assert found({**manifest, "apiVersion": "example.com/v1"}) == set()


def test_the_providers_namespace_counts_where_the_object_names_none(deployment: dict[str, Any]) -> None:
    del deployment["metadata"]["namespace"]
    token = "kubernetes:apps/v1:Deployment"
    assert [finding.message for finding in findings([Resource(token, "web", deployment)])] == [
        "Deployment web: metadata.namespace is unset; name the team's own namespace"
    ]
    assert findings([Resource(token, "web", deployment, namespace="shop-dev")]) == []
    assert len(findings([Resource(token, "web", deployment, namespace="default")])) == 1
