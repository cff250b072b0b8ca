"""What a pipeline may do at AWS: one line per service that golden paths use, and what each needs to be read and to be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp_components.core import naming
from idp_components.core.aws import Account, permissions_boundary
from idp_components.core.context import Context
from idp_components.core.iam import Statement, policy
from idp_components.core.labels import TEAM
from idp_components.core.profiles import PROFILES

ANYWHERE = ("*",)
"""For actions that IAM can't narrow to a resource."""
ROLES_PATH = "/pipelines/"
"""Path of the pipelines' own roles: outside of the names that a pipeline may touch."""
TAKERS = "pods.eks.amazonaws.com"
"""The only service that a pipeline may hand a role to (EKS Pod Identity)."""


@dataclass(frozen=True)
class Service:
    """One service of AWS whose resources have the team's name in their ARN."""

    name: str
    resources: tuple[str, ...]
    """Resource parts of ARNs; `{}` is the pattern of the team's names."""
    read: tuple[str, ...]
    write: tuple[str, ...]


SERVICES = (
    Service(
        "sqs",
        ("{}",),
        ("GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
        ("CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"),
    ),
    Service(
        "sns",
        ("{}",),
        ("GetTopicAttributes", "ListTagsForResource"),
        ("CreateTopic", "DeleteTopic", "SetTopicAttributes", "Subscribe", "TagResource", "UntagResource"),
    ),
    Service(
        "cloudwatch",
        ("alarm:{}",),
        ("DescribeAlarms", "ListTagsForResource"),
        ("DeleteAlarms", "PutMetricAlarm", "TagResource", "UntagResource"),
    ),
    Service(
        "rds",
        ("db:{}", "og:default:*", "pg:{}", "snapshot:{}", "subgrp:{}"),
        (
            "DescribeDBInstances",
            "DescribeDBParameterGroups",
            "DescribeDBParameters",
            "DescribeDBSnapshots",
            "DescribeDBSubnetGroups",
            "ListTagsForResource",
        ),
        (
            "AddTagsToResource",
            "CreateDBInstance",
            "CreateDBParameterGroup",
            "CreateDBSnapshot",
            "CreateDBSubnetGroup",
            "DeleteDBInstance",
            "DeleteDBParameterGroup",
            "DeleteDBSubnetGroup",
            "ModifyDBInstance",
            "ModifyDBParameterGroup",
            "ModifyDBSubnetGroup",
            "RemoveTagsFromResource",
            "ResetDBParameterGroup",
            "RestoreDBInstanceFromDBSnapshot",
        ),
    ),
    Service(
        "elasticache",
        ("cluster:{}", "parametergroup:{}", "replicationgroup:{}", "subnetgroup:{}", "user:{}", "usergroup:{}"),
        (
            "DescribeCacheClusters",
            "DescribeCacheParameterGroups",
            "DescribeCacheParameters",
            "DescribeCacheSubnetGroups",
            "DescribeReplicationGroups",
            "DescribeUserGroups",
            "DescribeUsers",
            "ListTagsForResource",
        ),
        (
            "AddTagsToResource",
            "CreateCacheParameterGroup",
            "CreateCacheSubnetGroup",
            "CreateReplicationGroup",
            "CreateUser",
            "CreateUserGroup",
            "DeleteCacheParameterGroup",
            "DeleteCacheSubnetGroup",
            "DeleteReplicationGroup",
            "DeleteUser",
            "DeleteUserGroup",
            "ModifyCacheParameterGroup",
            "ModifyCacheSubnetGroup",
            "ModifyReplicationGroup",
            "ModifyUser",
            "ModifyUserGroup",
            "RemoveTagsFromResource",
        ),
    ),
)
BUCKET_READ = (
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:ListBucket",
)
BUCKET_WRITE = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketLogging",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
)
EMPTY_BUCKET = ("s3:ListBucketVersions",), ("s3:DeleteObject", "s3:DeleteObjectVersion")
"""On the bucket and on its objects: only where data doesn't outlive its stack."""
ROLE_READ = (
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
)
ROLE_WRITE = ("iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole")
ROLE_WRITE_BOUND = ("iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
"""What IAM lets a condition on the role's permission boundary guard."""
KEY_READ = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags")
KEY_WRITE = (
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DisableKeyRotation",
    "kms:EnableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
"""A database that is encrypted with a key gets a grant for it (RDS, "Encrypting Amazon RDS resources")."""
GROUP_WRITE = (
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateTags",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteTags",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
)
GROUP_MADE = ("CreateSecurityGroup", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress")
"""What is tagged in the moment in which it is made."""
MASTER_SECRET = ("secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource")
"""RDS keeps a master password for whoever may do these ("Password management with Amazon RDS", "Permissions required")."""
LOOKED_UP = (
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "kms:ListAliases",
    "sns:GetSubscriptionAttributes",
)
"""The network around, which key an alias means, who gets a topic's messages: IAM can't narrow these."""
SUBSCRIPTION_WRITE = ("sns:SetSubscriptionAttributes", "sns:Unsubscribe")
"""IAM can't narrow these either; who made a subscription may end it."""


def preview_policy(context: Context, account: Account) -> dict[str, Any]:
    """Reading what golden paths make: no data, no secret's value, and no change."""
    return policy(_common(context, account, writing=False))


def deploy_policy(context: Context, account: Account) -> dict[str, Any]:
    """What `pulumi up` of the team's stacks needs, on what has the team's names or, where ARNs have none, the team's tag."""
    names = _names(context)
    roles = _arns(account, "iam", ("role/{}",), names, region="")
    groups, rules = account.arn("ec2", "security-group/*", "*"), account.arn("ec2", "security-group-rule/*", "*")
    asked = _tagged("RequestTag", context)
    statements = [
        *_common(context, account, writing=True),
        # Whatever a pipeline writes into a role, the role stays behind the team's boundary; IAM gives no way to take it off.
        Statement(ROLE_WRITE_BOUND, roles, {"ArnEquals": {"iam:PermissionsBoundary": permissions_boundary(context)}}),
        Statement(("kms:CreateKey",), ANYWHERE, asked),
        Statement(("kms:CreateGrant",), (account.arn("kms", "key/*", "*"),), _tagged("ResourceTag", context) | FOR_AWS),
        Statement(SUBSCRIPTION_WRITE, ANYWHERE),
        Statement(MASTER_SECRET, (account.arn("secretsmanager", "secret:rds!db-*", "*"),)),
        Statement(("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"), _arns(account, "kms", ("alias/{}",), names)),
        Statement(("ec2:CreateSecurityGroup",), (groups,), asked),
        Statement(("ec2:CreateSecurityGroup",), (account.arn("ec2", "vpc/*", "*"),)),
        Statement(("ec2:CreateTags",), (groups, rules), {"StringEquals": {"ec2:CreateAction": list(GROUP_MADE)}}),
        Statement(GROUP_WRITE, (groups, rules), _tagged("ResourceTag", context)),
    ]
    if not context.profile.protect_data:
        on_bucket, on_objects = EMPTY_BUCKET
        buckets = _buckets(account, names)
        statements += [Statement(on_bucket, buckets), Statement(on_objects, tuple(f"{name}/*" for name in buckets))]
    if context.cluster.workload_identity == "pod-identity" and context.cluster.eks_cluster:
        cluster, associations = _pod_identity(context.cluster.eks_cluster, account)
        changes = ("eks:DeletePodIdentityAssociation", "eks:TagResource", "eks:UpdatePodIdentityAssociation")
        statements += [
            Statement(("eks:CreatePodIdentityAssociation",), (cluster,), asked),
            Statement(changes, (associations,), _tagged("ResourceTag", context)),
            Statement(("iam:PassRole",), roles, {"StringEquals": {"iam:PassedToService": TAKERS}}),
        ]
    return policy(statements)


def _common(context: Context, account: Account, *, writing: bool) -> list[Statement]:
    """What both kinds of pipeline have, one statement per service; `writing` adds the changes that need no condition of their own."""
    names = _names(context)
    found = [
        Statement(
            tuple(f"{service.name}:{action}" for action in (*service.read, *(service.write if writing else ()))),
            _arns(account, service.name, service.resources, names),
        )
        for service in SERVICES
    ]
    found += [
        Statement((*BUCKET_READ, *(BUCKET_WRITE if writing else ())), _buckets(account, names)),
        Statement((*ROLE_READ, *(ROLE_WRITE if writing else ())), _arns(account, "iam", ("role/{}",), names, region="")),
        Statement((*KEY_READ, *(KEY_WRITE if writing else ())), (account.arn("kms", "key/*", "*"),), _tagged("ResourceTag", context)),
        Statement(LOOKED_UP, ANYWHERE),
    ]
    if context.cluster.eks_cluster:
        reads = ("eks:DescribeCluster", "eks:DescribePodIdentityAssociation", "eks:ListPodIdentityAssociations")
        found.append(Statement(reads, _pod_identity(context.cluster.eks_cluster, account)))
    return found


def _names(context: Context) -> list[str]:
    """Patterns of the names of the team's resources: in this environment and, where previews are its guests, of pull requests."""
    guests = any(profile.guest_of == context.environment for profile in PROFILES.values())
    namespaces = [context.namespace, *([naming.pull_requests(context.team)] if guests else [])]
    return [f"{namespace}-*" for namespace in namespaces]


def _arns(account: Account, service: str, resources: tuple[str, ...], names: list[str], region: str = "*") -> tuple[str, ...]:
    return tuple(dict.fromkeys(account.arn(service, resource.format(name), region) for resource in resources for name in names))


def _buckets(account: Account, names: list[str]) -> tuple[str, ...]:
    return tuple(f"arn:{account.partition}:s3:::{name}" for name in names)


def _pod_identity(cluster: str, account: Account) -> tuple[str, str]:
    return account.arn("eks", f"cluster/{cluster}", "*"), account.arn("eks", f"podidentityassociation/{cluster}/*", "*")


def _tagged(kind: str, context: Context) -> dict[str, dict[str, Any]]:
    return {"StringEquals": {f"aws:{kind}/{TEAM}": context.team}}
