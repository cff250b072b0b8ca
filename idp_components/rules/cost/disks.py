"""Rules about disks that cost more than others that do the same."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.rds import is_replica
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true, number

KINDS = (
    "ebs/Volume",
    "ec2/Instance",
    "ec2/LaunchTemplate",
    "ec2/LaunchConfiguration",
    "emr/Cluster",
    "opensearch/Domain",
    "rds/Instance",
)
OLD = ("gp2", "standard")
PROVISIONED = ("io1", "io2")
GP3_IOPS = 16_000
"""Operations per second that gp3 reaches (EBS, "General Purpose SSD volumes")."""


def _disks(resource: Resource) -> Iterator[tuple[Field, Field]]:
    """Type and operations per second of each disk."""
    root = resource.root
    if resource.aws == "ebs/Volume":
        yield root.get("type"), root.get("iops")
    elif resource.aws == "rds/Instance":
        yield root.get("storageType"), root.get("iops")
    elif resource.aws == "opensearch/Domain":
        yield root.get("ebsOptions", "volumeType"), root.get("ebsOptions", "iops")
    elif resource.aws == "emr/Cluster":
        for group in (root.get("masterInstanceGroup"), root.get("coreInstanceGroup")):
            yield from ((disk.get("type"), disk.get("iops")) for disk in group.get("ebsConfigs").items())
    else:
        mapped = (mapping.get("ebs") for mapping in root.get("blockDeviceMappings").items())
        for disk in (root.get("rootBlockDevice"), *root.get("ebsBlockDevices").items(), *mapped):
            yield disk.get("volumeType"), disk.get("iops")


@aws_rule(
    "cost-gp3",
    *KINDS,
    title="Disks are of type gp3.",
    severity=Severity.LOW,
    rationale="gp3 costs a fifth less than gp2, and is as quick at any size.",
    fix="Set the type to gp3; a golden path does.",
    source="https://docs.aws.amazon.com/prescriptive-guidance/latest/optimize-costs-microsoft-workloads/ebs-migrate-gp2-gp3.html",
    framework=None,
)
def gp3(resource: Resource, _options: Options) -> Iterator[Problem]:
    # AWS takes gp2 where a volume, or a database, says nothing.
    says_by_silence = resource.aws in ("ebs/Volume", "rds/Instance") and not is_replica(resource)
    for kind, iops in _disks(resource):
        if kind.value is UNKNOWN or kind.value in OLD:
            yield kind.problem("is an older type; set it to gp3")
        elif kind.value is None and says_by_silence and not is_set(iops):
            yield kind.problem("is unset, which means gp2; set it to gp3")


@aws_rule(
    "cost-provisioned-iops",
    *KINDS,
    title="Disks of type io1 or io2 are there for a reason.",
    severity=Severity.LOW,
    rationale="Up to 16,000 operations per second gp3 does the same for a fraction of the price.",
    fix="Set the type to gp3 with the same iops.",
    source="https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html",
    framework=None,
)
def provisioned_iops(resource: Resource, _options: Options) -> Iterator[Problem]:
    shared = resource.root.get("multiAttachEnabled")
    if is_true(shared.value):
        return  # gp3 can't be attached twice
    for kind, iops in _disks(resource):
        if (kind.value is UNKNOWN or kind.value in PROVISIONED) and not (number(iops.value) or 0) > GP3_IOPS:
            yield kind.problem(f"costs more than gp3, which does up to {GP3_IOPS} operations; set it to gp3", iops, shared)


RULES = (gp3, provisioned_iops)
