"""Builder: what no role of a team in an environment may exceed, whatever its own policy says."""

from __future__ import annotations

from typing import Any

from idp_components.bucket import resources as bucket
from idp_components.core import naming
from idp_components.core.aws import Account, Aws, Json, known_account, tags
from idp_components.core.context import Context
from idp_components.core.iam import VERSION
from idp_components.core.profiles import PROFILES
from idp_components.queue import resources as queue
from idp_components.topic import resources as topic

POLICY = "aws:iam/policy:Policy"
NEVER = ("account:*", "iam:*", "organizations:*", "sts:AssumeRole")
"""Rights over rights: with none of them, a role can't take its boundary off, or become another role."""


def boundary(context: Context) -> list[Aws]:
    """The policy, where the account is known, the config names no other, and no host environment has it already."""
    account = known_account(context)
    if account is None or context.cluster.permissions_boundary or context.profile.guest_of:
        return []
    name = naming.boundary(context.team, context.environment)
    properties = {
        "name": name,
        "description": f"What no role of team {context.team} in {context.environment} may exceed",
        "policy": Json(document(context, account)),
        "tags": tags("boundary", context),
    }
    return [Aws(POLICY, naming.child(context.team, "boundary"), properties)]


def document(context: Context, account: Account) -> dict[str, Any]:
    """Everything that connections can grant, on what has the team's own name."""
    guests = [profile.environment for profile in PROFILES.values() if profile.guest_of == context.environment]
    names = [f"{naming.namespace(context.team, environment)}-*" for environment in (context.environment, *guests)]
    names += [f"{naming.pull_requests(context.team)}-*"] if guests else []

    def own(service: str, *resources: str) -> list[str]:
        return [account.arn(service, resource.format(name), "*") for resource in resources for name in names]

    buckets = [f"arn:{account.partition}:s3:::{name}" for name in names]
    return {
        "Version": VERSION,
        "Statement": [
            _allow(_actions(queue.LEVELS), own("sqs", "{}")),
            _allow(_actions(topic.LEVELS), own("sns", "{}")),
            _allow(sorted({*bucket.ON_BUCKET, *_actions(bucket.LEVELS)}), [*buckets, *(f"{name}/*" for name in buckets)]),
            _allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], own("secretsmanager", "secret:{}")),
            # RDS names the secret of a master password after the database's id, and says in a tag whose it is ("Password management").
            _allow(
                ["secretsmanager:GetSecretValue"],
                [account.arn("secretsmanager", "secret:rds!db-*", "*")],
                {"StringLike": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": own("rds", "db:{}")}},
            ),
            _allow(["elasticache:Connect"], own("elasticache", "replicationgroup:{}", "serverlesscache:{}", "user:{}")),
            # AWS draws the ids of databases: which one, the role's own policy says.
            _allow(["rds-db:connect"], [account.arn("rds-db", "dbuser:*/*", "*")]),
            _allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                [account.arn("kms", "key/*", "*")],
                {"ForAnyValue:StringLike": {"kms:ResourceAliases": ["alias/aws/*", *(f"alias/{name}" for name in names)]}},
            ),
            {"Effect": "Deny", "Action": list(NEVER), "Resource": "*"},
        ],
    }


def _actions(levels: Any) -> list[str]:
    return sorted({action for actions in levels.values() for action in actions})


def _allow(actions: list[str], resources: list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **({"Condition": condition} if condition else {})}
