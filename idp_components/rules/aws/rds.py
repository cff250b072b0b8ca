"""Rules about who reaches a database of RDS and what it reveals. Aurora, DocumentDB and Neptune share its properties."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.expect import is_set, may_be_unset_or_true, must_be_set, must_be_true, must_not_be_true
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity

CLUSTERS = ("rds/Cluster", "docdb/Cluster", "neptune/Cluster")
GLOBAL_CLUSTERS = ("rds/GlobalCluster", "docdb/GlobalCluster", "neptune/GlobalCluster")
INSTANCES = ("rds/Instance", "rds/ClusterInstance", "docdb/ClusterInstance", "neptune/ClusterInstance")
SOURCES = ("replicateSourceDb", "replicationSourceIdentifier")
WITHOUT_IAM = ("oracle", "sqlserver", "db2", "custom-")
"""Engines without IAM authentication (RDS, "Supported Regions and DB engines for IAM database authentication")."""
ADMIN_NAMES = frozenset({"admin", "administrator", "awsuser", "master", "mysql", "postgres", "rdsadmin", "root", "sa"})
ADMIN_KEYS = {"rds/Instance": "username", "redshiftserverless/Namespace": "adminUsername"}
"""What kinds call the name that most call `masterUsername`."""
OLD_AUTHORITIES = ("rds-ca-2015", "rds-ca-2019")
AUTHORITY = {"rds/Cluster": "caCertificateIdentifier", "rds/Certificate": "certificateIdentifier"}
"""What kinds call the authority that most call `caCertIdentifier`; an rds.Certificate is the account's default."""
OWN_CLASS = "dbClusterInstanceClass"
"""The class of the instances that a cluster makes by itself."""
OPEN_TO_ALL = "all"
AUDITED = ("docdb/Cluster", "neptune/Cluster")
"""Kinds whose log of who did what has the name `audit`, as Aurora MySQL's."""


def is_replica(resource: Resource) -> bool:
    """Whether it copies another database, and has its data, logins and backups from there."""
    return any(is_set(resource.root.get(key)) for key in SOURCES)


def has_own_instances(resource: Resource) -> bool:
    """Whether it is a Multi-AZ DB cluster, whose three instances no ClusterInstance describes."""
    return is_set(resource.root.get(OWN_CLASS))


@aws_rule(
    "aws-rds-storage-encrypted",
    "rds/Instance",
    *CLUSTERS,
    *GLOBAL_CLUSTERS,
    title="A database's storage is encrypted.",
    severity=Severity.HIGH,
    rationale="Whoever gets at a disk, a snapshot or a copy of one reads everything. It can't be switched on later.",
    fix="Use a Database, which has a key of its own; otherwise set storageEncrypted to true. An existing database is restored from a copy.",
    **fsbp("RDS.3", "RDS.27", "DocumentDB.1", "Neptune.1"),
)
def storage_encrypted(resource: Resource, _options: Options) -> Iterator[Problem]:
    sources = [field for key in SOURCES if is_set(field := resource.root.get(key))]
    # A replica is as its source; one from another region, which it names by ARN, is encrypted if it has a key of its own region.
    if sources and (is_set(resource.root.get("kmsKeyId")) or not any(_is_elsewhere(source) for source in sources)):
        return
    if resource.aws in GLOBAL_CLUSTERS and is_set(resource.root.get("sourceDbClusterIdentifier")):
        return  # one that is made around a cluster is as that is
    mode = resource.root.get("engineMode")
    if mode.value != "serverless":  # the first serverless Aurora always is
        yield from must_be_true(resource.root.get("storageEncrypted"), mode, *sources)


def _is_elsewhere(source: Field) -> bool:
    return source.value is UNKNOWN or (isinstance(source.value, str) and source.value.startswith("arn:"))


@aws_rule(
    "aws-rds-public",
    *INSTANCES,
    "rds/Cluster",
    "rds/ShardGroup",
    "lightsail/Database",
    title="A database has no public address.",
    severity=Severity.CRITICAL,
    rationale="A database that the internet reaches is found within hours, and then only its password stands in the way.",
    fix="Use a Database; otherwise set publiclyAccessible to false and connect from inside the VPC.",
    **fsbp("RDS.2"),
)
def public(resource: Resource, _options: Options) -> Iterator[Problem]:
    address, subnets = resource.root.get("publiclyAccessible"), resource.root.get("dbSubnetGroupName")
    if has_own_instances(resource) and address.value is None and subnets.value in (None, "", "default", UNKNOWN):
        message = "is unset, which means true in the default subnets; set it to false"
        yield address.problem(message, subnets, resource.root.get(OWN_CLASS))
    yield from must_not_be_true(address)


@aws_rule(
    "aws-rds-iam-authentication",
    "rds/Instance",
    "rds/Cluster",
    "neptune/Cluster",
    title="A database takes IAM logins.",
    severity=Severity.MEDIUM,
    rationale="A login by IAM ends with the role and needs no password that somebody must keep and change.",
    fix="Use a Database; otherwise set iamDatabaseAuthenticationEnabled to true.",
    **fsbp("RDS.10", "RDS.12", "Neptune.7"),
)
def iam_authentication(resource: Resource, _options: Options) -> Iterator[Problem]:
    engine = resource.root.get("engine")
    if isinstance(engine.value, str) and engine.value.startswith(WITHOUT_IAM):
        return
    yield from must_be_true(resource.root.get("iamDatabaseAuthenticationEnabled"), engine)


@aws_rule(
    "aws-rds-minor-upgrades",
    *INSTANCES,
    "rds/Cluster",
    title="A database takes minor versions by itself.",
    severity=Severity.MEDIUM,
    rationale="Minor versions carry the security fixes.",
    fix="Use a Database; otherwise remove autoMinorVersionUpgrade, or set it to true.",
    **fsbp("RDS.13", "RDS.35"),
)
def minor_upgrades(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from may_be_unset_or_true(resource.root.get("autoMinorVersionUpgrade"))


@aws_rule(
    "aws-rds-admin-name",
    "rds/Instance",
    "rds/Cluster",
    "docdb/Cluster",
    "redshift/Cluster",
    "redshiftserverless/Namespace",
    title="A database's administrator has no usual name.",
    severity=Severity.LOW,
    rationale="Whoever guesses passwords begins with the names that every installation has.",
    fix="Use a Database; otherwise choose another username, such as platform.",
    **fsbp("RDS.25", "RDS.24", "Redshift.8"),
)
def admin_name(resource: Resource, _options: Options) -> Iterator[Problem]:
    name = resource.root.get(ADMIN_KEYS.get(resource.aws, "masterUsername"))
    if name.value is UNKNOWN or (isinstance(name.value, str) and name.value.strip().lower() in ADMIN_NAMES):
        yield name.problem("is a usual name; choose another one, for example platform")


@aws_rule(
    "aws-rds-certificate-authority",
    "rds/Instance",
    "rds/Cluster",
    "rds/ClusterInstance",
    "rds/Certificate",
    "docdb/ClusterInstance",
    title="A database's certificate is of an authority that clients still trust.",
    severity=Severity.MEDIUM,
    rationale="The authorities of 2015 and 2019 have expired: clients that check certificates no longer connect, and others stop checking.",
    fix="Use a Database; otherwise set caCertIdentifier to rds-ca-rsa2048-g1 or one of its like.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html",
    framework=None,
)
def certificate_authority(resource: Resource, _options: Options) -> Iterator[Problem]:
    authority = resource.root.get(AUTHORITY.get(resource.aws, "caCertIdentifier"))
    if authority.value is UNKNOWN or authority.value in OLD_AUTHORITIES:
        yield authority.problem("has expired; use rds-ca-rsa2048-g1")


@aws_rule(
    "aws-rds-proxy-tls",
    "rds/Proxy",
    title="A proxy of RDS refuses connections without TLS.",
    severity=Severity.HIGH,
    rationale="The proxy takes logins for the database: without TLS they cross the network in plain text.",
    fix="Set requireTls to true.",
    **fsbp("RDS.43"),
)
def proxy_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_true(resource.root.get("requireTls"))


@aws_rule(
    "aws-rds-snapshot-public",
    "rds/Snapshot",
    "rds/SnapshotCopy",
    "rds/ClusterSnapshot",
    "rds/ClusterSnapshotCopy",
    title="A snapshot of a database isn't for everybody.",
    severity=Severity.CRITICAL,
    rationale="Any account of AWS can restore a public snapshot and read all of it.",
    fix="Remove all from sharedAccounts and name the accounts that restore it.",
    **fsbp("RDS.1"),
)
def snapshot_public(resource: Resource, _options: Options) -> Iterator[Problem]:
    for account in resource.root.get("sharedAccounts").items():
        if account.value is UNKNOWN or (isinstance(account.value, str) and account.value.lower() == OPEN_TO_ALL):
            yield account.problem("is everybody; name the accounts that restore it")


@aws_rule(
    "aws-rds-log-exports",
    "rds/Instance",
    *CLUSTERS,
    title="A database's logs go to CloudWatch.",
    severity=Severity.MEDIUM,
    rationale="Logs on the database's own disk are gone after days, and with the database.",
    fix="Use a Database; otherwise list the engine's logs in enabledCloudwatchLogsExports; audit for Aurora MySQL, DocumentDB, Neptune.",
    **fsbp("RDS.9", "RDS.34", "RDS.36", "RDS.37", "DocumentDB.4", "Neptune.2"),
)
def log_exports(resource: Resource, _options: Options) -> Iterator[Problem]:
    name = "enableCloudwatchLogsExports" if resource.aws == "neptune/Cluster" else "enabledCloudwatchLogsExports"
    logs = resource.root.get(name)
    yield from must_be_set(logs, "list the engine's logs")
    if logs.value == ["upgrade"]:
        yield logs.problem("says nothing of logins and errors; add postgresql")
    engine, listed = resource.root.get("engine"), list(logs.items())
    audited = resource.aws in AUDITED or (resource.aws == "rds/Cluster" and engine.value in ("aurora-mysql", UNKNOWN))
    if audited and is_set(logs) and "audit" not in [log.value for log in listed]:
        yield logs.problem("says nothing of logins and changes; add audit", engine, *listed)


RULES = (
    storage_encrypted,
    public,
    iam_authentication,
    minor_upgrades,
    admin_name,
    certificate_authority,
    proxy_tls,
    snapshot_public,
    log_exports,
)
