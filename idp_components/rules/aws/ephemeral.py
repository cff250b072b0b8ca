"""Rules about environments that end: nothing there may hold on to itself, or reach for production's data."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.core.labels import EXPIRES_AFTER, EXPIRES_AT
from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.production_data import production_data
from idp_components.rules.aws.taggable import TAGGABLE, tags
from idp_components.rules.expect import is_set, must_be_true, must_not_be_true
from idp_components.rules.field import Field, Problem
from idp_components.rules.lifetime import hours, is_far, moment
from idp_components.rules.model import Options, Resource, ResourceRule, Severity
from idp_components.rules.options import whole_number
from idp_components.rules.values import is_false

DELETION_PROTECTION = {
    "alb/LoadBalancer": "enableDeletionProtection",
    "cloudwatch/LogGroup": "deletionProtectionEnabled",
    "cognito/UserPool": "deletionProtection",
    "docdb/Cluster": "deletionProtection",
    "docdb/GlobalCluster": "deletionProtection",
    "dsql/Cluster": "deletionProtectionEnabled",
    "dynamodb/Table": "deletionProtectionEnabled",
    "dynamodb/TableReplica": "deletionProtectionEnabled",
    "ec2/Instance": "disableApiTermination",
    "ec2/LaunchTemplate": "disableApiTermination",
    "ec2/SpotInstanceRequest": "disableApiTermination",
    "eks/Cluster": "deletionProtection",
    "emr/Cluster": "terminationProtection",
    "lb/LoadBalancer": "enableDeletionProtection",
    "neptune/Cluster": "deletionProtection",
    "neptune/GlobalCluster": "deletionProtection",
    "neptunegraph/Graph": "deletionProtection",
    "networkfirewall/Firewall": "deleteProtection",
    "pinpoint/Smsvoicev2PhoneNumber": "deletionProtectionEnabled",
    "pinpoint/Smsvoicev2Pool": "deletionProtectionEnabled",
    "pinpoint/Smsvoicev2SenderId": "deletionProtectionEnabled",
    "rds/Cluster": "deletionProtection",
    "rds/GlobalCluster": "deletionProtection",
    "rds/Instance": "deletionProtection",
    "verifiedpermissions/PolicyStore": "deletionProtection",
}
"""The property that keeps a resource from being deleted, by kind."""
PROTECTED_BY_DEFAULT = {
    "cloudtrail/EventDataStore": "terminationProtectionEnabled",
    "qldb/Ledger": "deletionProtection",
}
"""The same, where unset means protected."""
OFF = ("INACTIVE", "DISABLED")
"""What it says where it is no boolean."""
MULTI_AZ = {
    "cloudsearch/Domain": ("multiAz",),
    "dms/ReplicationInstance": ("multiAz",),
    "elasticache/ReplicationGroup": ("multiAzEnabled",),
    "opensearch/Domain": ("clusterConfig", "zoneAwarenessEnabled"),
    "elasticsearch/Domain": ("clusterConfig", "zoneAwarenessEnabled"),
    "rds/Instance": ("multiAz",),
    "redshift/Cluster": ("multiAz",),
}
ZONES = {
    "elasticache/Cluster": "azMode",
    "fsx/OntapFileSystem": "deploymentType",
    "fsx/OpenZfsFileSystem": "deploymentType",
    "fsx/WindowsFileSystem": "deploymentType",
    "mq/Broker": "deploymentMode",
}
"""The property that says by a word in how many zones something is: all that begin with `single` are one."""
FINAL_SNAPSHOT = {
    "docdb/Cluster": "skipFinalSnapshot",
    "fsx/OntapVolume": "skipFinalBackup",
    "fsx/OpenZfsFileSystem": "skipFinalBackup",
    "fsx/WindowsFileSystem": "skipFinalBackup",
    "lightsail/Database": "skipFinalSnapshot",
    "neptune/Cluster": "skipFinalSnapshot",
    "rds/Cluster": "skipFinalSnapshot",
    "rds/Instance": "skipFinalSnapshot",
    "redshift/Cluster": "skipFinalSnapshot",
}
"""Kinds that leave a snapshot unless this says that they don't."""
ASKED_SNAPSHOT = {
    "ebs/Volume": "finalSnapshot",
    "elasticache/Cluster": "finalSnapshotIdentifier",
    "elasticache/ReplicationGroup": "finalSnapshotIdentifier",
    "memorydb/Cluster": "finalSnapshotName",
}
"""Kinds that leave one where this asks for it, mostly by a name."""
FORCE = {
    "athena/Database": "forceDestroy",
    "athena/Workgroup": "forceDestroy",
    "backup/Vault": "forceDestroy",
    "ecr/Repository": "forceDelete",
    "ecrpublic/Repository": "forceDestroy",
    "lightsail/Bucket": "forceDelete",
    "route53/Zone": "forceDestroy",
    "s3/Bucket": "forceDestroy",
    "s3/DirectoryBucket": "forceDestroy",
    "s3/VectorsVectorBucket": "forceDestroy",
    "s3tables/TableBucket": "forceDestroy",
}
LONGEST_HOURS = 336
"""Hours (the profile's `ttl_hours_max`)."""
RUNBOOK = (
    "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/cost_decommissioning_resources_implement_process.html"
)


def _deletion_protection(resource: Resource, _options: Options) -> Iterator[Problem]:
    if key := DELETION_PROTECTION.get(resource.aws):
        protection = resource.root.get(key)
        if protection.value not in OFF:
            yield from must_not_be_true(protection)
    elif key := PROTECTED_BY_DEFAULT.get(resource.aws):
        protection = resource.root.get(key)
        if not is_false(protection.value):
            yield protection.problem("keeps it from being deleted, also where it is unset; set it to false")
    if resource.protected:
        yield resource.root.problem("is protected by its program; remove protect=True")


deletion_protection = ResourceRule(
    id="ephemeral-deletion-protection",
    title="Nothing in an environment that ends is protected from deletion.",
    severity=Severity.MEDIUM,
    applies=lambda _token: True,  # a program can protect anything
    check=_deletion_protection,
    rationale="The environment's end fails there, and what is left is paid for until somebody finds it.",
    fix="Use a golden path, whose preview profile protects nothing; otherwise set the protection to false.",
    source=RUNBOOK,
)


@aws_rule(
    "ephemeral-multi-az",
    *MULTI_AZ,
    *ZONES,
    "rds/Cluster",
    title="Nothing in an environment that ends is there twice.",
    severity=Severity.LOW,
    rationale="A second zone doubles the price of something that nobody depends on.",
    fix="Use a golden path, whose preview profile has one zone; otherwise set Multi-AZ to false, or choose a single zone.",
    source=RUNBOOK,
    framework=None,
)
def multi_az(resource: Resource, _options: Options) -> Iterator[Problem]:
    root = resource.root
    if resource.aws in MULTI_AZ:
        yield from must_not_be_true(root.get(*MULTI_AZ[resource.aws]))
    elif resource.aws in ZONES:
        zones = root.get(ZONES[resource.aws])
        if zones.value is not None and not str(zones.value).lower().startswith("single"):
            yield zones.problem("is in more than one zone; choose a single one")
    elif is_set(of_instances := root.get("dbClusterInstanceClass")):
        # Whoever gives a cluster the class of its instances asks for a Multi-AZ DB cluster: it has three.
        yield of_instances.problem("makes instances in three zones; use an Instance, or Aurora with one ClusterInstance")


@aws_rule(
    "ephemeral-final-snapshot",
    *FINAL_SNAPSHOT,
    *ASKED_SNAPSHOT,
    title="What ends leaves no snapshot.",
    severity=Severity.LOW,
    rationale="Every environment would leave one behind, and the next of the same name can't make its own.",
    fix="Use a golden path; otherwise set skipFinalSnapshot (skipFinalBackup) to true, and remove the final snapshot's name.",
    source=RUNBOOK,
    framework=None,
)
def final_snapshot(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws in FINAL_SNAPSHOT:
        yield from must_be_true(resource.root.get(FINAL_SNAPSHOT[resource.aws]))
    elif is_set(asked := resource.root.get(ASKED_SNAPSHOT[resource.aws])) and not is_false(asked.value):
        yield asked.problem("leaves a snapshot behind; remove it")


@aws_rule(
    "ephemeral-force-destroy",
    *FORCE,
    title="What ends may be deleted with what is in it.",
    severity=Severity.LOW,
    rationale="A bucket, database or repository that isn't empty stops the environment's end.",
    fix="Use a Bucket, whose preview profile does; otherwise set forceDestroy (forceDelete of a repository and in Lightsail) to true.",
    source=RUNBOOK,
    framework=None,
)
def force_destroy(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get(FORCE[resource.aws]))


@aws_rule(
    "ephemeral-expiry-tag",
    *TAGGABLE,
    title="What costs or holds something says when its environment ends.",
    severity=Severity.MEDIUM,
    rationale="What a failed clean-up leaves behind is found, and safe to delete, by its tag alone.",
    fix=f"Use a golden path, which tags what it makes; otherwise set the tag {EXPIRES_AFTER} to the hours, or {EXPIRES_AT} to the moment.",
    source="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    framework=None,
    options={"hours": whole_number(LONGEST_HOURS, "Longest life in hours.")},
)
def expiry_tag(resource: Resource, options: Options) -> Iterator[Problem]:
    longest = options.get("hours", LONGEST_HOURS)
    place, found = resource.root.get("tags"), tags(resource)
    after, at = (tag if (tag := found.get(key)) and tag.value is not None else None for key in (EXPIRES_AFTER, EXPIRES_AT))
    if after is None and at is None:
        yield place.problem(f"has neither {EXPIRES_AFTER} nor {EXPIRES_AT}; add one", *found.values())
    if after is not None and not 0 < (hours(after.value) or 0) <= longest:
        yield after.problem(f"is no number of hours from 1 to {longest:g}; correct it")
    if at is not None:
        end = moment(at.value)
        if end is None:
            yield at.problem("is no moment; write it as 2026-12-01T18:00:00Z")
        elif is_far(end, Field(None), options.get("now"), longest):
            yield at.problem(f"is more than {longest:g} hours away; end it sooner")


RULES = (deletion_protection, multi_az, final_snapshot, force_destroy, production_data, expiry_tag)
