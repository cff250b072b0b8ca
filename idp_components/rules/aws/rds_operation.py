"""Rules about what keeps a database of RDS there, quick and known. Aurora, DocumentDB and Neptune share its properties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.rds import CLUSTERS, GLOBAL_CLUSTERS, OWN_CLASS, has_own_instances, is_replica
from idp_components.rules.aws.setting import own_key
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import must_be_at_least, must_be_true
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import Owners
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.options import texts, whole_number
from idp_components.rules.selectors import DOUBT
from idp_components.rules.values import is_true, number

BACKUP_DAYS = 7
"""Days (FSBP, RDS.11)."""
INSIGHTS, INTERVAL = "performanceInsightsEnabled", "monitoringInterval"
"""What a cluster can switch on for all of its members."""
WITHOUT_INSIGHTS = (".micro", ".small")
"""Sizes on which MySQL and MariaDB have no Performance Insights (RDS, "Support for Performance Insights")."""
WITHOUT_STANDBY = ("sqlserver-ex",)
"""Engines without Multi-AZ: the Express Edition (RDS, "Multi-AZ deployments for Amazon RDS for Microsoft SQL Server")."""
SUPPORTED = ("postgres=14", "aurora-postgresql=14", "mysql=8.4", "aurora-mysql=8.0", "mariadb=10.11")
"""Oldest version in standard support by engine, at the end of November 2026 (RDS, "Release calendars")."""


@aws_rule(
    "aws-rds-backup-retention",
    "rds/Instance",
    *CLUSTERS,
    title="A database's backups are kept long enough.",
    severity=Severity.HIGH,
    rationale="A mistake is often found days later; without a backup from before it, the data is lost.",
    fix="Use a Database, whose profile says the days; otherwise set backupRetentionPeriod.",
    options={"days": whole_number(BACKUP_DAYS, "Fewest days that backups are kept.")},
    **fsbp("RDS.11", "DocumentDB.2", "Neptune.5"),
)
def backup_retention(resource: Resource, options: Options) -> Iterator[Problem]:
    if not is_replica(resource):
        unset = 0 if resource.aws == "rds/Instance" else 1
        yield from must_be_at_least(resource.root.get("backupRetentionPeriod"), options.get("days", BACKUP_DAYS), unset)


@aws_rule(
    "aws-rds-deletion-protection",
    "rds/Instance",
    *CLUSTERS,
    *GLOBAL_CLUSTERS,
    title="A database can't be deleted by mistake.",
    severity=Severity.MEDIUM,
    rationale="One wrong plan, or one hasty click, deletes the database with its data.",
    fix="Use a Database; otherwise set deletionProtection to true.",
    **fsbp("RDS.8", "RDS.7", "DocumentDB.5", "Neptune.4"),
)
def deletion_protection(resource: Resource, _options: Options) -> Iterator[Problem]:
    if not is_replica(resource):
        yield from must_be_true(resource.root.get("deletionProtection"))


@aws_rule(
    "aws-rds-final-snapshot",
    "rds/Instance",
    *CLUSTERS,
    "redshift/Cluster",
    title="A database that is deleted leaves a snapshot.",
    severity=Severity.MEDIUM,
    rationale="Automated backups go with the database: the final snapshot is all that remains.",
    fix="Use a Database; otherwise remove skipFinalSnapshot and set finalSnapshotIdentifier.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    framework=None,
)
def final_snapshot(resource: Resource, _options: Options) -> Iterator[Problem]:
    skipped = resource.root.get("skipFinalSnapshot")
    if not is_replica(resource) and (skipped.value is UNKNOWN or is_true(skipped.value)):
        yield skipped.problem("is true; remove it and set finalSnapshotIdentifier")


@aws_rule(
    "aws-rds-multi-az",
    "rds/Instance",
    title="A database survives the loss of a zone.",
    severity=Severity.MEDIUM,
    rationale="With its only zone gone, a database is down until somebody restores a backup elsewhere.",
    fix="Use a Database, which has Multi-AZ in production; otherwise set multiAz to true.",
    **fsbp("RDS.5"),
)
def multi_az(resource: Resource, _options: Options) -> Iterator[Problem]:
    engine = resource.root.get("engine")
    if not is_replica(resource) and engine.value not in WITHOUT_STANDBY:
        yield from must_be_true(resource.root.get("multiAz"), engine)


@aws_rule(
    "aws-rds-copy-tags",
    "rds/Instance",
    "rds/Cluster",
    "neptune/Cluster",
    title="A database's snapshots have its tags.",
    severity=Severity.LOW,
    rationale="A snapshot without tags has no owner: nobody pays for it, and nobody may delete it.",
    fix="Use a Database; otherwise set copyTagsToSnapshot to true.",
    **fsbp("RDS.17", "RDS.16", "Neptune.8"),
)
def copy_tags(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get("copyTagsToSnapshot"))


@aws_stack_rule(
    "aws-rds-performance-insights",
    title="A database says what it spends its time on.",
    severity=Severity.LOW,
    rationale="A slow query is found in minutes with Performance Insights, and by guessing without.",
    fix="Use a Database; otherwise set performanceInsightsEnabled to true.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.html",
    framework=None,
)
def performance_insights(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for database, unsure in _not_by_cluster(stack, INSIGHTS, is_true):
        engine, size, own_class = (database.root.get(key) for key in ("engine", "instanceClass", OWN_CLASS))
        small = isinstance(size.value, str) and size.value.endswith(WITHOUT_INSIGHTS)
        if not small or engine.value not in ("mysql", "mariadb", None):  # a replica names no engine
            problems = must_be_true(database.root.get(INSIGHTS), engine, size, own_class, *unsure)
            yield from ((database, problem) for problem in problems)


def _not_by_cluster(stack: Stack, key: str, is_on: Callable[[Any], bool]) -> Iterator[tuple[Resource, list[Field]]]:
    """Databases whose cluster doesn't surely switch something on for all of its members; with what leaves open whether it does."""
    clusters = stack.once(Owners, "rds/Cluster")
    for database in (*stack.of("rds/Instance", "rds/ClusterInstance"), *filter(has_own_instances, clusters.all)):
        above, sure = clusters.of(database, database.root.get("clusterIdentifier"))
        switches = [cluster.root.get(key) for cluster in above]
        by_cluster = any(is_on(switch.value) for switch in switches)
        if not (by_cluster and sure):
            yield database, [DOUBT] if by_cluster else switches


@aws_rule(
    "aws-rds-performance-insights-key",
    "rds/Instance",
    "rds/Cluster",
    "rds/ClusterInstance",
    "docdb/ClusterInstance",
    title="What Performance Insights keeps is encrypted with a key of one's own.",
    severity=Severity.LOW,
    rationale="The texts of queries hold values of customers; with AWS' own key nobody can say who may read them.",
    fix="Use a Database; otherwise set performanceInsightsKmsKeyId.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.access-control.html",
    framework=None,
)
def performance_insights_key(resource: Resource, _options: Options) -> Iterator[Problem]:
    enabled = resource.root.get("enablePerformanceInsights" if resource.aws == "docdb/ClusterInstance" else INSIGHTS)
    if enabled.value is UNKNOWN or is_true(enabled.value):
        yield from own_key(resource.root.get("performanceInsightsKmsKeyId"), enabled)


@aws_stack_rule(
    "aws-rds-enhanced-monitoring",
    title="A database's operating system is watched.",
    severity=Severity.LOW,
    rationale="CloudWatch sees the machine from outside once a minute; what runs on it only enhanced monitoring shows.",
    fix="Set monitoringInterval to 60 and monitoringRoleArn.",
    **fsbp("RDS.6"),
)
def enhanced_monitoring(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for database, unsure in _not_by_cluster(stack, INTERVAL, _is_watched):
        problems = must_be_at_least(database.root.get(INTERVAL), 1, 0, database.root.get(OWN_CLASS), *unsure)
        yield from ((database, problem) for problem in problems)


def _is_watched(interval: Any) -> bool:
    return (number(interval) or 0) >= 1


@aws_rule(
    "aws-rds-engine-version",
    "rds/Instance",
    "rds/Cluster",
    "rds/GlobalCluster",
    title="A database runs a version in standard support.",
    severity=Severity.MEDIUM,
    rationale="An older version gets no fixes, or only for the price of extended support.",
    fix="Use a Database, which offers what is supported; otherwise raise engineVersion.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html",
    framework=None,
    options={"oldest": texts(SUPPORTED, "Oldest version by engine, for example postgres=14.")},
)
def engine_version(resource: Resource, options: Options) -> Iterator[Problem]:
    engine, version = resource.root.get("engine"), resource.root.get("engineVersion")
    oldest = dict(entry.split("=", 1) for entry in options.get("oldest", SUPPORTED) if "=" in entry)
    if version.value is None or (isinstance(engine.value, str) and engine.value not in oldest):
        return  # the default of AWS is supported; of other engines nothing is known
    least = oldest.get(engine.value, "") if isinstance(engine.value, str) else ""
    if UNKNOWN in (engine.value, version.value) or (least and _numbers(version) < _numbers(Field(least))):
        yield version.problem(f"is out of standard support; use {least} or later", engine)


def _numbers(version: Field) -> tuple[float, ...]:
    """`8.0.35` and `8.0.mysql_aurora.3.04.0` as numbers that can be compared, as far as there are any."""
    parts: list[float] = []
    for part in str(version.value).split("."):
        if (value := number(part)) is None:
            break
        parts.append(value)
    return tuple(parts)


RULES = (
    backup_retention,
    deletion_protection,
    final_snapshot,
    multi_az,
    copy_tags,
    performance_insights,
    performance_insights_key,
    enhanced_monitoring,
    engine_version,
)
