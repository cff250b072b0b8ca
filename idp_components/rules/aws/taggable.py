"""Tags: which resources of AWS have them, and where a resource's own and its provider's tags stand."""

from __future__ import annotations

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource

TAGGABLE = (
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
    "s3/Bucket",
    "secretsmanager/Secret",
    "sns/Topic",
    "sqs/Queue",
    "ssm/Parameter",
)
"""What costs, or holds something, and has its tags as an object under `tags`."""


def tags(resource: Resource) -> dict[str, Field]:
    """A resource's tags by key: its own, and those of its provider where the engine shows them (`tagsAll`).

    Where they are unknown, the unknown object stands under the empty key.
    """
    found: dict[str, Field] = {}
    for place in (resource.root.get("tagsAll"), resource.root.get("tags")):
        if place.value is UNKNOWN:
            found[""] = place
        else:
            found.update({str(entry.key): entry for entry in place.entries()})
    return found
