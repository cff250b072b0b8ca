"""Backup plans: what a selection of AWS Backup, or a policy of snapshots, takes. In three values: yes, no, and `None` for not known yet.

How the parts of a selection go together: docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources-json.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource
from idp_components.rules.selectors import every, same, some

ARNS: Mapping[str, tuple[str, str, str]] = {
    "dynamodb/Table": ("dynamodb", "table/", "name"),
    "ebs/Volume": ("ec2", "volume/", "id"),
    "efs/FileSystem": ("elasticfilesystem", "file-system/", "id"),
    "fsx/OntapFileSystem": ("fsx", "volume/", "id"),
    "fsx/OpenZfsFileSystem": ("fsx", "file-system/", "id"),
    "fsx/WindowsFileSystem": ("fsx", "file-system/", "id"),
    "rds/Cluster": ("rds", "cluster:", "clusterIdentifier"),
    "rds/Instance": ("rds", "db:", "identifier"),
    "redshift/Cluster": ("redshift", "cluster:", "clusterIdentifier"),
}
"""What AWS Backup knows: its service and the word before its name in an ARN, and the property with the name. Of ONTAP it takes
volumes: only a pattern for all of them takes a whole file system."""
CONDITIONS = ("stringEquals", "stringLikes", "stringNotEquals", "stringNotLikes")
TAG = "aws:ResourceTag/"


def selects(selection: Resource, resource: Resource) -> bool | None:
    """Whether a selection of AWS Backup takes a resource: one of its ARNs or tags, if it has any, and all of its conditions."""
    root = selection.root
    if resource.aws not in ARNS:
        return False
    named = [_names(pattern, resource) for pattern in root.get("resources").items()]
    tagged = [_holds("stringEquals", wanted, resource) for wanted in root.get("selectionTags").items()]
    left_out = some(_names(pattern, resource) for pattern in root.get("notResources").items())
    conditions = [
        _holds(operator, wanted, resource)
        for condition in root.get("conditions").items()
        for operator in CONDITIONS
        for wanted in condition.get(operator).items()
    ]
    taken = some((*named, *tagged)) if named or tagged else True
    return every((taken, None if left_out is None else not left_out, *conditions))


def _names(pattern: Field, resource: Resource) -> bool | None:
    """Whether an ARN, with * for any text, is that of a resource."""
    if pattern.value is UNKNOWN:
        return None
    text = pattern.value if isinstance(pattern.value, str) else ""
    service, kind, key = ARNS[resource.aws]
    # In which region and account the resource is, its program doesn't say.
    given = text.split(":", 5)
    partition, region, account = (given[1], given[3], given[4]) if len(given) == 6 else ("aws", "", "")
    before = f"arn:{partition}:{service}:{region}:{account}:{kind}"
    name = resource.root.get(key).value
    known = isinstance(name, str) and name != ""
    if fnmatchcase(f"{before}{name if known else resource.name}", text):
        return True
    return False if known or not text.startswith(before) else None


def _holds(operator: str, wanted: Field, resource: Resource) -> bool | None:
    """Whether the tags of a resource are as a condition wants them."""
    key, value = wanted.get("key").value, wanted.get("value").value
    has = _tag(resource, key.removeprefix(TAG)) if isinstance(key, str) else None
    if UNKNOWN in (key, value, has):
        return None
    texts = isinstance(has, str) and isinstance(value, str)
    matches = texts and (fnmatchcase(has, value) if operator.endswith("Likes") else has == value)
    return matches is not ("Not" in operator)


def _tag(resource: Resource, name: str) -> Any:
    tags = resource.root.get("tagsAll")
    return (tags if is_set(tags) else resource.root.get("tags")).get(name).value


def snapshots(policy: Resource, volume: Resource) -> bool | None:
    """Whether a policy of the Data Lifecycle Manager makes snapshots of a volume: of all that have one of its tags."""
    details = policy.root.get("policyDetails")
    kinds = [kind.value for kind in details.get("resourceTypes").items()]
    tagged = some(same(_tag(volume, str(tag.key)), tag.value) for tag in details.get("targetTags").entries())
    of_volumes = every((some(same(kind, "VOLUME") for kind in kinds), tagged))
    enabled = policy.root.get("state").value
    return every((some((same(policy.root.get("defaultPolicy").value, "VOLUME"), of_volumes)), enabled is None or same(enabled, "ENABLED")))
