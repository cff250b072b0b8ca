"""Names: every physical name, host and address of the platform comes from here."""

import hashlib
import json
from typing import Any

PLATFORM = "platform"
"""The team whose stacks make the rooms of all the others, and so come first."""
CLUSTER_DOMAIN = "svc.cluster.local"
"""Default DNS domain of Services (Kubernetes, "DNS for Services and Pods")."""


def namespace(team: str, environment: str) -> str:
    """Namespace of a team in an environment, e.g. `checkout-dev`; the same as the name of the team's stack."""
    return f"{team}-{environment}"


def service_host(name: str, team: str, environment: str) -> str:
    """Host of a Service inside the cluster."""
    return f"{name}.{namespace(team, environment)}.{CLUSTER_DOMAIN}"


def pull_requests(team: str) -> str:
    """Pattern (`*`) of the namespaces that a team's pull requests have."""
    return namespace(team, "pr-*")


def boundary(team: str, environment: str) -> str:
    """Name of the IAM policy that no role of a team in an environment may exceed."""
    return f"{namespace(team, environment)}-boundary"


def platform_stack(environment: str) -> str:
    """Name of the stack that has the teams' rooms of an environment."""
    return f"{PLATFORM}-{environment}"


def service_address(name: str, team: str, environment: str, port: int) -> str:
    """`host:port` of a Service inside the cluster."""
    return f"{service_host(name, team, environment)}:{port}"


def public_host(name: str, team: str, environment: str, domain: str) -> str:
    """Host under which an exposed service answers outside, e.g. `frontend.storefront-dev.example.com`."""
    return f"{name}.{namespace(team, environment)}.{domain}"


def child(name: str, role: str) -> str:
    """Name of a part of a component."""
    return f"{name}-{role}"


def content_child(name: str, role: str, content: Any) -> str:
    """Name of a part that must be made anew when its content changes: `{name}-{role}-{8 hex digits of the content}`."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    return f"{name}-{role}-{digest[:8]}"
