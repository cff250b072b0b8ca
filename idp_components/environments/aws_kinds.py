"""How each kind of resource that environments have at AWS is looked at and removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Aws = Callable[..., Any]
"""`aws(service, operation, **parameters)`: asks AWS. Raises AccountError."""
KEY_DAYS = 7
"""The shortest time that KMS keeps a key on its way out (KMS, "Deleting keys")."""


@dataclass(frozen=True)
class Kind:
    """One kind of resource."""

    look: Callable[[Aws, str], Mapping[str, Any]]
    """Its description, by what its ARN calls it. Raises AccountError or LookupError where there is none."""
    remove: Callable[[Aws, str], Any]
    made: str = ""
    """Key in the description of when it was made; empty: AWS doesn't say."""
    state: str = ""
    """Key in the description of its state."""


def _remove_key(aws: Aws, key: str) -> None:
    """A key waits for days, and keeps its aliases: without them, the next environment of that name can have its own."""
    for alias in aws("kms", "list_aliases", KeyId=key)["Aliases"]:
        aws("kms", "delete_alias", AliasName=alias["AliasName"])
    aws("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=KEY_DAYS)


def _remove_bucket(aws: Aws, bucket: str) -> None:
    """What is in it goes first, in all versions."""
    for page in aws("s3", "list_object_versions", pages=True, Bucket=bucket):
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            aws("s3", "delete_object", Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
    aws("s3", "delete_bucket", Bucket=bucket)


def _remove_role(aws: Aws, role: str) -> None:
    """What it may do, and what takes it, goes first."""
    for policy in aws("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]:
        aws("iam", "detach_role_policy", RoleName=role, PolicyArn=policy["PolicyArn"])
    for name in aws("iam", "list_role_policies", RoleName=role)["PolicyNames"]:
        aws("iam", "delete_role_policy", RoleName=role, PolicyName=name)
    for profile in aws("iam", "list_instance_profiles_for_role", RoleName=role)["InstanceProfiles"]:
        aws("iam", "remove_role_from_instance_profile", RoleName=role, InstanceProfileName=profile["InstanceProfileName"])
    aws("iam", "delete_role", RoleName=role)


def _remove_policy(aws: Aws, arn: str) -> None:
    """Its older versions go first. While somebody else has it, IAM refuses."""
    for version in aws("iam", "list_policy_versions", PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            aws("iam", "delete_policy_version", PolicyArn=arn, VersionId=version["VersionId"])
    aws("iam", "delete_policy", PolicyArn=arn)


def _remove_profile(aws: Aws, profile: str) -> None:
    for role in aws("iam", "get_instance_profile", InstanceProfileName=profile)["InstanceProfile"]["Roles"]:
        aws("iam", "remove_role_from_instance_profile", InstanceProfileName=profile, RoleName=role["RoleName"])
    aws("iam", "delete_instance_profile", InstanceProfileName=profile)


def _association(both: str) -> dict[str, str]:
    cluster, _, association = both.partition("/")
    return {"clusterName": cluster, "associationId": association}


def _queue(aws: Aws, name: str) -> dict[str, str]:
    return {"QueueUrl": aws("sqs", "get_queue_url", QueueName=name)["QueueUrl"]}


def _named(service: str, parameter: str, listed: str, operation: str, delete: str, made: str = "", state: str = "", **more: Any) -> Kind:
    """A kind whose two operations take the same parameter, and whose description is the first of a list."""
    return Kind(
        lambda aws, name: aws(service, operation, **{parameter: name})[listed][0],
        lambda aws, name: aws(service, delete, **{parameter: name}, **more),
        made,
        state,
    )


KINDS: Mapping[str, Kind] = {
    "rds:db:(.+)": _named(
        "rds",
        "DBInstanceIdentifier",
        "DBInstances",
        "describe_db_instances",
        "delete_db_instance",
        "InstanceCreateTime",
        "DBInstanceStatus",
        SkipFinalSnapshot=True,
    ),
    "rds:pg:(.+)": _named("rds", "DBParameterGroupName", "DBParameterGroups", "describe_db_parameter_groups", "delete_db_parameter_group"),
    "rds:subgrp:(.+)": _named("rds", "DBSubnetGroupName", "DBSubnetGroups", "describe_db_subnet_groups", "delete_db_subnet_group"),
    "elasticache:replicationgroup:(.+)": _named(
        "elasticache",
        "ReplicationGroupId",
        "ReplicationGroups",
        "describe_replication_groups",
        "delete_replication_group",
        "ReplicationGroupCreateTime",
        "Status",
    ),
    "elasticache:parametergroup:(.+)": _named(
        "elasticache",
        "CacheParameterGroupName",
        "CacheParameterGroups",
        "describe_cache_parameter_groups",
        "delete_cache_parameter_group",
    ),
    "elasticache:subnetgroup:(.+)": _named(
        "elasticache", "CacheSubnetGroupName", "CacheSubnetGroups", "describe_cache_subnet_groups", "delete_cache_subnet_group"
    ),
    "elasticache:usergroup:(.+)": _named(
        "elasticache", "UserGroupId", "UserGroups", "describe_user_groups", "delete_user_group", state="Status"
    ),
    "elasticache:user:(.+)": _named("elasticache", "UserId", "Users", "describe_users", "delete_user", state="Status"),
    "sqs:(.+)": Kind(
        lambda aws, name: aws("sqs", "get_queue_attributes", **_queue(aws, name), AttributeNames=["CreatedTimestamp"])["Attributes"],
        lambda aws, name: aws("sqs", "delete_queue", **_queue(aws, name)),
        "CreatedTimestamp",
    ),
    "sns:.+": Kind(
        lambda aws, arn: aws("sns", "get_topic_attributes", TopicArn=arn)["Attributes"],
        lambda aws, arn: aws("sns", "delete_topic", TopicArn=arn),
    ),
    "s3:(.+)": Kind(
        lambda aws, name: {each["Name"]: each for each in aws("s3", "list_buckets")["Buckets"]}[name],
        _remove_bucket,
        "CreationDate",
    ),
    "kms:key/(.+)": Kind(lambda aws, key: aws("kms", "describe_key", KeyId=key)["KeyMetadata"], _remove_key, "CreationDate", "KeyState"),
    "ec2:security-group/(.+)": Kind(
        lambda aws, group: aws("ec2", "describe_security_groups", GroupIds=[group])["SecurityGroups"][0],
        lambda aws, group: aws("ec2", "delete_security_group", GroupId=group),
    ),
    "cloudwatch:alarm:(.+)": Kind(
        lambda aws, name: aws("cloudwatch", "describe_alarms", AlarmNames=[name])["MetricAlarms"][0],
        lambda aws, name: aws("cloudwatch", "delete_alarms", AlarmNames=[name]),
        "AlarmConfigurationUpdatedTimestamp",
    ),
    "secretsmanager:secret:.+": Kind(
        lambda aws, arn: aws("secretsmanager", "describe_secret", SecretId=arn),
        lambda aws, arn: aws("secretsmanager", "delete_secret", SecretId=arn, ForceDeleteWithoutRecovery=True),
        "CreatedDate",
    ),
    "eks:podidentityassociation/(.+)": Kind(
        lambda aws, both: aws("eks", "describe_pod_identity_association", **_association(both))["association"],
        lambda aws, both: aws("eks", "delete_pod_identity_association", **_association(both)),
        "createdAt",
    ),
    "iam:role/(?:.+/)?(.+)": Kind(lambda aws, name: aws("iam", "get_role", RoleName=name)["Role"], _remove_role, "CreateDate"),
    "iam:policy/.+": Kind(lambda aws, arn: aws("iam", "get_policy", PolicyArn=arn)["Policy"], _remove_policy, "CreateDate"),
    "iam:instance-profile/(?:.+/)?(.+)": Kind(
        lambda aws, name: aws("iam", "get_instance_profile", InstanceProfileName=name)["InstanceProfile"], _remove_profile, "CreateDate"
    ),
}
"""By `service:resource part` of the ARN. The group in it is what the service's operations take; without one they take the ARN."""
