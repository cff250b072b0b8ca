"""Tags: which resources of AWS have them, and where a resource's own and its provider's tags stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from idp_components.rules.aws.tables import table
from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource
from idp_components.rules.regex import regex

FILE = Path(__file__).with_suffix(".txt")
FREE = (
    # How others are set, and parts of them
    "*/*ParameterGroup",
    "*/*SubnetGroup",
    "*/EventSubscription",
    "*/InstanceProfile",
    "*/Listener*",
    "*/OptionGroup",
    "apigateway*/DomainName*",
    "apigateway/ApiKey",
    "apigateway/UsagePlan",
    "appautoscaling/Target",
    "cloudwatch/EventRule",
    "cloudwatch/LogDelivery*",
    "codedeploy/*",
    "codestarnotifications/NotificationRule",
    "cognito/IdentityPool",
    "ecs/CapacityProvider",
    "eks/AccessEntry",
    "eks/Addon",
    "eks/IdentityProviderConfig",
    "eks/PodIdentityAssociation",
    "lambda/CodeSigningConfig",
    "lambda/EventSourceMapping",
    "mq/Configuration",
    "mskconnect/WorkerConfiguration",
    "s3/BucketObject*",
    "s3/ObjectCopy",
    "sagemaker/*Config",
    "ssm/Association",
    # What packets pass without a price
    "*/*RouteTable*",
    "ec2/*InternetGateway",
    "ec2/CarrierGateway",
    "ec2/CustomerGateway",
    "ec2/Default*",
    "ec2/ManagedPrefixList",
    "ec2/NetworkAcl",
    "ec2/NetworkInterface",
    "ec2/VpcBlockPublicAccessExclusion",
    "ec2/VpcDhcpOptions",
    "ec2/VpcPeeringConnection*",
    "vpc/SecurityGroup*Rule",
    # Identities, and what joins accounts
    "acm/Certificate",
    "codeconnections/Connection",
    "codestarconnections/Connection",
    "ec2/KeyPair",
    "elasticache/User*",
    "iam/*Provider",
    "iam/Policy",
    "iam/ServerCertificate",
    "iam/ServiceLinkedRole",
    "memorydb/Acl",
    "memorydb/User",
    "organizations/*Policy",
    "ram/*",
    "rolesanywhere/*",
    "ssoadmin/*",
    # Groups of what is paid for itself
    "batch/SchedulingPolicy",
    "ec2/PlacementGroup",
    "resourceexplorer/*",
    "resourcegroups/Group",
    "scheduler/ScheduleGroup",
    "xray/*",
    # Only a later edition has tags
    "securityhub/Account",
)
"""What has tags, but costs nothing and holds nothing, or can't always be tagged; patterns of kinds."""


def kinds() -> Iterator[str]:
    """All kinds with tags that pulumi_aws knows, as `rds/Instance`."""
    return (f"{service}/{kind}" for service, names in table(FILE).items() for kind in names)


_FREE = regex("|".join(pattern.replace("*", ".*") for pattern in FREE))
TAGGABLE = tuple(kind for kind in kinds() if not _FREE.fullmatch(kind))
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
