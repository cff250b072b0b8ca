"""Inventories: everything that a cluster, an account, a backend and folders have, so that what is left behind shows as a difference."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

VOLATILE = ("events", "events.events.k8s.io", "leases.coordination.k8s.io")
"""Kinds that the cluster's own parts write as they go. The Leases of environments are looked at by their namespaces."""
LISTS: Mapping[tuple[str, str], str] = {
    ("cloudwatch", "describe_alarms"): "MetricAlarms[].AlarmName",
    ("ec2", "describe_security_groups"): "SecurityGroups[].GroupId",
    ("elasticache", "describe_replication_groups"): "ReplicationGroups[].ReplicationGroupId",
    ("elasticache", "describe_users"): "Users[].UserId",
    ("iam", "list_policies"): "Policies[].Arn",
    ("iam", "list_roles"): "Roles[].RoleName",
    ("kms", "list_aliases"): "Aliases[].AliasName",
    ("logs", "describe_log_groups"): "logGroups[].logGroupName",
    ("rds", "describe_db_instances"): "DBInstances[].DBInstanceIdentifier",
    ("rds", "describe_db_parameter_groups"): "DBParameterGroups[].DBParameterGroupName",
    ("rds", "describe_db_subnet_groups"): "DBSubnetGroups[].DBSubnetGroupName",
    ("s3", "list_buckets"): "Buckets[].Name",
    ("secretsmanager", "list_secrets"): "SecretList[].Name",
    ("sns", "list_subscriptions"): "Subscriptions[].SubscriptionArn",
    ("sns", "list_topics"): "Topics[].TopicArn",
    ("sqs", "list_queues"): "QueueUrls[]",
}
"""What each service lists, and where in its answer the names are: of every service that golden paths use."""


def inventory(env: Mapping[str, str], *folders: Path) -> set[str]:
    """Every object, namespaced and not, every resource of AWS, and every file below the folders."""
    return {*objects(env), *resources(env), *files(folders)}


def objects(env: Mapping[str, str]) -> Iterator[str]:
    """`kind namespace/name` of every object of every kind that the API server lists."""
    kinds = _kubectl(env, "api-resources", "--verbs=list", "--output", "name").split()
    listed = json.loads(_kubectl(env, "get", ",".join(set(kinds) - set(VOLATILE)), "--all-namespaces", "--output", "json"))
    for found in listed["items"]:
        metadata = found["metadata"]
        yield f"{found['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def resources(env: Mapping[str, str]) -> Iterator[str]:
    """What the account has, by service; keys that wait for their deletion count as gone."""
    session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"])
    for (service, operation), where in LISTS.items():
        client = session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"])
        scope = {"Scope": "Local"} if operation == "list_policies" else {}
        pages = (
            client.get_paginator(operation).paginate(**scope) if client.can_paginate(operation) else [getattr(client, operation)(**scope)]
        )
        for page in pages:
            yield from (f"{service} {name}" for name in _at(page, where))
    keys = session.client("kms", endpoint_url=env["AWS_ENDPOINT_URL"])
    for key in keys.list_keys()["Keys"]:
        if keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion":
            yield f"kms {key['KeyId']}"


def files(folders: Iterable[Path]) -> Iterator[str]:
    """Every file below the folders, but what Python compiled."""
    for folder in folders:
        yield from (f"file {path}" for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _at(page: Mapping[str, Any], where: str) -> Iterator[str]:
    key, _, name = where.partition("[].")
    for item in page.get(key.removesuffix("[]")) or ():
        yield item[name] if name else item


def _kubectl(env: Mapping[str, str], *arguments: str) -> str:
    return subprocess.run(["kubectl", *arguments], env={**os.environ, **env}, capture_output=True, text=True, check=True).stdout
