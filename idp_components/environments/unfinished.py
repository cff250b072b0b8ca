"""What a killed update began and couldn't record: put into the state, so that a destroy takes it along; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idp_components.core.apply import RELEASE

KUBERNETES, AWS = "kubernetes:", "aws:"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
Find = Callable[[str, Mapping[str, Any]], str | None]
"""By type and inputs, the ID of a resource of AWS whose creation began; none where there is none or nobody can know."""

AWS_IDS: Mapping[str, str] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:elasticache/parameterGroup:ParameterGroup": "name",
    "aws:elasticache/replicationGroup:ReplicationGroup": "replicationGroupId",
    "aws:elasticache/subnetGroup:SubnetGroup": "name",
    "aws:elasticache/user:User": "userId",
    "aws:elasticache/userGroup:UserGroup": "userGroupId",
    "aws:iam/role:Role": "name",
    "aws:kms/alias:Alias": "name",
    "aws:rds/instance:Instance": "identifier",
    "aws:rds/parameterGroup:ParameterGroup": "name",
    "aws:rds/subnetGroup:SubnetGroup": "name",
    "aws:s3/bucket:Bucket": "bucket",
}
"""The input that is the resource's ID, of those types where it is one (the "Import" section of each type's page)."""


def adopted(state: Mapping[str, Any], find: Find) -> tuple[dict[str, Any], list[str]]:
    """The state without pending operations, with what may exist among its resources; and the URNs that were added.

    To destroy what was never made is no error: it is gone already.
    """
    deployment = dict(state.get("deployment") or {})
    resources = list(deployment.get("resources") or ())
    known = {(resource["urn"], resource.get("id")) for resource in resources}
    added = []
    for operation in deployment.pop("pending_operations", None) or ():
        resource = operation["resource"]
        if operation["type"] != "creating" or not (identity := _identity(resource, find)) or (resource["urn"], identity) in known:
            continue
        # Of two resources with one URN, the engine takes the one that is marked as on its way out.
        twin = any(resource["urn"] == urn for urn, _ in known)
        resources.append({**resource, "id": identity, "outputs": resource.get("inputs", {}), **({"delete": True} if twin else {})})
        added.append(resource["urn"])
    return {**state, "deployment": {**deployment, "resources": resources}}, added


def protected(state: Mapping[str, Any]) -> list[str]:
    """The names of what Pulumi refuses to delete until somebody unprotects it."""
    resources = (state.get("deployment") or {}).get("resources") or ()
    return [resource["urn"].rsplit("::", 1)[1] for resource in resources if resource.get("protect")]


def _identity(resource: Mapping[str, Any], find: Find) -> str | None:
    kind, inputs = str(resource["type"]), resource.get("inputs") or {}
    if kind == RELEASE:
        return f"{inputs['namespace']}/{inputs['name']}"
    if kind.startswith(KUBERNETES) and not kind.endswith("Patch"):  # a patch goes with the object that it is on
        metadata = inputs.get("metadata") or {}
        parts = (metadata.get("namespace"), metadata.get("name"))
        return "/".join(filter(None, parts)) if parts[1] else None
    if kind == ROLE_POLICY:  # its role can't go before it
        return f"{inputs['role']}:{inputs['name']}" if inputs.get("role") and inputs.get("name") else None
    if kind in AWS_IDS:
        return str(inputs[AWS_IDS[kind]]) if inputs.get(AWS_IDS[kind]) else None
    return find(kind, inputs) if kind.startswith(AWS) else None
