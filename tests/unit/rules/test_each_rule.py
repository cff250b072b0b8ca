"""Every rule: content with a good workload, objects to one change with its exact message, silent elsewhere, honest about unknowns."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from idp_components.rules import UNKNOWN, Resource, findings, kubernetes

SPEC = ("spec", "template", "spec")
WEB = (*SPEC, "containers", 0)
SECURITY = (*WEB, "securityContext")
PLACE = 'Deployment shop-dev/web: containers[0] "web" '


class Case(NamedTuple):
    keys: tuple[str | int, ...]
    """What is changed in the good workload …"""
    bad: Any
    """… into this …"""
    message: str
    """… so that the rule says this."""


CASES = {
    "kubernetes-privileged-container": Case((*SECURITY, "privileged"), True, PLACE + "securityContext.privileged is true; remove it"),
    "kubernetes-host-namespaces": Case((*SPEC, "hostPID"), True, "Deployment shop-dev/web: hostPID is true; remove it"),
    "kubernetes-host-path": Case(
        (*SPEC, "volumes", 0, "hostPath"),
        {"path": "/etc"},
        'Deployment shop-dev/web: volumes[0] "scratch" hostPath mounts the node\'s file system; use a persistentVolumeClaim or an emptyDir',
    ),
    "kubernetes-host-ports": Case(
        (*WEB, "ports", 0, "hostPort"), 8080, PLACE + "ports[0].hostPort opens a port of the node; remove it and use a Service"
    ),
    "kubernetes-capabilities-add": Case(
        (*SECURITY, "capabilities", "add", 0),
        "SYS_ADMIN",
        PLACE + 'securityContext.capabilities.add[0] is "SYS_ADMIN", which is not one of the defaults; remove it',
    ),
    "kubernetes-apparmor": Case(
        (*SECURITY, "appArmorProfile", "type"),
        "Unconfined",
        PLACE + "securityContext.appArmorProfile.type switches AppArmor off; set it to RuntimeDefault or remove the profile",
    ),
    "kubernetes-selinux": Case(
        (*SECURITY, "seLinuxOptions", "user"), "system_u", PLACE + "securityContext.seLinuxOptions.user is set; remove it"
    ),
    "kubernetes-proc-mount": Case((*SECURITY, "procMount"), "Unmasked", PLACE + "securityContext.procMount unmasks /proc; remove it"),
    "kubernetes-seccomp-unconfined": Case(
        (*SECURITY, "seccompProfile", "type"),
        "Unconfined",
        PLACE + "securityContext.seccompProfile.type switches seccomp off; set it to RuntimeDefault",
    ),
    "kubernetes-sysctls": Case(
        (*SPEC, "securityContext", "sysctls", 0, "name"),
        "kernel.msgmax",
        'Deployment shop-dev/web: securityContext.sysctls[0] "kernel.msgmax" name is not one of the safe sysctls; remove it',
    ),
    "kubernetes-host-process": Case(
        (*SPEC, "securityContext", "windowsOptions", "hostProcess"),
        True,
        "Deployment shop-dev/web: securityContext.windowsOptions.hostProcess is true; remove it",
    ),
    "kubernetes-host-probes": Case(
        (*WEB, "livenessProbe", "httpGet", "host"),
        "169.254.169.254",
        PLACE + "livenessProbe.httpGet.host is set; remove it, the pod's own address is the default",
    ),
    "kubernetes-volume-types": Case(
        (*SPEC, "volumes", 0, "nfs"),
        {"server": "nfs.example", "path": "/"},
        'Deployment shop-dev/web: volumes[0] "scratch" nfs is not allowed as a volume; use one of configMap, csi, downwardAPI, emptyDir, '
        "ephemeral, image, persistentVolumeClaim, projected, secret",
    ),
    "kubernetes-privilege-escalation": Case(
        (*SECURITY, "allowPrivilegeEscalation"), None, PLACE + "securityContext.allowPrivilegeEscalation is unset; set it to false"
    ),
    "kubernetes-run-as-non-root": Case(
        (*SPEC, "securityContext", "runAsNonRoot"), None, PLACE + "securityContext.runAsNonRoot is unset; set it to true for the pod"
    ),
    "kubernetes-run-as-user-zero": Case(
        (*SECURITY, "runAsUser"), 0, PLACE + "securityContext.runAsUser is root; remove it or use an ordinary user, for example 10001"
    ),
    "kubernetes-seccomp-profile": Case(
        (*SPEC, "securityContext", "seccompProfile"),
        None,
        PLACE + "securityContext.seccompProfile.type is unset; set it to RuntimeDefault for the pod",
    ),
    "kubernetes-capabilities-drop-all": Case(
        (*SECURITY, "capabilities", "drop"), ["all"], PLACE + 'securityContext.capabilities.drop does not name ALL; set it to ["ALL"]'
    ),
    "kubernetes-capabilities-add-restricted": Case(
        (*SECURITY, "capabilities", "add", 0),
        "CHOWN",
        PLACE + 'securityContext.capabilities.add[0] is "CHOWN"; only NET_BIND_SERVICE may be added',
    ),
    "kubernetes-image-tag": Case(
        (*WEB, "image"), "ghcr.io/acme/web:latest", PLACE + "image has the tag latest; name a version, for example image:v1.2.3"
    ),
    "kubernetes-resource-requests": Case(
        (*WEB, "resources", "requests", "cpu"), "0", PLACE + "resources.requests.cpu is no amount; set it, for example 250m"
    ),
    "kubernetes-memory-limit": Case(
        (*WEB, "resources", "limits", "memory"), None, PLACE + "resources.limits.memory is unset; set it, for example 256Mi"
    ),
    "kubernetes-read-only-root-filesystem": Case(
        (*SECURITY, "readOnlyRootFilesystem"),
        False,
        PLACE + "securityContext.readOnlyRootFilesystem is false; set it to true and mount an emptyDir where the program writes",
    ),
    "kubernetes-service-account-token": Case(
        (*SPEC, "automountServiceAccountToken"),
        None,
        "Deployment shop-dev/web: automountServiceAccountToken is unset; set it to false",
    ),
    "kubernetes-default-namespace": Case(
        ("metadata", "namespace"), "default", "Deployment default/web: metadata.namespace is default; name the team's own namespace"
    ),
}
ALL = kubernetes.RULES
# Two rules need more than one change in a good workload to have something to say.
ELSEWHERE = {"kubernetes-proc-mount-restricted", "kubernetes-image-registry-allowed"}
TABLE = pytest.mark.parametrize(("rule_id", "case"), CASES.items(), ids=CASES)


def test_every_rule_is_in_this_table() -> None:
    assert {rule.id for rule in ALL} == set(CASES) | ELSEWHERE
    assert len({rule.id for rule in ALL}) == len(ALL)


def test_a_good_workload_passes_every_rule(deployment: dict[str, Any]) -> None:
    assert findings([Resource.from_manifest(deployment)]) == []


@TABLE
def test_one_change_makes_exactly_this_rule_object(rule_id: str, case: Case, deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, case.keys, case.bad)
    found = findings([Resource.from_manifest(deployment)])
    assert [(finding.rule.id, finding.message, finding.undecided) for finding in found] == [(rule_id, case.message, False)]


@TABLE
def test_an_unknown_value_is_neither_a_pass_nor_a_violation(rule_id: str, case: Case, deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, case.keys, UNKNOWN)
    found = [finding for finding in findings([Resource.from_manifest(deployment)]) if finding.rule.id == rule_id]
    assert [finding.undecided for finding in found] == [True]
    assert found[0].message.endswith("can't be judged yet: a value that decides is only known after the update")


@TABLE
@pytest.mark.parametrize(
    "token", ["random:index/randomId:RandomId", "kubernetes:core/v1:Namespace", "kubernetes:example.com/v1:Deployment", "idp:index:Service"]
)
def test_a_resource_of_another_type_is_left_alone(rule_id: str, case: Case, deployment: Any, put: Callable[..., None], token: str) -> None:
    put(deployment, case.keys, case.bad)
    assert findings([Resource(token, "web", deployment)], [rule for rule in ALL if rule.id == rule_id]) == []


def test_a_user_namespace_does_not_excuse_an_unmasked_proc(deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, (*SPEC, "hostUsers"), False)
    put(deployment, (*SECURITY, "procMount"), "Unmasked")
    found = findings([Resource.from_manifest(deployment)])
    assert [(finding.rule.id, finding.message) for finding in found] == [
        ("kubernetes-proc-mount-restricted", PLACE + "securityContext.procMount unmasks /proc; remove it")
    ]


@pytest.mark.parametrize("decisive", ["hostUsers", "securityContext"])
def test_a_rule_is_undecided_where_the_value_that_could_excuse_is_unknown(deployment: Any, put: Callable[..., None], decisive: str) -> None:
    put(deployment, (*SPEC, decisive), UNKNOWN)
    put(deployment, (*SECURITY, "runAsUser"), 0)
    users = [finding for finding in findings([Resource.from_manifest(deployment)]) if "run-as" in finding.rule.id]
    expected = {"hostUsers": {"kubernetes-run-as-user-zero": True}, "securityContext": {"kubernetes-run-as-non-root": True}}[decisive]
    assert expected.items() <= {finding.rule.id: finding.undecided for finding in users}.items()


def test_what_is_unknown_in_one_container_hides_nothing_in_the_next(deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, (*SECURITY, "privileged"), UNKNOWN)
    put(deployment, (*SPEC, "initContainers", 0), {"name": "setup", "securityContext": {"privileged": True}})
    found = [finding for finding in findings([Resource.from_manifest(deployment)]) if finding.rule.id == "kubernetes-privileged-container"]
    assert {(finding.path, finding.undecided) for finding in found} == {
        ("spec.template.spec.initContainers[0].securityContext.privileged", False),
        ("spec.template.spec.containers[0].securityContext.privileged", True),
    }


def test_a_wholly_unknown_pod_is_said_once_per_rule(deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, ("spec", "template"), UNKNOWN)
    found = findings([Resource.from_manifest(deployment)], ALL)
    assert all(finding.undecided for finding in found)
    ids = [finding.rule.id for finding in found]
    assert len(ids) == len(set(ids))
    # Not asked: where the namespace is known, and registries that nobody restricted.
    assert {rule.id for rule in ALL} - set(ids) == {"kubernetes-default-namespace", "kubernetes-image-registry-allowed"}


@pytest.mark.parametrize(("account", "objects"), [("web", False), ("default", True), (None, True)])
def test_a_token_may_be_asked_for_under_an_account_of_ones_own(account: str | None, objects: bool, deployment: Any) -> None:
    deployment["spec"]["template"]["spec"] |= {"automountServiceAccountToken": True, "serviceAccountName": account}
    found = {finding.rule.id for finding in findings([Resource.from_manifest(deployment)])}
    assert ("kubernetes-service-account-token" in found) is objects
