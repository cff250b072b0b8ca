"""The rule that data in production is backed up: by its own service, or by a plan of AWS Backup that selects it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from idp_components.rules.aws.rds import is_replica
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import companions, refers
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.values import is_true, number

SERVICES = {"rds/Instance": "rds", "rds/Cluster": "rds", "dynamodb/Table": "dynamodb", "efs/FileSystem": "elasticfilesystem"}
"""Service in the ARN of what AWS Backup knows, by kind."""


@aws_stack_rule(
    "stack-data-without-backup",
    title="Every store of data is backed up.",
    severity=Severity.HIGH,
    rationale="What one wrong statement deletes can only come back from a backup.",
    fix="Use a Database; otherwise switch the service's own backups on, or select the resource in a plan of AWS Backup.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_backing_up_data_automated_backups_data.html",
    framework=None,
    tags=("fsbp:RDS.11", "fsbp:DynamoDB.2", "fsbp:EFS.2"),
)
def data_without_backup(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    selections = stack.of("backup/Selection")
    for resource in stack.of(*SERVICES):
        if is_replica(resource):
            continue
        own = list(_own_backups(stack, resource))
        selected = [_selected(selection, resource) for selection in selections]
        if not any(value is True for value in (*own, *selected)):
            unknown = [Field(UNKNOWN)] if None in own or None in selected else []
            yield resource, resource.root.problem("has no backup; switch it on, or select it in AWS Backup", *unknown)


def _own_backups(stack: Stack, resource: Resource) -> Iterator[bool | None]:
    """Whether the service makes backups itself; `None` where that isn't known yet."""
    if resource.aws in ("rds/Instance", "rds/Cluster"):
        days = resource.root.get("backupRetentionPeriod")
        unset = 1 if resource.aws == "rds/Cluster" else 0  # Aurora always keeps a day
        yield None if days.value is UNKNOWN else (unset if days.value is None else number(days.value) or 0) > 0
    elif resource.aws == "dynamodb/Table":
        enabled = resource.root.get("pointInTimeRecovery", "enabled")
        yield None if enabled.value is UNKNOWN else is_true(enabled.value)
    else:
        found = companions(stack, resource, ("efs/BackupPolicy",), "fileSystemId")
        for policy in found.certain:
            status = policy.root.get("backupPolicy", "status").value
            yield None if status is UNKNOWN else status == "ENABLED"
        yield from (None for _ in found.possible)


def _selected(selection: Resource, resource: Resource) -> bool | None:
    """Whether a selection of AWS Backup takes a resource: by ARN, by a pattern of ARNs, or by a tag."""
    unknown = False
    for each in selection.root.get("notResources").items():
        if each.value is UNKNOWN or _names(each, resource):
            return None if each.value is UNKNOWN else False
    for each in selection.root.get("resources").items():
        if each.value is UNKNOWN:
            unknown = True
        elif _names(each, resource):
            return True
    for wanted in selection.root.get("selectionTags").items():
        key, value = wanted.get("key").value, wanted.get("value").value
        tags = resource.root.get("tagsAll") if is_set(resource.root.get("tagsAll")) else resource.root.get("tags")
        has = tags.get(key).value if isinstance(key, str) else None
        if UNKNOWN in (key, value, has):
            unknown = True
        elif has is not None and has == value:
            return True
    return None if unknown else False


def _names(pattern: Field, resource: Resource) -> bool:
    text = pattern.value
    if not isinstance(text, str):
        return False
    if text == "*" or refers(pattern, resource):
        return True
    parts = re.split(":", text)
    return "*" in text and len(parts) > 2 and fnmatchcase(SERVICES[resource.aws], parts[2]) and set(parts[-1].split("/")[-1]) <= {"*"}


RULES = (data_without_backup,)
