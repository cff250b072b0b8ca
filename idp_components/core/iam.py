"""IAM: statements that connections carry, and the documents made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = "2012-10-17"
"""The policy language's current version (IAM, "Policy elements: Version")."""


@dataclass(frozen=True)
class Statement:
    """What a role may do with which resources. Actions are named one by one, and so are the resources."""

    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    """ARNs: text, or what stands for an ARN that AWS decides."""
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def policy(statements: Iterable[Statement]) -> dict[str, Any]:
    """The document that allows exactly these statements."""
    return {"Version": VERSION, "Statement": [_allowed(statement) for statement in statements]}


def encrypted_transport_only(service: str, *resources: Any) -> dict[str, Any]:
    """The document of a resource's own policy that refuses whoever comes without TLS (AWS Foundational Security Best Practices)."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "RefuseWithoutTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": f"{service}:*",
                "Resource": list(resources),
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def may_send(service: str, action: str, resource: Any, source: Any) -> dict[str, Any]:
    """The statement of a resource's own policy that lets a service of AWS in, for one resource of its own alone (confused deputy)."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }


def web_identity(provider: str, conditions: Mapping[str, Any]) -> dict[str, Any]:
    """The trust of a role that is taken with tokens of an OIDC provider."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": dict(conditions),
    }
    return {"Version": VERSION, "Statement": [statement]}


def _allowed(statement: Statement) -> dict[str, Any]:
    conditions = {"Condition": dict(statement.conditions)} if statement.conditions else {}
    return {"Effect": "Allow", "Action": list(statement.actions), "Resource": list(statement.resources), **conditions}
