"""Rules about Roles and ClusterRoles: rights that lead to more rights."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.kubernetes.rights import CLUSTER_ROLE, EVERY, GOOD_PRACTICES, RBAC, ROLE, ROLES, WRITE, Right, granted, grants
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true

READ = ("get", "list", "watch")
AGGREGATE_TO_VIEW = f"{RBAC}/aggregate-to-view"
ROLE_KINDS = ("roles", "clusterroles")
IDENTITIES = ("users", "groups", "serviceaccounts", "uids", "nodes", "userextras/")
"""Who somebody is, and what else is said about him by a key behind the slash (Kubernetes, "User impersonation")."""
IMPERSONATE = ("impersonate", "impersonate:user-info", "impersonate:serviceaccount", "impersonate:arbitrary-node")
"""The verb, and those of constrained impersonation (Kubernetes 1.35)."""
CERTIFICATE_GROUP = "certificates.k8s.io"
REQUESTS = ("certificatesigningrequests/approval", "certificatesigningrequests/status")
OWN_SIGNERS, SERVING = "kubernetes.io/", "kubernetes.io/kubelet-serving"
"""What the API server's own signers begin with; the one of them whose certificates let nobody in ("Kubernetes signers")."""
ADMISSION = (
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
)


@object_rule(
    "kubernetes-rbac-wildcard",
    ROLES,
    title="A role names its verbs, resources and API groups.",
    severity=Severity.CRITICAL,
    rationale="A wildcard grants what exists today and what is added tomorrow, Secrets, exec and RBAC itself among it.",
    fix="Name what is needed; a golden path's roles name every verb and resource.",
    source=f"{GOOD_PRACTICES}#least-privilege",
    tags=("cis-k8s-1.10:5.1.3",),
)
def wildcard(resource: Resource, _options: Options) -> Iterator[Problem]:
    for rule in resource.root.get("rules").items():
        for key in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            for named in rule.get(key).items():
                if named.value is UNKNOWN or _is_wildcard(named.value):
                    yield named.problem("has a wildcard; name what is needed")


def _is_wildcard(name: object) -> bool:
    # `*/scale` is the part of every resource, `pods/*` every part of one; `/metrics/*` is one address and what lies below.
    return isinstance(name, str) and (name == "/*" or (EVERY in name and not name.startswith("/")))


@object_rule(
    "kubernetes-rbac-escalation",
    ROLES,
    title="No role may give itself rights, or act as somebody else.",
    severity=Severity.CRITICAL,
    rationale="Whoever may escalate, bind or impersonate has every right that anybody in the cluster has.",
    fix="Remove the verbs escalate, bind and impersonate; rights are given by the platform's own stack.",
    source=f"{GOOD_PRACTICES}#escalate-verb",
    tags=("cis-k8s-1.10:5.1.8",),
)
def escalation(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from grants(
        resource, "can be given further rights; remove the verbs escalate and bind", Right(ROLE_KINDS, ("escalate", "bind"), (RBAC,))
    )
    yield from grants(resource, "can be impersonated; remove the verb", Right(IDENTITIES, IMPERSONATE, ("", "authentication.k8s.io")))


@object_rule(
    "kubernetes-rbac-write-roles",
    ROLES,
    title="No role may write roles or bindings.",
    severity=Severity.HIGH,
    rationale="Whoever writes bindings hands on every right that he has, to anybody, past review.",
    fix="Remove the right; roles and bindings come from the platform's own stack.",
    source="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping",
)
def write_roles(resource: Resource, _options: Options) -> Iterator[Problem]:
    return grants(
        resource,
        "can be written; leave roles and bindings to the platform's stack",
        Right((*ROLE_KINDS, "rolebindings", "clusterrolebindings"), WRITE, (RBAC,)),
    )


@object_rule(
    "kubernetes-rbac-secrets",
    ROLES,
    title="No role reads Secrets that it doesn't name; one of a namespace that creates them may get them.",
    severity=Severity.HIGH,
    rationale="Secrets hold the passwords of the whole namespace; list and watch return them too. Who deploys some reads those back.",
    fix="Name the Secrets in resourceNames with the verb get, or mount them into the pod; who deploys them needs no list or watch.",
    source=f"{GOOD_PRACTICES}#listing-secrets",
    tags=("cis-k8s-1.10:5.1.2",),
)
def read_secrets(resource: Resource, _options: Options) -> Iterator[Problem]:
    deploying = list(_deploys_secrets(resource))
    unsure = [] if [] in deploying else [field for doubts in deploying for field in doubts]
    for grant in granted(resource, Right(("secrets",), READ)):
        if not grant.is_about_any:
            continue
        verbs = list(grant.rule.get("verbs").items())
        # Who deploys Secrets reads back what he wrote, in his own namespace, by name.
        by_name = deploying and not any(verb.value in ("list", "watch", EVERY) for verb in verbs)
        doubts = [*unsure, *(verb for verb in verbs if verb.value is UNKNOWN)] if by_name else []
        if doubts or not by_name:
            yield grant.problem("can be read; name single ones in resourceNames, with the verb get", grant.names, *doubts)


def _deploys_secrets(role: Resource) -> Iterator[list[Field]]:
    """What is unknown of each right to create any Secret of a namespace. One for a name makes that one at most."""
    for grant in granted(role, Right(("secrets",), ("create",))) if role.group_kind == ROLE else ():
        if grant.is_about_any:
            yield [*grant.decisive, *([grant.names] if grant.names.value is UNKNOWN else [])]


@object_rule(
    "kubernetes-rbac-token-creation",
    ROLES,
    title="No role makes tokens of service accounts that it doesn't name.",
    severity=Severity.CRITICAL,
    rationale="With a token of any account of the namespace it has that account's rights, and nothing shows in the pods.",
    fix="Remove create on serviceaccounts/token, or name the accounts in resourceNames; pods get their tokens from the kubelet.",
    source=f"{GOOD_PRACTICES}#token-request",
    tags=("cis-k8s-1.10:5.1.13",),
)
def token_creation(resource: Resource, _options: Options) -> Iterator[Problem]:
    for grant in granted(resource, Right(("serviceaccounts/token",), ("create",))):
        if grant.is_about_any:
            yield grant.problem("makes tokens of every account; remove it, or name the accounts", grant.names)


@object_rule(
    "kubernetes-rbac-node-proxy",
    ROLES,
    title="No role reaches the kubelet through the API server.",
    severity=Severity.CRITICAL,
    rationale="The kubelet runs commands in every pod of its node, past audit and admission; even get is enough for that.",
    fix="Remove nodes/proxy; nodes/metrics and nodes/stats are what monitoring needs.",
    source=f"{GOOD_PRACTICES}#access-to-proxy-subresource-of-nodes",
    tags=("cis-k8s-1.10:5.1.10",),
)
def node_proxy(resource: Resource, _options: Options) -> Iterator[Problem]:
    return grants(
        resource,
        "leads to the kubelet, which runs commands in every pod; use nodes/metrics or nodes/stats",
        Right(("nodes/proxy",), (*READ, *WRITE, "delete")),
    )


@object_rule(
    "kubernetes-rbac-csr-approval",
    ROLES,
    title="No role approves or signs client certificates.",
    severity=Severity.CRITICAL,
    rationale="An approved request is a certificate for any name, that of an administrator among them, and can't be revoked.",
    fix="Remove the right, or name other signers in resourceNames; the cluster's own controllers approve the nodes.",
    source=f"{GOOD_PRACTICES}#csrs-and-certificate-issuing",
    tags=("cis-k8s-1.10:5.1.11",),
)
def csr_approval(resource: Resource, _options: Options) -> Iterator[Problem]:
    message = "makes client certificates for any name; remove it, or name other signers in resourceNames"
    signers = list(granted(resource, Right(("signers",), ("approve", "sign"), (CERTIFICATE_GROUP,))))
    found, unsure = [], []
    for grant in signers:
        of_clients, doubts = _names_signer_of_clients(grant.names)
        unknown = [*grant.decisive, *doubts]
        unsure += unknown
        if of_clients:
            found.append(grant.problem(message, *doubts))
    yield from found
    # Who approves a request must have the right for its signer too (Kubernetes, "Certificate Signing Requests", Authorization).
    if not signers or unsure or found:
        decided = not signers or any(not problem.undecided for problem in found)
        yield from grants(resource, message, Right(REQUESTS, ("update", "patch"), (CERTIFICATE_GROUP,)), unsure=() if decided else unsure)


def _names_signer_of_clients(names: Field) -> tuple[bool, list[Field]]:
    """Whether one of the names is, or may become, a signer's whose certificates let somebody in; and the names that leave it open."""
    possible = [name for name in names.items() if name.value is UNKNOWN or _signs_for_clients(name.value)]
    is_certain = any(name.value is not UNKNOWN for name in possible)
    return bool(possible) or names.value in (None, []), [] if is_certain else possible


def _signs_for_clients(name: object) -> bool:
    return name == EVERY or (isinstance(name, str) and name.startswith(OWN_SIGNERS) and name != SERVING)


@object_rule(
    "kubernetes-rbac-admission",
    ROLES,
    title="No role changes what the API server asks before it admits an object.",
    severity=Severity.HIGH,
    rationale="A webhook reads and changes every object on its way, and who removes one switches the rules off.",
    fix="Remove the right; webhooks and admission policies come from the platform's own stack.",
    source=f"{GOOD_PRACTICES}#control-admission-webhooks",
    tags=("cis-k8s-1.10:5.1.12",),
)
def admission(resource: Resource, _options: Options) -> Iterator[Problem]:
    verbs = (*WRITE, "delete", "deletecollection")
    return grants(
        resource, "decides what is admitted; remove the verbs that write", Right(ADMISSION, verbs, ("admissionregistration.k8s.io",))
    )


@object_rule(
    "kubernetes-rbac-persistent-volumes",
    ROLES,
    title="No role makes PersistentVolumes.",
    severity=Severity.HIGH,
    rationale="A volume of type hostPath is the node's file system, whatever the pod's own rules say.",
    fix="Remove create on persistentvolumes; a PersistentVolumeClaim and a StorageClass make the volume.",
    source=f"{GOOD_PRACTICES}#persistent-volume-creation",
    tags=("cis-k8s-1.10:5.1.9",),
)
def persistent_volumes(resource: Resource, _options: Options) -> Iterator[Problem]:
    return grants(resource, "can be made, also of the node's files; use persistentvolumeclaims", Right(("persistentvolumes",), ("create",)))


@object_rule(
    "kubernetes-rbac-endpoints",
    ROLES,
    title="No role writes the addresses behind Services.",
    severity=Severity.HIGH,
    rationale="An EndpointSlice sends a Service's callers to any address, past NetworkPolicies (CVE-2021-25740).",
    fix="Remove the verbs that write; the cluster keeps endpoints by the Services' selectors.",
    source="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#write-access-for-endpoints",
)
def endpoints(resource: Resource, _options: Options) -> Iterator[Problem]:
    return grants(
        resource,
        "says where a Service leads; remove the verbs that write",
        Right(("endpoints",), WRITE),
        Right(("endpointslices",), WRITE, ("discovery.k8s.io",)),
    )


@object_rule(
    "kubernetes-rbac-aggregation",
    {CLUSTER_ROLE},
    title="A ClusterRole adds nothing but looking to view, and gathers no role unseen.",
    severity=Severity.HIGH,
    rationale="What is aggregated reaches everybody who has the role, in every namespace: who may look could then write.",
    fix="Aggregate get, list and watch of your own kinds to view; select the roles to gather by a label of your own.",
    source="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
)
def aggregation(resource: Resource, _options: Options) -> Iterator[Problem]:
    for selector in resource.root.get("aggregationRule", "clusterRoleSelectors").items():
        labels, expressions = selector.get("matchLabels"), list(selector.get("matchExpressions").items())
        operators = [expression.get("operator") for expression in expressions]
        # The absence of a label, or of a value, is true of roles that nobody thought of.
        if not (isinstance(labels.value, dict) and labels.value) and not any(operator.value in ("In", "Exists") for operator in operators):
            gathered = "ClusterRoles by what they lack" if expressions else "every ClusterRole"
            yield selector.problem(f"gathers {gathered}; select by a label", labels, *operators)
    view = resource.root.get("metadata", "labels", AGGREGATE_TO_VIEW)
    if is_true(view.value) or view.value is UNKNOWN:
        for rule in resource.root.get("rules").items():
            for verb in rule.get("verbs").items():
                if verb.value not in READ:
                    yield verb.problem("is added to view, which only looks; keep to get, list and watch", view)


RULES = (
    wildcard,
    escalation,
    write_roles,
    read_secrets,
    token_creation,
    node_proxy,
    csr_approval,
    admission,
    persistent_volumes,
    endpoints,
    aggregation,
)
