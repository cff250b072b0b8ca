"""Rules about the account that a pod acts under."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.pod_rule import pod_rule
from idp_components.rules.model import Severity
from idp_components.rules.pod import Pod
from idp_components.rules.values import number

DEFAULT = ("", "default", None)
_API_SERVER = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
API_AUDIENCES = (None, "", "api", *_API_SERVER, *(f"https://{name}" for name in _API_SERVER))
"""Audiences that API servers commonly accept; without one a token is for the API server."""
DAY_SECONDS = 24 * 3600


@pod_rule(
    "kubernetes-default-service-account",
    title="A pod has a service account of its own.",
    severity=Severity.MEDIUM,
    rationale="A right that somebody grants to the account default is one of every pod in the namespace.",
    fix="Make a ServiceAccount and name it in serviceAccountName; a golden path makes one for each workload.",
    source="https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts",
    tags=("cis-k8s-1.10:5.1.5",),
)
def default_service_account(pod: Pod) -> Iterator[Problem]:
    account = _account(pod)
    if account.value in DEFAULT or account.value is UNKNOWN:
        state = "is default" if account.value else "is unset"
        yield account.problem(f"{state}; name a ServiceAccount of the workload's own")


@pod_rule(
    "kubernetes-projected-token",
    title="A token that a volume projects lives for a day at most, and is not for the API server under the account default.",
    severity=Severity.MEDIUM,
    rationale="Under default it is what automountServiceAccountToken: false keeps out; one that is stolen works as long as it lives.",
    fix="Name the audience that reads the token, such as sts.amazonaws.com, or the workload's own account; leave expirationSeconds out.",
    source="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#serviceaccount-token-volume-projection",
)
def projected_token(pod: Pod) -> Iterator[Problem]:
    account = _account(pod)
    for volume in pod.volumes:
        for source in volume.get("projected", "sources").items():
            token = source.get("serviceAccountToken")
            if token.value is None:
                continue
            audience, seconds = token.get("audience"), token.get("expirationSeconds")
            if audience.value in (*API_AUDIENCES, UNKNOWN) and (account.value in DEFAULT or account.value is UNKNOWN):
                yield audience.problem("is the API server, for the account default; name whom the token is for", account)
            life = number(seconds.value)
            if seconds.value is UNKNOWN or (life is not None and life > DAY_SECONDS):
                yield seconds.problem("is more than a day; remove it, an hour is the default")


def _account(pod: Pod) -> Field:
    """The account's name, also under its old spelling."""
    old = pod.spec.get("serviceAccount")
    new = pod.spec.get("serviceAccountName")
    return old if new.value in (None, "") and old.value not in (None, "") else new


RULES = (default_service_account, projected_token)
