"""Rules about disks that cost more than others that do the same."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.rds import is_replica
from idp_components.rules.aws.ways import below
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true, number

OF_MACHINE = (("rootBlockDevice",), ("ebsBlockDevices",))
OF_DOMAIN = (("ebsOptions",),)
DISKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ebs/Volume": ((),),
    "ec2/Instance": OF_MACHINE,
    "ec2/LaunchConfiguration": OF_MACHINE,
    "ec2/LaunchTemplate": (("blockDeviceMappings", "ebs"),),
    "ec2/SpotFleetRequest": (("launchSpecifications", "rootBlockDevices"), ("launchSpecifications", "ebsBlockDevices")),
    "ec2/SpotInstanceRequest": OF_MACHINE,
    "elasticsearch/Domain": OF_DOMAIN,
    "emr/Cluster": (("masterInstanceGroup", "ebsConfigs"), ("coreInstanceGroup", "ebsConfigs")),
    "opensearch/Domain": OF_DOMAIN,
    "rds/Instance": ((),),
}
"""The ways to the disks of each kind."""
TYPES = {"ebs/Volume": "type", "emr/Cluster": "type", "rds/Instance": "storageType"}
"""What kinds call the type of a disk that most call `volumeType`."""
GP2_BY_SILENCE = (
    ("ebs/Volume", ()),
    ("ec2/Instance", ("ebsBlockDevices",)),
    ("ec2/SpotInstanceRequest", ("ebsBlockDevices",)),
    ("rds/Instance", ()),
)
"""Disks that are gp2 where nothing is said."""
EBS_DRIVERS, IN_TREE = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com"), "kubernetes.io/aws-ebs"
"""Who makes volumes of EBS for Kubernetes; the last one makes gp2 where nothing is said ("Storage Classes", AWS EBS)."""
OLD = ("gp2", "standard")
PROVISIONED = ("io1", "io2")
GP3_IOPS = 16_000
"""Operations per second that gp3 reaches (EBS, "General Purpose SSD volumes")."""


def _disks(resource: Resource) -> Iterator[tuple[Field, Field, bool]]:
    """Type and operations per second of each disk, and whether it is gp2 where no type is said."""
    for way in DISKS[resource.aws]:
        for disk in below(resource.root, way):
            yield disk.get(TYPES.get(resource.aws, "volumeType")), disk.get("iops"), (resource.aws, way) in GP2_BY_SILENCE


@aws_rule(
    "cost-gp3",
    *DISKS,
    title="Disks are of type gp3.",
    severity=Severity.LOW,
    rationale="gp3 costs a fifth less than gp2, and is as quick at any size.",
    fix="Set the type to gp3; a golden path does.",
    source="https://docs.aws.amazon.com/prescriptive-guidance/latest/optimize-costs-microsoft-workloads/ebs-migrate-gp2-gp3.html",
    framework=None,
)
def gp3(resource: Resource, _options: Options) -> Iterator[Problem]:
    for kind, iops, by_silence in _disks(resource):
        if kind.value is UNKNOWN or kind.value in OLD:
            yield kind.problem("is an older type; set it to gp3")
        elif kind.value is None and by_silence and not is_replica(resource) and not is_set(iops):
            yield kind.problem("is unset, which means gp2; set it to gp3")


@object_rule(
    "cost-storage-class",
    {("storage.k8s.io", "StorageClass")},
    title="Volumes of Kubernetes on EBS are of type gp3.",
    severity=Severity.LOW,
    rationale="Every volume that teams claim by this class costs a fifth more than one of gp3, and is no quicker.",
    fix="Set parameters.type to gp3, with the provisioner ebs.csi.aws.com.",
    source="https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md",
)
def storage_class(resource: Resource, _options: Options) -> Iterator[Problem]:
    driver, kind = resource.root.get("provisioner"), resource.root.get("parameters", "type")
    if driver.value in (*EBS_DRIVERS, IN_TREE, UNKNOWN):
        if kind.value is UNKNOWN or kind.value in OLD:
            yield kind.problem("is an older type; set it to gp3", driver)
        elif kind.value is None and driver.value not in EBS_DRIVERS:
            yield kind.problem("is unset, which means gp2; set it to gp3", driver)


@aws_rule(
    "cost-provisioned-iops",
    *DISKS,
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
    for kind, iops, _ in _disks(resource):
        if (kind.value is UNKNOWN or kind.value in PROVISIONED) and not (number(iops.value) or 0) > GP3_IOPS:
            yield kind.problem(f"costs more than gp3, which does up to {GP3_IOPS} operations; set it to gp3", iops, shared)


RULES = (gp3, storage_class, provisioned_iops)
