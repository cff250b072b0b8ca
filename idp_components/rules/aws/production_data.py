"""A rule about environments that end: they don't reach for production's data, in AWS or in Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, ResourceRule, Severity
from idp_components.rules.regex import regex

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
    "importTable",
    "s3Import",
    # Kubernetes: a claim's snapshot, a snapshot's own source, and what a cluster of CloudNativePG begins with
    "dataSource",
    "dataSourceRef",
    "persistentVolumeClaimName",
    "volumeSnapshotContentName",
    "recovery",
    "pg_basebackup",
    # External Secrets: the secret at the provider, one or all that are found
    "remoteRef",
    "extract",
    "find",
)
"""Properties that name where data comes from."""
# The patterns below are read by Rego, too: RE2 can't look ahead or behind.
ADDRESS = regex(
    r"(?i)arn:aws[a-z-]*:(?:rds|secretsmanager|ssm|s3|dynamodb|elasticfilesystem|elasticache|sqs|sns|kms):[^\s\"',]+"
    r"|\b(?:s3[an]?|gs)://[^\s\"',]+"
    r"|\b(?:postgres(?:ql)?|mysql|mariadb|sqlserver|mongodb(?:\+srv)?|rediss?|amqps?)://[^\s\"',/?]+"
    r"|(?:^|[^a-z0-9_.-])(?:"
    r"[a-z0-9_.-]{1,200}\.(?:rds|docdb|neptune|redshift|redshift-serverless|es|aoss|cache|memorydb|dax-clusters|kafka)"
    r"(?:\.[a-z0-9-]{1,30})?\.amazonaws\.com"
    r"|(?:[a-z0-9_.-]{1,200}\.)?s3(?:[.-][a-z0-9.-]{1,100})?\.amazonaws\.com(?:/[^\s\"',]*)?"
    r"|(?:[a-z0-9_.-]{1,200}\.)?(?:sqs|queue)(?:\.[a-z0-9.-]{1,100})?\.amazonaws\.com(?:\.cn)?/[^\s\"',]+)"
)
"""Where data is, within any text: by ARN, by URL, and by the name of a host that AWS gives to what holds data."""
STORE = regex(r"^(?:[A-Z0-9_]{0,200}_)?(?:BUCKET|QUEUE|TABLE|TOPIC)S?(?:_NAMES?)?$")
"""A variable with the name of a store: SDKs take names, and no addresses. In capitals, as programs' settings are, and no properties."""
PRODUCTION = regex(
    r"(?i)(?:^|[^a-z0-9])(?:(?:prod|production|prd)(?:$|[^a-z0-9])"
    r"|live(?:$|[^a-z0-9_-]|[_-](?:[0-9]{4}|backup|cluster|database|db|dump|replica|snapshot)))"
)
"""A name of production's. `live` is also a word of products (live-chat): it counts as the last one, or before one for data or a year."""
NOT_PRODUCTION = regex(r"(?i)(?:^|[^a-z0-9])(?:non|not|pre)[_.-]?(?:production|prod|prd|live)")
"""What is taken out of a name before that: it says the opposite."""


def _production_data(resource: Resource, _options: Options) -> Iterator[Problem]:
    for field in _texts(resource.root):
        source = any(key in SOURCES for key in field.keys)
        if source and field.value is UNKNOWN:
            yield field.problem("may name production")
        elif isinstance(field.value, str):
            whole = source or STORE.search(_variable(field))
            if any(map(_is_production, [field.value] if whole else ADDRESS.findall(field.value))):
                yield field.problem("names production's data; use data that was made for tests")


def _variable(field: Field) -> str:
    """The name of the variable that a text is the value of: its key, or what stands beside it as `name`."""
    beside = field.parent.get("name").value if field.key == "value" and field.parent else field.key
    return beside if isinstance(beside, str) else ""


def _is_production(name: str) -> bool:
    return PRODUCTION.search(NOT_PRODUCTION.sub("", name)) is not None


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
