"""Rules about tables of DynamoDB, and the caches before them."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.setting import own_key
from idp_components.rules.expect import must_be_true
from idp_components.rules.field import Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true

TABLE, REPLICA = "dynamodb/Table", "dynamodb/TableReplica"


@aws_rule(
    "aws-dynamodb-point-in-time-recovery",
    TABLE,
    REPLICA,
    title="A table can be restored to any second of the last weeks.",
    severity=Severity.MEDIUM,
    rationale="A program that deletes the wrong items is noticed later; without recovery they are gone.",
    fix="Set pointInTimeRecovery.enabled to true, and pointInTimeRecovery of each of its replicas.",
    **fsbp("DynamoDB.2"),
)
def point_in_time_recovery(resource: Resource, _options: Options) -> Iterator[Problem]:
    recovery = resource.root.get("pointInTimeRecovery")
    yield from must_be_true(recovery if resource.aws == REPLICA else recovery.get("enabled"))
    for replica in resource.root.get("replicas").items():
        yield from must_be_true(replica.get("pointInTimeRecovery"))


@aws_rule(
    "aws-dynamodb-deletion-protection",
    TABLE,
    REPLICA,
    title="A table can't be deleted by mistake.",
    severity=Severity.MEDIUM,
    rationale="One wrong plan, or one hasty click, deletes the table with its items.",
    fix="Set deletionProtectionEnabled to true, and that of each of its replicas.",
    **fsbp("DynamoDB.6"),
)
def deletion_protection(resource: Resource, _options: Options) -> Iterator[Problem]:
    for table in (resource.root, *resource.root.get("replicas").items()):
        yield from must_be_true(table.get("deletionProtectionEnabled"))


@aws_rule(
    "aws-dynamodb-key",
    TABLE,
    REPLICA,
    title="A table is encrypted with a key of one's own.",
    severity=Severity.LOW,
    rationale="A table is always encrypted, but with the key of AWS nobody can say who may read it.",
    fix="Set serverSideEncryption.enabled to true and kmsKeyArn to a key of KMS; kmsKeyArn of a replica to one of its region.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html",
    framework=None,
)
def key(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws == REPLICA:
        yield from own_key(resource.root.get("kmsKeyArn"))
        return
    encryption = resource.root.get("serverSideEncryption")
    if is_true(encryption.get("enabled").value):
        yield from own_key(encryption.get("kmsKeyArn"))
    else:
        yield from must_be_true(encryption.get("enabled"))
    for replica in resource.root.get("replicas").items():
        yield from own_key(replica.get("kmsKeyArn"))


@aws_rule(
    "aws-dax-encryption",
    "dax/Cluster",
    title="A cache of DynamoDB is encrypted, at rest and on the way.",
    severity=Severity.MEDIUM,
    rationale="The cache holds the items of the table, on disk and on the network.",
    fix="Set serverSideEncryption.enabled to true and clusterEndpointEncryptionType to TLS.",
    **fsbp("DynamoDB.3", "DynamoDB.7"),
)
def dax_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get("serverSideEncryption", "enabled"))
    endpoint = resource.root.get("clusterEndpointEncryptionType")
    if endpoint.value != "TLS":
        yield endpoint.problem("lets clients in without TLS; set it to TLS")


RULES = (point_in_time_recovery, deletion_protection, key, dax_encryption)
