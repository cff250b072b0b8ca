"""Rules that no waiver excuses, and why."""

from collections.abc import Mapping

NEVER: Mapping[str, str] = {
    "kubernetes-privileged-container": "a privileged container is root on its node, and so on every pod there",
    "kubernetes-cluster-admin-binding": "who administers the cluster can switch every other rule off",
    "kubernetes-rbac-anonymous": "rights for everybody who reaches the API server are the intruder's too",
    "aws-iam-administrator-policy": "who administers the account can switch every other rule off",
    "aws-iam-public-principal": "what anybody in the world may do is no exception but an invitation",
    "aws-iam-oidc-subject": "a role that any repository may take belongs to everybody who can open one",
    "aws-iam-oidc-audience": "a token that was made for somebody else must not open the account",
    "aws-rds-public": "a database on the internet is found within hours",
    **dict.fromkeys(
        (
            "waiver-expired",
            "waiver-invalid",
            "waiver-never",
            "waiver-too-wide",
            "waiver-unknown-reference",
            "waiver-unused",
        ),
        "a waiver can't excuse itself",
    ),
}
"""The reason, by the rule's id."""
