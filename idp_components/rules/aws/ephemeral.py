"""Rules about environments that end: nothing there may hold on to itself, or reach for production's data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from idp_components.core.labels import EXPIRES_AFTER, EXPIRES_AT
from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.taggable import TAGGABLE, tags
from idp_components.rules.expect import is_set, must_be_true, must_not_be_true
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, ResourceRule, Severity
from idp_components.rules.options import whole_number
from idp_components.rules.values import number

DELETION_PROTECTION = {
    "rds/Instance": "deletionProtection",
    "rds/Cluster": "deletionProtection",
    "docdb/Cluster": "deletionProtection",
    "neptune/Cluster": "deletionProtection",
    "dynamodb/Table": "deletionProtectionEnabled",
    "lb/LoadBalancer": "enableDeletionProtection",
    "cognito/UserPool": "deletionProtection",
}
"""The property that keeps a resource from being deleted, by kind."""
MULTI_AZ = {"rds/Instance": ("multiAz",), "elasticache/ReplicationGroup": ("multiAzEnabled",)}
FINAL_SNAPSHOT = ("rds/Instance", "rds/Cluster", "docdb/Cluster", "neptune/Cluster", "redshift/Cluster")
FORCE = {"s3/Bucket": "forceDestroy", "ecr/Repository": "forceDelete", "backup/Vault": "forceDestroy"}
SOURCES = (
    "replicateSourceDb",
    "replicationSourceIdentifier",
    "restoreToPointInTime",
    "snapshotIdentifier",
    "snapshotName",
    "snapshotArn",
    "snapshotArns",
    "sourceDbSnapshotIdentifier",
    "sourceDbClusterSnapshotIdentifier",
    "restoreSourceName",
    "restoreSourceTableArn",
    "sourceDbInstanceIdentifier",
    "sourceClusterIdentifier",
)
"""Properties that name where data comes from."""
PRODUCTION = re.compile(r"(?:^|[^a-z0-9])(?:prod|production|prd|live)(?:$|[^a-z0-9])", re.IGNORECASE)
ARN = re.compile(r"arn:aws[a-z-]*:(?:rds|secretsmanager|ssm|s3|dynamodb|elasticfilesystem|elasticache|sqs|sns|kms):[^\s\"',]+")
LONGEST_HOURS = 336
"""Hours (the profile's `ttl_hours_max`)."""
RUNBOOK = (
    "https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/cost_decommissioning_resources_implement_process.html"
)


@aws_rule(
    "ephemeral-deletion-protection",
    *DELETION_PROTECTION,
    title="Nothing in an environment that ends is protected from deletion.",
    severity=Severity.MEDIUM,
    rationale="The environment's end fails there, and what is left is paid for until somebody finds it.",
    fix="Use a golden path, whose preview profile protects nothing; otherwise set the protection to false.",
    source=RUNBOOK,
    framework=None,
)
def deletion_protection(resource: Resource, _options: Options) -> Iterator[Problem]:
    protection = resource.root.get(DELETION_PROTECTION[resource.aws])
    if protection.value not in ("INACTIVE",):
        yield from must_not_be_true(protection)
    if resource.protected:
        yield resource.root.problem("is protected by its program; remove protect=True")


@aws_rule(
    "ephemeral-multi-az",
    *MULTI_AZ,
    title="Nothing in an environment that ends is there twice.",
    severity=Severity.LOW,
    rationale="A second zone doubles the price of something that nobody depends on.",
    fix="Use a golden path, whose preview profile has one zone; otherwise set Multi-AZ to false.",
    source=RUNBOOK,
    framework=None,
)
def multi_az(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_not_be_true(resource.root.get(*MULTI_AZ[resource.aws]))


@aws_rule(
    "ephemeral-final-snapshot",
    *FINAL_SNAPSHOT,
    "elasticache/ReplicationGroup",
    "elasticache/Cluster",
    title="What ends leaves no snapshot.",
    severity=Severity.LOW,
    rationale="Every environment would leave one behind, and the next of the same name can't make its own.",
    fix="Use a golden path; otherwise set skipFinalSnapshot to true and remove finalSnapshotIdentifier.",
    source=RUNBOOK,
    framework=None,
)
def final_snapshot(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws in FINAL_SNAPSHOT:
        yield from must_be_true(resource.root.get("skipFinalSnapshot"))
    elif is_set(named := resource.root.get("finalSnapshotIdentifier")):
        yield named.problem("leaves a snapshot behind; remove it")


@aws_rule(
    "ephemeral-force-destroy",
    *FORCE,
    title="What ends may be deleted with what is in it.",
    severity=Severity.LOW,
    rationale="A bucket or repository that isn't empty stops the environment's end.",
    fix="Use a Bucket, whose preview profile does; otherwise set forceDestroy (forceDelete of a repository) to true.",
    source=RUNBOOK,
    framework=None,
)
def force_destroy(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get(FORCE[resource.aws]))


def _production_data(resource: Resource, _options: Options) -> Iterator[Problem]:
    for field in _texts(resource.root):
        keys = field.keys
        source = any(key in SOURCES for key in keys)
        if source and field.value is UNKNOWN:
            yield field.problem("may name production")
        elif isinstance(field.value, str) and any(
            PRODUCTION.search(text) for text in ([field.value] if source else ARN.findall(field.value))
        ):
            yield field.problem("names production's data; use data that was made for tests")


def _texts(root: Field) -> Iterator[Field]:
    """All texts and unknown values below a field, without recursion: input has any depth."""
    pending = [root]
    while pending:
        field = pending.pop()
        if isinstance(field.value, str) or field.value is UNKNOWN:
            yield field
        elif isinstance(field.value, dict):
            pending.extend(field.entries())
        else:
            pending.extend(field.items())


production_data = ResourceRule(
    id="ephemeral-production-data",
    title="An environment that ends doesn't use production's data.",
    severity=Severity.HIGH,
    applies=lambda token: token.startswith(("aws:", "kubernetes:")),
    check=_production_data,
    rationale="A preview runs code that nobody reviewed yet, for people who may not see customers' data.",
    fix="Begin with an empty database and a migration, or restore a snapshot of test data.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_securely_operate_multi_accounts.html",
)


@aws_rule(
    "ephemeral-expiry-tag",
    *TAGGABLE,
    title="A resource of an environment that ends says when.",
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
    after, at = found.get(EXPIRES_AFTER), found.get(EXPIRES_AT)
    if after is not None and after.value is not None:
        hours = number(after.value)
        if hours is None or not 0 < hours <= longest:
            yield after.problem(f"is no number of hours from 1 to {longest:g}; correct it")
    elif at is not None and at.value is not None:
        if not _is_moment(at.value):
            yield at.problem("is no moment; write it as 2026-12-01T18:00:00Z")
    else:
        yield place.problem(f"has neither {EXPIRES_AFTER} nor {EXPIRES_AT}; add one", *found.values())


def _is_moment(value: object) -> bool:
    """Whether this is a moment with its zone (RFC 3339)."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


RULES = (deletion_protection, multi_az, final_snapshot, force_destroy, production_data, expiry_tag)
