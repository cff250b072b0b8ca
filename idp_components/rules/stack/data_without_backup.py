"""The rule that data in production is backed up: by its own service, or by a plan of AWS Backup that selects it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from idp_components.rules.aws.rds import is_replica
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import doubts, same
from idp_components.rules.stack.backup_plans import selects, snapshots
from idp_components.rules.values import is_true, number

RETENTION: Mapping[str, tuple[str, int]] = {
    "rds/Instance": ("backupRetentionPeriod", 0),
    "rds/Cluster": ("backupRetentionPeriod", 1),
    "redshift/Cluster": ("automatedSnapshotRetentionPeriod", 1),
    "memorydb/Cluster": ("snapshotRetentionLimit", 0),
    "fsx/OntapFileSystem": ("automaticBackupRetentionDays", 0),
    "fsx/OpenZfsFileSystem": ("automaticBackupRetentionDays", 0),
    "fsx/WindowsFileSystem": ("automaticBackupRetentionDays", 7),
}
"""Kinds that make backups themselves, where it says for how many days they are kept, and what the provider
makes of an unset one."""
STORES = (*RETENTION, "dynamodb/Table", "ebs/Volume", "efs/FileSystem")


@aws_stack_rule(
    "stack-data-without-backup",
    title="Every store of data is backed up.",
    severity=Severity.HIGH,
    rationale="What one wrong statement deletes can only come back from a backup.",
    fix="Use a Database; otherwise switch the service's own backups on, or select the resource in a plan of AWS Backup.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_backing_up_data_automated_backups_data.html",
    framework=None,
    tags=("fsbp:RDS.11", "fsbp:DynamoDB.2", "fsbp:EFS.2", "fsbp:Redshift.3", "security-hub:EC2.28"),
)
def data_without_backup(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    selections = stack.of("backup/Selection")
    for resource in stack.of(*STORES):
        if is_replica(resource):
            continue
        verdicts = [*_own_backups(stack, resource), *(selects(selection, resource) for selection in selections)]
        if True not in verdicts:
            yield resource, resource.root.problem("has no backup; switch it on, or select it in AWS Backup", *doubts(verdicts))


def _own_backups(stack: Stack, resource: Resource) -> Iterator[bool | None]:
    """Whether the service makes backups itself; `None` where that isn't known yet."""
    if resource.aws in RETENTION:
        key, unset = RETENTION[resource.aws]
        days = resource.root.get(key).value
        yield None if days is UNKNOWN else (unset if days is None else number(days) or 0) > 0
    elif resource.aws == "dynamodb/Table":
        enabled = resource.root.get("pointInTimeRecovery", "enabled").value
        yield None if enabled is UNKNOWN else is_true(enabled)
    elif resource.aws == "ebs/Volume":
        yield from (snapshots(policy, resource) for policy in stack.of("dlm/LifecyclePolicy"))
    else:
        found = companions(stack, resource, ("efs/BackupPolicy",), "fileSystemId")
        for policy in found.certain:
            yield same(policy.root.get("backupPolicy", "status").value, "ENABLED")
        yield from (None for _ in found.possible)


RULES = (data_without_backup,)
