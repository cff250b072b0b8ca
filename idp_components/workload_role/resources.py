"""Builder: the IAM role of a workload, which may do what its connections say and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idp_components.core import naming
from idp_components.core.aws import Aws, Json, Ref, permissions_boundary, physical_name, tags
from idp_components.core.connection import Connection
from idp_components.core.context import Context
from idp_components.core.iam import VERSION, policy, web_identity
from idp_components.core.spec import SpecError

ROLE = "aws:iam/role:Role"
MAX_ROLE_NAME = 64
"""Characters (IAM quotas, "Role name")."""
PROVIDER_PREFIX = ":oidc-provider/"
AUDIENCE = "sts.amazonaws.com"
"""Audience of the tokens that the cluster issues for AWS (EKS, "IAM roles for service accounts")."""


def workload_role(name: str, uses: Sequence[Connection], context: Context) -> list[Aws]:
    """The role that the workload's service account takes, with one inline policy. Raises SpecError where the cluster's config lacks it."""
    role = naming.child(name, "role")
    boundary = permissions_boundary(context)
    statements = [statement for use in uses for statement in use.statements]
    return [
        Aws(
            ROLE,
            role,
            {
                "name": physical_name(context, name, MAX_ROLE_NAME),
                "description": f"{name} of team {context.team} in {context.environment}",
                "assumeRolePolicy": Json(_trust(name, context)),
                **({"permissionsBoundary": boundary} if boundary else {}),
                "tags": tags(name, context),
            },
        ),
        Aws(
            "aws:iam/rolePolicy:RolePolicy",
            naming.child(name, "connections"),
            {"role": Ref(role, "name"), "name": "connections", "policy": Json(policy(statements))},
        ),
        *_association(name, role, context),
    ]


def _trust(name: str, context: Context) -> dict[str, Any]:
    """Who takes the role: this one service account, by either of the two ways of EKS."""
    if context.cluster.workload_identity == "pod-identity":
        principal, actions = {"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"]
        return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Principal": principal, "Action": actions}]}
    provider = context.cluster.oidc_provider
    if not provider:
        raise SpecError(
            f"{context.team}.{name}.uses: needs an IAM role, and config idp:oidcProvider is missing: the ARN of the cluster's OIDC "
            "provider, for example 'arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE'"
        )
    issuer = provider.partition(PROVIDER_PREFIX)[2]
    subject = f"system:serviceaccount:{context.namespace}:{name}"
    return web_identity(provider, {"StringEquals": {f"{issuer}:sub": subject, f"{issuer}:aud": AUDIENCE}})


def _association(name: str, role: str, context: Context) -> list[Aws]:
    """With Pod Identity, the cluster itself says whose role it is; the sessions carry its tags."""
    if context.cluster.workload_identity != "pod-identity":
        return []
    if not context.cluster.eks_cluster:
        raise SpecError(
            f"{context.team}.{name}.uses: needs an IAM role, and config idp:eksCluster is missing, for example 'shop-production'"
        )
    properties = {
        "clusterName": context.cluster.eks_cluster,
        "namespace": context.namespace,
        "serviceAccount": name,
        "roleArn": Ref(role, "arn"),
        "tags": tags(name, context),
    }
    return [Aws("aws:eks/podIdentityAssociation:PodIdentityAssociation", naming.child(name, "identity"), properties)]
