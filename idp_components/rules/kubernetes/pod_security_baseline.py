"""Pod Security Standards, level baseline, of Kubernetes v1.36: what no ordinary workload needs.

Each rule is one control of the standard and gives the verdict of the API server's own admission
(`k8s.io/pod-security-admission` v0.36, package `policy`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.field import Field, Problem, shown
from idp_components.rules.kubernetes.pod_rule import BASELINE, pod_rule
from idp_components.rules.model import Severity
from idp_components.rules.pod import Pod

DEFAULT_CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
"""What container runtimes grant anyway; NET_RAW is not among them."""

SAFE_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
"""Sysctls that only reach the pod's own namespaces (the list since v1.32)."""

CONTAINER_SELINUX_TYPES = (None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
CONFINED_PROFILES = ("RuntimeDefault", "Localhost")
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


@pod_rule(
    "kubernetes-privileged-container",
    title="No container is privileged.",
    severity=Severity.CRITICAL,
    rationale="A privileged container has every capability and every device of the node: who breaks into it owns the node.",
    fix="Remove securityContext.privileged; a golden path never sets it.",
    framework=BASELINE,
    tags=("cis-k8s-1.10:5.2.2",),
)
def privileged_container(pod: Pod) -> Iterator[Problem]:
    for container in pod.containers:
        privileged = container.get("securityContext", "privileged")
        if privileged.value not in (None, False):
            yield privileged.problem("is true; remove it")


@pod_rule(
    "kubernetes-host-namespaces",
    title="A pod has its own network, process and IPC namespaces.",
    severity=Severity.CRITICAL,
    rationale="In the node's namespaces a pod reads other pods' traffic, signals their processes and passes by every NetworkPolicy.",
    fix="Remove hostNetwork, hostPID and hostIPC; reach other workloads through a Service.",
    framework=BASELINE,
    tags=("cis-k8s-1.10:5.2.3", "cis-k8s-1.10:5.2.4", "cis-k8s-1.10:5.2.5"),
)
def host_namespaces(pod: Pod) -> Iterator[Problem]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        shared = pod.spec.get(name)
        if shared.value not in (None, False):
            yield shared.problem("is true; remove it")


@pod_rule(
    "kubernetes-host-path",
    title="No volume is a path of the node.",
    severity=Severity.HIGH,
    rationale="A path of the node gives its credentials, its container socket or other pods' files to the pod.",
    fix="Use a PersistentVolumeClaim for data, an emptyDir for scratch space, a ConfigMap or Secret for configuration.",
    framework=BASELINE,
    tags=("cis-k8s-1.10:5.2.12",),
)
def host_path(pod: Pod) -> Iterator[Problem]:
    for volume in pod.volumes:
        path = volume.get("hostPath")
        if path.value is not None:
            yield path.problem("mounts the node's file system; use a persistentVolumeClaim or an emptyDir")


@pod_rule(
    "kubernetes-host-ports",
    title="No container opens a port of the node.",
    severity=Severity.MEDIUM,
    rationale="A port of the node is reachable past Services and NetworkPolicies, and two pods that want it can't share a node.",
    fix="Remove hostPort; expose the container through a Service.",
    framework=BASELINE,
    tags=("cis-k8s-1.10:5.2.13",),
)
def host_ports(pod: Pod) -> Iterator[Problem]:
    for container in pod.containers:
        for port in container.get("ports").items():
            host_port = port.get("hostPort")
            if host_port.value not in (None, 0):
                yield host_port.problem("opens a port of the node; remove it and use a Service")


@pod_rule(
    "kubernetes-capabilities-add",
    title="No container adds capabilities beyond the runtime's defaults.",
    severity=Severity.HIGH,
    rationale="Capabilities such as SYS_ADMIN or NET_RAW are steps to the node or to other pods' traffic.",
    fix='Remove the capability from capabilities.add; a restricted pod drops "ALL" and adds NET_BIND_SERVICE at most.',
    framework=BASELINE,
    tags=("cis-k8s-1.10:5.2.8", "cis-k8s-1.10:5.2.9"),
)
def capabilities_add(pod: Pod) -> Iterator[Problem]:
    for container in pod.containers:
        for capability in container.get("securityContext", "capabilities", "add").items():
            if capability.value not in DEFAULT_CAPABILITIES:
                yield capability.problem(f"is {_named(capability, 'a capability')}, which is not one of the defaults; remove it")


@pod_rule(
    "kubernetes-apparmor",
    title="AppArmor confines every container.",
    severity=Severity.MEDIUM,
    rationale="The runtime's AppArmor profile stops many ways out of a container; Unconfined switches it off.",
    fix="Remove appArmorProfile, or set its type to RuntimeDefault or Localhost.",
    framework=BASELINE,
)
def apparmor(pod: Pod) -> Iterator[Problem]:
    for profile in pod.settings("appArmorProfile"):
        if profile.value is not None and (kind := profile.get("type")).value not in CONFINED_PROFILES:
            yield kind.problem("switches AppArmor off; set it to RuntimeDefault or remove the profile")
    for annotation in pod.metadata.get("annotations").entries(APPARMOR_ANNOTATION):
        if not _confined(annotation.value):
            yield annotation.problem('switches AppArmor off; remove it or set it to "runtime/default"')


def _confined(profile: Any) -> bool:
    return profile in (None, "", "runtime/default") or (isinstance(profile, str) and profile.startswith("localhost/"))


@pod_rule(
    "kubernetes-selinux",
    title="No pod chooses its own SELinux user, role or a type outside the container types.",
    severity=Severity.MEDIUM,
    rationale="A foreign SELinux label lifts the walls between a container and the node's files.",
    fix="Remove seLinuxOptions, or use container_t, container_init_t, container_kvm_t or container_engine_t as type.",
    framework=BASELINE,
)
def selinux(pod: Pod) -> Iterator[Problem]:
    for options in pod.settings("seLinuxOptions"):
        kind = options.get("type")
        if kind.value not in CONTAINER_SELINUX_TYPES:
            yield kind.problem("is not a container type; remove it or use container_t")
        for name in ("user", "role"):
            custom = options.get(name)
            if custom.value not in (None, ""):
                yield custom.problem("is set; remove it")


@pod_rule(
    "kubernetes-proc-mount",
    title="The kernel's files in /proc stay masked.",
    severity=Severity.MEDIUM,
    rationale="An unmasked /proc shows and changes settings of the node's kernel.",
    fix="Remove procMount.",
    framework=BASELINE,
)
def proc_mount(pod: Pod) -> Iterator[Problem]:
    if pod.user_namespace:
        return
    for container in pod.containers:
        mount = container.get("securityContext", "procMount")
        if mount.value not in (None, "Default"):
            yield mount.problem("unmasks /proc; remove it", pod.host_users)


@pod_rule(
    "kubernetes-seccomp-unconfined",
    title="Seccomp is not switched off.",
    severity=Severity.MEDIUM,
    rationale="Unconfined lets a container call every function of the kernel, also those that most break-outs need.",
    fix="Set seccompProfile.type to RuntimeDefault.",
    framework=BASELINE,
    tags=("cis-k8s-1.10:5.7.2",),
)
def seccomp_unconfined(pod: Pod) -> Iterator[Problem]:
    for profile in pod.settings("seccompProfile"):
        if profile.value is not None and (kind := profile.get("type")).value not in CONFINED_PROFILES:
            yield kind.problem("switches seccomp off; set it to RuntimeDefault")


@pod_rule(
    "kubernetes-sysctls",
    title="Only sysctls that stay inside the pod are set.",
    severity=Severity.MEDIUM,
    rationale="Other sysctls reach all containers of the node or switch a protection off.",
    fix="Remove the sysctl, or ask the platform team to set it for the node.",
    framework=BASELINE,
)
def sysctls(pod: Pod) -> Iterator[Problem]:
    for sysctl in pod.security.get("sysctls").items():
        name = sysctl.get("name")
        if name.value not in SAFE_SYSCTLS:
            yield name.problem("is not one of the safe sysctls; remove it")


@pod_rule(
    "kubernetes-host-process",
    title="No Windows container is a process of the node.",
    severity=Severity.CRITICAL,
    rationale="A HostProcess container has the rights of a service of the Windows node.",
    fix="Remove windowsOptions.hostProcess.",
    framework=BASELINE,
)
def host_process(pod: Pod) -> Iterator[Problem]:
    for flag in pod.settings("windowsOptions", "hostProcess"):
        if flag.value not in (None, False):
            yield flag.problem("is true; remove it")


@pod_rule(
    "kubernetes-host-probes",
    title="Probes and lifecycle hooks call their own pod only.",
    severity=Severity.MEDIUM,
    rationale="The kubelet calls from the node: with a host of its choice a pod sends these calls where it can't reach itself.",
    fix="Remove host from httpGet and tcpSocket; the pod's own address is the default.",
    framework=BASELINE,
)
def host_probes(pod: Pod) -> Iterator[Problem]:
    callers = ("livenessProbe",), ("readinessProbe",), ("startupProbe",), ("lifecycle", "postStart"), ("lifecycle", "preStop")
    for container in pod.containers:
        for caller in callers:
            for call in ("httpGet", "tcpSocket"):
                host = container.get(*caller, call, "host")
                if host.value not in (None, ""):
                    yield host.problem("is set; remove it, the pod's own address is the default")


def _named(field: Field, otherwise: str) -> str:
    return shown(field.value) or otherwise


RULES = (
    privileged_container,
    host_namespaces,
    host_path,
    host_ports,
    capabilities_add,
    apparmor,
    selinux,
    proc_mount,
    seccomp_unconfined,
    sysctls,
    host_process,
    host_probes,
)
