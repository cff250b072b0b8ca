"""Tags: which resources of AWS have them, and where a resource's own and its provider's tags stand."""

from __future__ import annotations

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource

TAGGABLE = (
    "amp/Workspace",
    "autoscaling/Group",
    "backup/Plan",
    "backup/Vault",
    "cloudtrail/Trail",
    "cloudwatch/LogGroup",
    "cloudwatch/MetricAlarm",
    "dax/Cluster",
    "docdb/Cluster",
    "docdb/ClusterInstance",
    "dynamodb/Table",
    "ebs/Snapshot",
    "ebs/Volume",
    "ec2/Eip",
    "ec2/Instance",
    "ec2/LaunchTemplate",
    "ec2/NatGateway",
    "ec2/SecurityGroup",
    "ec2/Subnet",
    "ec2/Vpc",
    "ec2transitgateway/TransitGateway",
    "ecr/Repository",
    "ecs/Cluster",
    "ecs/Service",
    "ecs/TaskDefinition",
    "efs/AccessPoint",
    "efs/FileSystem",
    "eks/Cluster",
    "eks/NodeGroup",
    "elasticache/Cluster",
    "elasticache/ReplicationGroup",
    "elasticache/ServerlessCache",
    "iam/Role",
    "kms/Key",
    "lambda/Function",
    "lb/LoadBalancer",
    "lb/TargetGroup",
    "msk/Cluster",
    "neptune/Cluster",
    "opensearch/Domain",
    "rds/Cluster",
    "rds/ClusterInstance",
    "rds/Instance",
    "rds/Proxy",
    "redshift/Cluster",
    "route53/Zone",
    "s3/Bucket",
    "secretsmanager/Secret",
    "sns/Topic",
    "sqs/Queue",
    "ssm/Parameter",
)
"""What costs, or holds something, and has its tags under `tags`: as an object, or as LISTED."""
LISTED = ("autoscaling/Group",)
"""Kinds whose tags are a list of keys and values. A provider's tags don't reach them."""


def tags(resource: Resource) -> dict[str, Field]:
    """A resource's tags by key: its own, and those of its provider where the engine shows them (`tagsAll`).

    Where they are unknown, what is unknown stands under the empty key.
    """
    found: dict[str, Field] = {}
    for place in (resource.root.get("tagsAll"), resource.root.get("tags")):
        if place.value is UNKNOWN:
            found[""] = place
        elif resource.aws in LISTED:
            found.update(_pair(tag) for tag in place.items())
        else:
            found.update({str(entry.key): entry for entry in place.entries()})
    return found


def _pair(tag: Field) -> tuple[str, Field]:
    key = tag.get("key")
    return ("", key) if key.value is UNKNOWN else (str(key.value), tag.get("value"))
