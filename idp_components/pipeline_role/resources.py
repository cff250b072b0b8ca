"""Builder: the trust between AWS and a pipeline's tokens, and the role that the pipeline takes with them."""

from __future__ import annotations

from typing import Any

from idp_components.core import naming
from idp_components.core.aws import Aws, Json, Ref, account, tags
from idp_components.core.context import Context
from idp_components.core.iam import web_identity
from idp_components.core.spec import SpecError, check_name
from idp_components.pipeline_role.rights import ROLES_PATH, deploy_policy, preview_policy
from idp_components.pipeline_role.spec import PipelineIssuerSpec, PipelineRoleSpec
from idp_components.workload_role.resources import ROLE

ISSUER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
ACCESS_ENTRY = "aws:eks/accessEntry:AccessEntry"
SESSION_SECONDS = 3600
"""The shortest maximum that IAM takes for a role's sessions."""
GROUPS = {"deploy": "pipeline", "preview": "viewer"}
"""The team's role in the cluster by level of access."""


def issuer(name: str, spec: PipelineIssuerSpec, context: Context) -> list[Aws]:
    """The issuer, known to the account. IAM trusts its certificate by the usual authorities."""
    properties = {"url": spec.issuer.url, "clientIdLists": [spec.issuer.audience], "tags": tags(name, context)}
    return [Aws(ISSUER, name, properties)]


def pipeline_role(name: str, spec: PipelineRoleSpec, context: Context) -> list[Aws]:
    """The role, its one policy and, in EKS, its group in the cluster. Raises SpecError where config lacks the account."""
    place = f"{context.team}.{name}"
    where = account(context, place)
    _alone(place, context)
    role = naming.child(check_name(name, place), "role")
    document = deploy_policy(context, where) if spec.access == "deploy" else preview_policy(context, where)
    return [
        Aws(
            ROLE,
            role,
            {
                "name": naming.child(name, context.environment),
                "path": ROLES_PATH,
                "description": f"Pipeline of team {context.team}: {spec.access} in {context.environment}",
                "assumeRolePolicy": Json(trust(spec, where.arn("iam", f"oidc-provider/{_host(spec.source.url)}"))),
                "maxSessionDuration": SESSION_SECONDS,
                "tags": tags(name, context),
            },
        ),
        Aws(
            "aws:iam/rolePolicy:RolePolicy",
            naming.child(name, spec.access),
            {"role": Ref(role, "name"), "name": spec.access, "policy": Json(document)},
        ),
        *_in_the_cluster(name, role, spec, context),
    ]


def trust(spec: PipelineRoleSpec, provider: str) -> dict[str, Any]:
    """Tokens of one issuer, for one audience, with one of the subjects."""
    host, subjects = _host(spec.source.url), spec.source.subjects()
    # Every condition must hold, so exact subjects and patterns can't stand in two of them.
    compared = "StringLike" if any(set(subject) & set("*?") for subject in subjects) else "StringEquals"
    conditions: dict[str, dict[str, Any]] = {"StringEquals": {f"{host}:aud": spec.source.audience}}
    conditions.setdefault(compared, {})[f"{host}:sub"] = subjects
    return web_identity(provider, conditions)


def _host(url: str) -> str:
    """The issuer as IAM names it in ARNs and conditions."""
    return url.removeprefix("https://")


def _alone(place: str, context: Context) -> None:
    """Rights go by names, so no other team's names may begin like these. Raises SpecError."""
    for other in context.ledger.teams - {context.team}:
        if other.startswith((f"{context.team}-{context.environment}-", f"{context.team}-pr-")):
            raise SpecError(
                f"{place}: team {other!r} has a name that begins like the resources of {context.team!r}, which this role may change; "
                f"rename one of them, for example '{other.removeprefix(f'{context.team}-')}'"
            )


def _in_the_cluster(name: str, role: str, spec: PipelineRoleSpec, context: Context) -> list[Aws]:
    """EKS: who comes with the role is a member of the group, and the team's room says what that may do."""
    if not context.cluster.eks_cluster:
        return []
    group = spec.group or f"idp:{context.team}:{GROUPS[spec.access]}"
    properties = {
        "clusterName": context.cluster.eks_cluster,
        "principalArn": Ref(role, "arn"),
        "kubernetesGroups": [group],
        "type": "STANDARD",
        "tags": tags(name, context),
    }
    return [Aws(ACCESS_ENTRY, naming.child(name, "access"), properties)]
