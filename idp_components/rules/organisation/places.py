"""Rules about where things are, how large they may be, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, ResourceRule, Severity, aws_kind
from idp_components.rules.options import texts
from idp_components.rules.regex import regex
from idp_components.rules.values import one_or_many

PROVIDER = "pulumi:providers:aws"
REGION = regex(
    r"(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-z]?)?|eusc-de)"
    r"-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[0-9]"
)
ZONE_ID = regex(r"(?P<region>[a-z]+[0-9])-(?:[a-z0-9]+-)?az[0-9]+")
"""A zone by its id, whichever name an account has for it: `use1-az2` is in us-east-1."""
REGION_KEYS = (
    "region",
    "availabilityZone",
    "availabilityZones",
    "availabilityZoneId",
    "preferredAvailabilityZones",
    "preferredCacheClusterAzs",
    "destinationRegion",
    "sourceRegion",
    "primaryRegion",
    "stackSetInstanceRegion",
    "endpointGroupRegion",
)
REGION_OF = {"cloudformation/StackInstances": "regions", "directoryservice/ServiceRegion": "regionName"}
"""Properties that mean something else in other kinds: the regions that a health check of Route 53 comes from."""
ARN_KEYS = ("replicateSourceDb", "replicationSourceIdentifier", "kmsKeyId", "kmsKeyArn", "snapshotIdentifier", "arn", "destinationVaultArn")
REGION_LISTS = ("replicas", "replica")
"""Lists of copies in other regions: of a table, and of a secret."""
COPIES = {
    "backup/Plan": ("rules", "copyActions"),
    "dlm/LifecyclePolicy": ("policyDetails", "schedules", "crossRegionCopyRules"),
    "ecr/ReplicationConfiguration": ("replicationConfiguration", "rules", "destinations"),
    "efs/ReplicationConfiguration": ("destination",),
}
"""Where other kinds say that they copy into other regions."""
COPY_KEYS = ("regionName", "region", "availabilityZoneName", "target", "targetRegion", "destinationVaultArn")
"""What says of a copy where it goes."""
SEARCH_CLASSES = ("clusterConfig.instanceType", "clusterConfig.dedicatedMasterType", "clusterConfig.warmType")
CLASSES = {
    "rds/Instance": ("rds", ("instanceClass",)),
    "rds/ClusterInstance": ("rds", ("instanceClass",)),
    "rds/Cluster": ("rds", ("dbClusterInstanceClass",)),
    "docdb/ClusterInstance": ("rds", ("instanceClass",)),
    "neptune/ClusterInstance": ("rds", ("instanceClass",)),
    "elasticache/ReplicationGroup": ("elasticache", ("nodeType",)),
    "elasticache/Cluster": ("elasticache", ("nodeType",)),
    "memorydb/Cluster": ("memorydb", ("nodeType",)),
    "autoscaling/Group": ("ec2", ("mixedInstancesPolicy.launchTemplate.overrides.instanceType",)),
    "batch/ComputeEnvironment": ("ec2", ("computeResources.instanceTypes",)),
    "ec2/Fleet": ("ec2", ("launchTemplateConfigs.overrides.instanceType",)),
    "ec2/Instance": ("ec2", ("instanceType",)),
    "ec2/LaunchConfiguration": ("ec2", ("instanceType",)),
    "ec2/LaunchTemplate": ("ec2", ("instanceType",)),
    "ec2/SpotFleetRequest": ("ec2", ("launchSpecifications.instanceType", "launchTemplateConfigs.overrides.instanceType")),
    "ec2/SpotInstanceRequest": ("ec2", ("instanceType",)),
    "eks/NodeGroup": ("ec2", ("instanceTypes",)),
    "emr/Cluster": ("ec2", ("masterInstanceGroup.instanceType", "coreInstanceGroup.instanceType")),
    "elasticsearch/Domain": ("opensearch", SEARCH_CLASSES),
    "opensearch/Domain": ("opensearch", SEARCH_CLASSES),
    "redshift/Cluster": ("redshift", ("nodeType",)),
    "msk/Cluster": ("msk", ("brokerNodeGroupInfo.instanceType",)),
    "dms/ReplicationInstance": ("dms", ("replicationInstanceClass",)),
    "sagemaker/NotebookInstance": ("sagemaker", ("instanceType",)),
}
"""Service, as the options name it, and the properties with a class, by kind."""
OTHERS_NAMES = (
    "ecs/AccountSettingDefault",
    "guardduty/DetectorFeature",
    "guardduty/OrganizationConfigurationFeature",
    "route53/Record",
    "route53/Zone",
    "servicediscovery/PrivateDnsNamespace",
    "servicediscovery/PublicDnsNamespace",
)
"""Kinds whose names are those of DNS, or of what AWS offers."""
OF_AWS = regex(r"\$?default|/aws/.+")
"""Names that AWS gives: to what each account has one of, and to the logs of its services."""
PREFIX = regex(r"^(?:alias/|aws-waf-logs-)")
"""What AWS wants in front of a name."""
NAMES = ("name", "identifier", "clusterIdentifier", "replicationGroupId", "clusterId", "bucket", "bucketPrefix", "namePrefix")
NAME_OF = {
    "elasticsearch/Domain": "domainName",
    "mq/Broker": "brokerName",
    "msk/Cluster": "clusterName",
    "opensearch/Domain": "domainName",
    "rds/GlobalCluster": "globalClusterIdentifier",
    "redshiftserverless/Namespace": "namespaceName",
    "redshiftserverless/Workgroup": "workgroupName",
}
"""Properties that are a name in one kind, and refer to something in others."""


def _check_region(resource: Resource, options: Options) -> Iterator[Problem]:
    allowed = options.get("regions", ())
    for place in _regions(resource) if allowed else ():
        if _is_elsewhere(place.value, allowed) or (place.value is UNKNOWN and place.key not in ARN_KEYS):
            yield place.problem(f"is in a region that is not approved; use {' or '.join(allowed)}")


def _is_elsewhere(text: Any, allowed: Iterable[str]) -> bool:
    """Whether a text names a region that isn't allowed, or a zone of one by its id."""
    if not isinstance(text, str):
        return False
    where = text.split(":")[3] if text.startswith("arn:") and text.count(":") > 3 else text
    region, zone = REGION.search(where), ZONE_ID.fullmatch(text)
    return bool((region and region[0] not in allowed) or (zone and zone["region"] not in map(_short, allowed)))


def _short(region: str) -> str:
    """A region as the ids of its zones begin: `ap-southeast-2` → `apse2`."""
    first, *parts = re.sub("(north|south)(?=east|west)", r"\1-", region).split("-")
    return first + "".join(part[0] for part in parts if part)


def _regions(resource: Resource) -> Iterator[Field]:
    root = resource.root
    for key in (*REGION_KEYS, *ARN_KEYS, *filter(None, (REGION_OF.get(resource.aws),))):
        yield from one_or_many(root.get(key))
    copies = [copy for key in REGION_LISTS for copy in root.get(key).items()]
    if resource.aws in COPIES:
        copies += _below(root, COPIES[resource.aws])
    for copy in copies:
        for name in COPY_KEYS:
            if is_set(copy.get(name)):
                yield copy.get(name)


def _below(root: Field, keys: Iterable[str]) -> list[Field]:
    """What stands below some keys, in each element of the lists on the way."""
    found = [root]
    for key in keys:
        found = [each for field in found for each in one_or_many(field.get(key))]
    return found


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
    allowed = options.get(CLASSES[resource.aws][0], ())
    for chosen in classes(resource) if allowed else ():
        if not (isinstance(chosen.value, str) and any(fnmatchcase(_sizes(chosen.value), pattern) for pattern in allowed)):
            yield chosen.problem(f"is not approved; use {' or '.join(allowed)}")


def classes(resource: Resource) -> list[Field]:
    """The classes that a resource of a kind in CLASSES asks for."""
    return [chosen for path in CLASSES[resource.aws][1] for chosen in _below(resource.root, path.split("."))]


def _sizes(chosen: str) -> str:
    """A class; where only a family is named (`m7g`, to Batch), all of its sizes."""
    return chosen if "." in chosen else f"{chosen}.*"


def _check_name(resource: Resource, options: Options) -> Iterator[Problem]:
    patterns = options.get("patterns", ())
    keys = (*NAMES, *filter(None, (NAME_OF.get(resource.aws),)))
    for name in map(resource.root.get, keys) if patterns else ():
        if is_set(name) and not (isinstance(name.value, str) and _has_form(name.value, patterns)):
            yield name.problem(f"has another form than {' or '.join(patterns)}; rename it")


def _has_form(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is of the form, or none of ours."""
    own = PREFIX.sub("", name)
    return OF_AWS.fullmatch(name) is not None or any(_matches(pattern, name) or _matches(pattern, own) for pattern in patterns)


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False


names = ResourceRule(
    id="organisation-names",
    title="Names have the form that was agreed on.",
    severity=Severity.LOW,
    applies=lambda token: aws_kind(token) not in ("", *OTHERS_NAMES),
    check=_check_name,
    rationale="People and scripts find things by their names.",
    fix="Leave the name to the golden path; otherwise follow the form.",
    source="https://docs.aws.amazon.com/prescriptive-guidance/latest/transitioning-to-multiple-aws-accounts/resource-naming.html",
    options={"patterns": texts((), 'Regular expressions, for example ["[a-z]+-(dev|production)-.+"]; empty allows any.')},
)

RULES = (approved_regions, instance_classes, names)
