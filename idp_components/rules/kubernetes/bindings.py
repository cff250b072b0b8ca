"""Rules about who gets rights: administrators, everybody, and accounts that every pod has."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.kubernetes.rights import BINDINGS, GOOD_PRACTICES
from idp_components.rules.model import Options, Resource, Severity

SOURCE = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
NOBODY = ("system:anonymous", "system:unauthenticated")
AUTHENTICATED = "system:authenticated"
ACCOUNTS = "system:serviceaccounts"
ACCOUNT_USER = "system:serviceaccount:"
DISCOVERY = {
    **dict.fromkeys(NOBODY, ("system:public-info-viewer",)),
    AUTHENTICATED: ("system:basic-user", "system:discovery", "system:public-info-viewer"),
    ACCOUNTS: ("system:service-account-issuer-discovery",),
}
"""What Kubernetes itself grants to everybody (the page above, "API discovery roles")."""


@object_rule(
    "kubernetes-cluster-admin-binding",
    BINDINGS,
    title="Nobody is bound to cluster-admin, and no group to system:masters.",
    severity=Severity.CRITICAL,
    rationale="cluster-admin may do everything; one leaked token of it is the cluster, and in a namespace it is still every Secret there.",
    fix="Bind a role that names what is needed; a golden path's Team has one for viewers, developers, the person on call and the pipeline.",
    source=f"{SOURCE}#user-facing-roles",
    tags=("cis-k8s-1.10:5.1.1", "cis-k8s-1.10:5.1.7"),
)
def cluster_admin(resource: Resource, _options: Options) -> Iterator[Problem]:
    role = resource.root.get("roleRef")
    name, kind = role.get("name"), role.get("kind")
    if name.value in ("cluster-admin", UNKNOWN) and kind.value in ("ClusterRole", None, UNKNOWN):
        yield name.problem("may do everything; bind a role that names what is needed", kind)
    for subject, subject_kind in _subjects(resource):
        if subject.value in ("system:masters", UNKNOWN):
            yield subject.problem("may do everything, past all rules; use a group of its own", subject_kind)


@object_rule(
    "kubernetes-rbac-anonymous",
    BINDINGS,
    title="Nobody gets rights without signing in.",
    severity=Severity.CRITICAL,
    rationale="system:anonymous and system:unauthenticated are everybody who reaches the API server.",
    fix="Remove the subject; name a group of the identity provider.",
    source=f"{GOOD_PRACTICES}#hardening",
)
def anonymous(resource: Resource, _options: Options) -> Iterator[Problem]:
    role = resource.root.get("roleRef", "name")
    for subject, kind in _subjects(resource):
        if subject.value in (*NOBODY, UNKNOWN) and role.value not in DISCOVERY[NOBODY[0]]:
            yield subject.problem("is everybody, without signing in; name a group", kind, role)


@object_rule(
    "kubernetes-rbac-everybody",
    BINDINGS,
    title="No right is for everybody who has signed in, or for every account of pods.",
    severity=Severity.HIGH,
    rationale="system:authenticated is each person and each pod; system:serviceaccounts is each pod of the cluster, or of a namespace.",
    fix="Name the group, or the ServiceAccount of the one workload; a golden path's Team binds groups.",
    source=f"{SOURCE}#service-account-permissions",
)
def everybody(resource: Resource, _options: Options) -> Iterator[Problem]:
    role = resource.root.get("roleRef", "name")
    for subject, kind in _subjects(resource):
        value = subject.value
        wide = value is UNKNOWN or (isinstance(value, str) and (value in (AUTHENTICATED, ACCOUNTS) or value.startswith(f"{ACCOUNTS}:")))
        if wide and role.value not in DISCOVERY.get(str(value), ()):
            yield subject.problem("is everybody; name a group, or one ServiceAccount", kind, role)


@object_rule(
    "kubernetes-rbac-default-account",
    BINDINGS,
    title="No right is for a namespace's account default.",
    severity=Severity.HIGH,
    rationale="Every pod that names no account has this one, and with it the right.",
    fix="Make a ServiceAccount for the workload and bind that; a golden path makes one for each.",
    source="https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts",
    tags=("cis-k8s-1.10:5.1.5",),
)
def default_account(resource: Resource, _options: Options) -> Iterator[Problem]:
    for subject in resource.root.get("subjects").items():
        name, kind = subject.get("name"), subject.get("kind")
        account = kind.value in ("ServiceAccount", UNKNOWN) and name.value in ("default", UNKNOWN)
        user = name.value is UNKNOWN or (str(name.value).startswith(ACCOUNT_USER) and str(name.value).endswith(":default"))
        if account or (user and kind.value in ("User", UNKNOWN)):
            yield name.problem("is the account of every pod that names none; bind the workload's own", kind)


def _subjects(resource: Resource) -> Iterator[tuple[Field, Field]]:
    """The names of users and groups, each with the field of its kind. An account of pods may be called anything."""
    for subject in resource.root.get("subjects").items():
        kind = subject.get("kind")
        if kind.value != "ServiceAccount":
            yield subject.get("name"), kind


RULES = (cluster_admin, anonymous, everybody, default_account)
