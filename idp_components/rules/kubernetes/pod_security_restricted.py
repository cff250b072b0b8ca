"""Pod Security Standards, level restricted, of Kubernetes v1.36: what it asks beyond baseline.

Each rule is one control of the standard and gives the verdict of the API server's own admission
(`k8s.io/pod-security-admission` v0.36, package `policy`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.kubernetes.pod_rule import RESTRICTED, pod_rule
from idp_components.rules.kubernetes.pod_security_baseline import DEFAULT_CAPABILITIES
from idp_components.rules.model import Severity
from idp_components.rules.pod import Pod
from idp_components.rules.values import number

VOLUME_TYPES = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret")

FORBIDDEN_DEFAULTS = (UNKNOWN, *(name for name in DEFAULT_CAPABILITIES if name != "NET_BIND_SERVICE"))
"""What baseline allows to be added and restricted does not."""


@pod_rule(
    "kubernetes-volume-types",
    title="Volumes are of a type that the platform provides.",
    severity=Severity.MEDIUM,
    rationale="Other types reach storage directly from the node, past the StorageClasses and their access rules.",
    fix="Use a persistentVolumeClaim for data, an emptyDir for scratch space, configMap, secret or projected for configuration.",
    framework=RESTRICTED,
)
def volume_types(pod: Pod) -> Iterator[Problem]:
    for volume in pod.volumes:
        for source in volume.entries():
            # A hostPath has a rule of its own, at level baseline.
            if source.key not in ("name", "hostPath", *VOLUME_TYPES) and source.value is not None:
                yield source.problem(f"is not allowed as a volume; use one of {', '.join(VOLUME_TYPES)}")


@pod_rule(
    "kubernetes-privilege-escalation",
    title="No process gets more rights than its parent.",
    severity=Severity.HIGH,
    rationale="A set-user-ID program in the image can otherwise turn an ordinary user into root.",
    fix="Set allowPrivilegeEscalation to false in every container; a golden path does.",
    framework=RESTRICTED,
    tags=("cis-k8s-1.10:5.2.6",),
)
def privilege_escalation(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.containers:
        allowed = container.get("securityContext", "allowPrivilegeEscalation")
        if allowed.value is not False:
            yield allowed.problem(f"is {_state(allowed.value)}; set it to false", pod.os)


@pod_rule(
    "kubernetes-run-as-non-root",
    title="No container runs as root.",
    severity=Severity.HIGH,
    rationale="Root in a container is root on the node as soon as any other wall gives way.",
    fix="Set securityContext.runAsNonRoot to true for the pod; a golden path does.",
    framework=RESTRICTED,
    tags=("cis-k8s-1.10:5.2.7",),
)
def run_as_non_root(pod: Pod) -> Iterator[Problem]:
    if pod.user_namespace:
        return
    whole = pod.security.get("runAsNonRoot")
    if whole.value not in (None, True):
        yield whole.problem("is false; set it to true", pod.host_users)
    for container in pod.containers:
        own = container.get("securityContext", "runAsNonRoot")
        if own.value is None and whole.value is None:
            yield own.problem("is unset; set it to true for the pod", pod.host_users)
        elif own.value not in (None, True):
            yield own.problem("is false; set it to true", pod.host_users)


@pod_rule(
    "kubernetes-run-as-user-zero",
    title="No container asks for user 0.",
    severity=Severity.HIGH,
    rationale="User 0 is root; together with runAsNonRoot the container would not even start.",
    fix="Remove runAsUser, or set it to the number of an ordinary user, for example 10001.",
    framework=RESTRICTED,
    tags=("cis-k8s-1.10:5.2.7",),
)
def run_as_user_zero(pod: Pod) -> Iterator[Problem]:
    if pod.user_namespace:
        return
    for user in pod.settings("runAsUser"):
        if user.value is not None and number(user.value) in (None, 0):
            yield user.problem("is root; remove it or use an ordinary user, for example 10001", pod.host_users)


@pod_rule(
    "kubernetes-seccomp-profile",
    title="Seccomp confines every container.",
    severity=Severity.MEDIUM,
    rationale="Without a profile a container may call every function of the kernel, also those that most break-outs need.",
    fix="Set securityContext.seccompProfile.type to RuntimeDefault for the pod; a golden path does.",
    framework=RESTRICTED,
    tags=("cis-k8s-1.10:5.7.2",),
)
def seccomp_profile(pod: Pod) -> Iterator[Problem]:
    whole = pod.security.get("seccompProfile", "type")
    # A profile that is set but switches seccomp off has a rule of its own, at level baseline.
    if pod.windows or whole.value not in (None, UNKNOWN):
        return
    for container in pod.containers:
        own = container.get("securityContext", "seccompProfile")
        if own.value in (None, UNKNOWN):
            yield own.get("type").problem("is unset; set it to RuntimeDefault for the pod", pod.os, whole)


@pod_rule(
    "kubernetes-capabilities-drop-all",
    title="Every container gives up all capabilities.",
    severity=Severity.HIGH,
    rationale="The runtime's default capabilities are more than an application needs, and each one is a tool for an intruder.",
    fix='Set capabilities.drop to ["ALL"] in every container; a golden path does.',
    framework=RESTRICTED,
    tags=("cis-k8s-1.10:5.2.10",),
)
def capabilities_drop_all(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.containers:
        drop = container.get("securityContext", "capabilities", "drop")
        dropped = list(drop.items())
        if not any(capability.value == "ALL" for capability in dropped):
            yield drop.problem(f'{"is unset" if drop.value is None else "does not name ALL"}; set it to ["ALL"]', pod.os, *dropped)


@pod_rule(
    "kubernetes-capabilities-add-restricted",
    title="No container adds a capability other than NET_BIND_SERVICE.",
    severity=Severity.MEDIUM,
    rationale='A capability that is added after dropping "ALL" is one that an intruder has too.',
    fix="Remove the capability; only NET_BIND_SERVICE may be added, for ports below 1024.",
    framework=RESTRICTED,
    tags=("cis-k8s-1.10:5.2.9",),
)
def capabilities_add_restricted(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.containers:
        for capability in container.get("securityContext", "capabilities", "add").items():
            # What is not even among the defaults is found by the rule of level baseline.
            if capability.value in FORBIDDEN_DEFAULTS:
                yield capability.problem(f'is "{capability.value}"; only NET_BIND_SERVICE may be added', pod.os)


@pod_rule(
    "kubernetes-proc-mount-restricted",
    title="The kernel's files in /proc stay masked, also in a user namespace.",
    severity=Severity.MEDIUM,
    rationale="Level baseline lets a pod with hostUsers: false unmask /proc; level restricted does not.",
    fix="Remove procMount.",
    framework=RESTRICTED,
)
def proc_mount_restricted(pod: Pod) -> Iterator[Problem]:
    if pod.host_users.value not in (False, UNKNOWN):
        return
    for container in pod.containers:
        mount = container.get("securityContext", "procMount")
        if mount.value not in (None, "Default"):
            yield mount.problem("unmasks /proc; remove it", pod.host_users)


def _state(value: Any) -> str:
    return "unset" if value is None else "true"


RULES = (
    volume_types,
    privilege_escalation,
    run_as_non_root,
    run_as_user_zero,
    seccomp_profile,
    capabilities_drop_all,
    capabilities_add_restricted,
    proc_mount_restricted,
)
