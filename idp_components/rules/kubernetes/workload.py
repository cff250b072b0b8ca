"""Rules about running well beside others: resources, a root file system that can't be changed, tokens, namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.core.quantity import quantity
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.pod_rule import pod_rule
from idp_components.rules.model import Options, Resource, ResourceRule, Severity, group_kind
from idp_components.rules.pod import TEMPLATES, Pod

NAMESPACED = frozenset(
    {
        *TEMPLATES,
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("core", "ConfigMap"),
        ("core", "PersistentVolumeClaim"),
        ("core", "Secret"),
        ("core", "Service"),
        ("core", "ServiceAccount"),
        ("core", "LimitRange"),
        ("core", "ResourceQuota"),
        *(("gateway.networking.k8s.io", kind) for kind in ("Gateway", "GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute")),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
        *(("cert-manager.io", kind) for kind in ("Certificate", "Issuer")),
        *(("external-secrets.io", kind) for kind in ("ExternalSecret", "SecretStore")),
        ("keda.sh", "ScaledObject"),
        *(("monitoring.coreos.com", kind) for kind in ("PodMonitor", "PrometheusRule", "ServiceMonitor")),
        ("networking.istio.io", "VirtualService"),
        ("postgresql.cnpg.io", "Cluster"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    }
)
"""What teams put into namespaces."""


@pod_rule(
    "kubernetes-resource-requests",
    title="Every container says how much cpu and memory it needs.",
    severity=Severity.MEDIUM,
    rationale="Without requests the scheduler packs a node until its pods starve, and an autoscaler has nothing to compare with.",
    fix="Set resources.requests.cpu and .memory; a golden path does.",
    source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
def resource_requests(pod: Pod) -> Iterator[Problem]:
    for name in ("cpu", "memory"):
        # A limit without a request is the request too; what the pod as a whole asks for covers its containers.
        yield from _without_quantity(pod, name, ("requests", "limits"), "250m" if name == "cpu" else "128Mi")


@pod_rule(
    "kubernetes-memory-limit",
    title="Every container has a limit of memory.",
    severity=Severity.MEDIUM,
    rationale="A leak without a limit takes the node's memory, and the kernel ends whatever it likes there.",
    fix="Set resources.limits.memory; a golden path does.",
    source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
def memory_limit(pod: Pod) -> Iterator[Problem]:
    yield from _without_quantity(pod, "memory", ("limits",), "256Mi")


def _without_quantity(pod: Pod, name: str, kinds: tuple[str, ...], example: str) -> Iterator[Problem]:
    whole = [pod.spec.get("resources", kind, name) for kind in kinds]
    if any(map(_is_amount, whole)):
        return
    # An ephemeral container can't have resources; it lives off what the pod has.
    for container in (*pod.spec.get("initContainers").items(), *pod.spec.get("containers").items()):
        own = [container.get("resources", kind, name) for kind in kinds]
        if not any(map(_is_amount, own)):
            state = "is unset" if own[0].value is None else "is no amount"
            yield own[0].problem(f"{state}; set it, for example {example}", *own, *whole)


def _is_amount(asked: Field) -> bool:
    """Whether this is a quantity above zero."""
    return (quantity(asked.value) or 0) > 0


@pod_rule(
    "kubernetes-read-only-root-filesystem",
    title="A container can't change its own root file system.",
    severity=Severity.MEDIUM,
    rationale="An intruder who can't write can't leave tools or change the program that runs next.",
    fix="Set readOnlyRootFilesystem to true and mount an emptyDir where the program writes; a golden path does.",
    source="https://kubernetes.io/docs/concepts/security/security-checklist/#pod-security",
    tags=("cis-k8s-1.10:5.7.3",),
)
def read_only_root_filesystem(pod: Pod) -> Iterator[Problem]:
    if pod.windows:
        return
    for container in pod.containers:
        read_only = container.get("securityContext", "readOnlyRootFilesystem")
        if read_only.value is not True:
            state = "is unset" if read_only.value is None else "is false"
            yield read_only.problem(f"{state}; set it to true and mount an emptyDir where the program writes", pod.os)


@pod_rule(
    "kubernetes-service-account-token",
    title="A pod says itself that it gets no token of the Kubernetes API, or asks for one under an account of its own.",
    severity=Severity.MEDIUM,
    rationale="Few applications call the API server; in all others the token only serves an intruder. What a pod says itself holds, "
    "whoever changes its account.",
    fix="Set automountServiceAccountToken to false; a program that calls the API sets it to true and names its own serviceAccountName.",
    source="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
    tags=("cis-k8s-1.10:5.1.6",),
)
def service_account_token(pod: Pod) -> Iterator[Problem]:
    mounted, account = pod.spec.get("automountServiceAccountToken"), pod.spec.get("serviceAccountName")
    if account.value in (None, ""):
        account = pod.spec.get("serviceAccount")  # its old name, which the API server still takes
    if mounted.value is False:
        return
    if mounted.value is True and account.value is not UNKNOWN and account.value not in (None, "", "default"):
        return  # asked for on purpose, and its rights are granted to this workload alone
    state = "is unset; set it to false" if mounted.value is None else "is true; set it to false, or name a serviceAccountName of its own"
    yield mounted.problem(state, account)


def _check_namespace(resource: Resource, _options: Options) -> Iterator[Problem]:
    namespace = resource.root.get("metadata", "namespace")
    fallback = Field(resource.namespace)
    if (namespace.value or fallback.value) in (None, "", "default", UNKNOWN):
        state = "is default" if namespace.value else "is unset"
        yield namespace.problem(f"{state}; name the team's own namespace", *([] if namespace.value else [fallback]))


default_namespace = ResourceRule(
    id="kubernetes-default-namespace",
    title="Nothing lives in the namespace default.",
    severity=Severity.LOW,
    applies=lambda token: group_kind(token) in NAMESPACED,
    check=_check_namespace,
    rationale="Quotas, network rules and rights belong to a team's namespace; in default there are none.",
    fix="Set metadata.namespace; a golden path takes it from its context.",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
    tags=("cis-k8s-1.10:5.7.4",),
)

RULES = (resource_requests, memory_limit, read_only_root_filesystem, service_account_token, default_namespace)
