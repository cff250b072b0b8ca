"""Rules about where things are, how large they may be, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, ResourceRule, Severity, aws_kind
from idp_components.rules.options import texts
from idp_components.rules.values import one_or_many

PROVIDER = "pulumi:providers:aws"
REGION = re.compile(
    r"(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-z]?)?-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[0-9]"
)
REGION_KEYS = (
    "region",
    "availabilityZone",
    "availabilityZones",
    "preferredCacheClusterAzs",
    "destinationRegion",
    "sourceRegion",
    "primaryRegion",
)
ARN_KEYS = ("replicateSourceDb", "replicationSourceIdentifier", "kmsKeyId", "kmsKeyArn", "snapshotIdentifier", "arn")
REGION_LISTS = ("replicas", "replica")
"""Lists of copies in other regions: of a table, and of a secret."""
CLASSES = {
    "rds/Instance": ("rds", ("instanceClass",)),
    "rds/ClusterInstance": ("rds", ("instanceClass",)),
    "rds/Cluster": ("rds", ("dbClusterInstanceClass",)),
    "docdb/ClusterInstance": ("rds", ("instanceClass",)),
    "neptune/ClusterInstance": ("rds", ("instanceClass",)),
    "elasticache/ReplicationGroup": ("elasticache", ("nodeType",)),
    "elasticache/Cluster": ("elasticache", ("nodeType",)),
    "ec2/Instance": ("ec2", ("instanceType",)),
    "ec2/LaunchTemplate": ("ec2", ("instanceType",)),
    "eks/NodeGroup": ("ec2", ("instanceTypes",)),
    "opensearch/Domain": ("opensearch", ("clusterConfig", "instanceType")),
    "redshift/Cluster": ("redshift", ("nodeType",)),
    "msk/Cluster": ("msk", ("brokerNodeGroupInfo", "instanceType")),
}
"""Service, as the options name it, and the property with the class, by kind."""
NAMES = ("name", "identifier", "clusterIdentifier", "replicationGroupId", "clusterId", "bucket", "bucketPrefix", "namePrefix")


def _check_region(resource: Resource, options: Options) -> Iterator[Problem]:
    allowed = options.get("regions", ())
    for place in _regions(resource.root) if allowed else ():
        region = REGION.search(place.value) if isinstance(place.value, str) else None
        if (region and region[0] not in allowed) or (place.value is UNKNOWN and place.key not in ARN_KEYS):
            yield place.problem(f"is in a region that is not approved; use {' or '.join(allowed)}")


def _regions(root: Field) -> Iterator[Field]:
    for key in (*REGION_KEYS, *ARN_KEYS):
        yield from one_or_many(root.get(key))
    for key in REGION_LISTS:
        for copy in root.get(key).items():
            for name in ("regionName", "region"):
                if is_set(copy.get(name)):
                    yield copy.get(name)


approved_regions = ResourceRule(
    id="organisation-approved-regions",
    title="Everything is in an approved region.",
    severity=Severity.HIGH,
    applies=lambda token: token == PROVIDER or bool(aws_kind(token)),
    check=_check_region,
    rationale="Customers' data may not leave some countries, and nobody watches a region that nobody should use.",
    fix="Set aws:region to an approved region; name zones and copies of it alone.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_securely_operate_control_objectives.html",
    options={"regions": texts((), 'Regions, for example ["eu-central-1"]; empty allows any.')},
)


@aws_rule(
    "organisation-instance-classes",
    *CLASSES,
    title="Instances have an approved class.",
    severity=Severity.LOW,
    rationale="Savings plans and support cover the classes that were agreed on, and not what somebody once tried.",
    fix="Leave the class to the profile; otherwise use an approved one.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/cost_type_size_number_resources_data.html",
    framework=None,
    options={
        service: texts((), f"Classes of {service}, with * for any text; empty allows any.")
        for service in dict.fromkeys(service for service, _ in CLASSES.values())
    },
)
def instance_classes(resource: Resource, options: Options) -> Iterator[Problem]:
    service, keys = CLASSES[resource.aws]
    allowed = options.get(service, ())
    for chosen in one_or_many(resource.root.get(*keys)) if allowed else ():
        if not (isinstance(chosen.value, str) and any(fnmatchcase(chosen.value, pattern) for pattern in allowed)):
            yield chosen.problem(f"is not approved; use {' or '.join(allowed)}")


def _check_name(resource: Resource, options: Options) -> Iterator[Problem]:
    patterns = options.get("patterns", ())
    for name in (resource.root.get(key) for key in NAMES) if patterns else ():
        if is_set(name) and not (isinstance(name.value, str) and any(_matches(pattern, name.value) for pattern in patterns)):
            yield name.problem(f"has another form than {' or '.join(patterns)}; rename it")


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False


names = ResourceRule(
    id="organisation-names",
    title="Names have the form that was agreed on.",
    severity=Severity.LOW,
    applies=lambda token: bool(aws_kind(token)),
    check=_check_name,
    rationale="People and scripts find things by their names.",
    fix="Leave the name to the golden path; otherwise follow the form.",
    source="https://docs.aws.amazon.com/prescriptive-guidance/latest/transitioning-to-multiple-aws-accounts/resource-naming.html",
    options={"patterns": texts((), 'Regular expressions, for example ["[a-z]+-(dev|production)-.+"]; empty allows any.')},
)

RULES = (approved_regions, instance_classes, names)
