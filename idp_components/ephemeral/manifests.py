"""Builder: a namespace that ends: whose it is, what for, when it is over, and walls like those of a team's room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.profiles import Profile
from idp_components.core.spec import SpecError
from idp_components.ephemeral import uffizzi, virtual_cluster
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec
from idp_components.team.manifests import POD_SECURITY_LEVEL
from idp_components.team.quota import quota
from idp_components.team.roles import RBAC, groups_by_role, roles


def ephemeral_environment(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> list[Manifest]:
    """The namespace, closed by default, its quota, and the rights of the owner, the team and the guests. Raises SpecError."""
    facts = {
        labels.OWNER: spec.owner,
        labels.EXPIRES_AFTER: str(ttl_hours(name, spec, context)),
        **({labels.SOURCE: spec.source_url} if spec.source_url else {}),
        **({labels.DERIVED_FROM: spec.derived_from} if spec.derived_from else {}),
        **({labels.SEED: spec.seed} if spec.seed else {}),
        **({labels.AWAKE: spec.awake} if spec.awake else {}),
        **({labels.SLEEP_AFTER: str(spec.sleep_after_hours)} if spec.sleep_after_hours else {}),
    }
    groups = groups_by_role(context.team, spec.groups)
    found = [
        namespace(
            context,
            {labels.EPHEMERAL: spec.isolation, labels.COST_CENTRE: context.team},
            facts,
            enforced=uffizzi.POD_SECURITY_LEVEL if spec.isolation == "uffizzi" else POD_SECURITY_LEVEL,
        ),
        default_deny(context),
        *quota(context),
        *roles(groups, context, {"developer": [spec.owner], "viewer": spec.viewers}),
        *lifetime(spec.owner, groups["on-call"], context),
    ]
    if spec.isolation == "vcluster":
        found += virtual_cluster.walls(name, spec, context)
    elif spec.isolation == "uffizzi":
        found += uffizzi.walls(name, spec, context)
    return found


def ttl_hours(name: str, spec: EphemeralEnvironmentSpec, context: Context) -> int:
    """Hours from the creation to the end. Raises SpecError for more than the profile allows."""
    profile, place = context.profile, f"{context.team}.{name}"
    if not profile.ttl_hours_max:
        raise SpecError(
            f"{place}: the environment {context.environment!r} stays, nothing in it is ephemeral; use the stack of a pull request "
            f"or a person, for example '{context.team}-pr-42' or '{context.team}-user-alice'"
        )
    return bounded_hours(place, spec.ttl_hours or profile.ttl_hours, profile)


def bounded_hours(place: str, hours: int, profile: Profile) -> int:
    """The hours, if the profile allows them. Raises SpecError."""
    if hours > profile.ttl_hours_max:
        raise SpecError(
            f"{place}.ttl_hours: {hours} is refused: use 1 to {profile.ttl_hours_max} in profile {profile.environment}, "
            f"for example ttl_hours={profile.ttl_hours}"
        )
    return hours


def namespace(context: Context, extra: dict[str, str], annotations: dict[str, str], enforced: str = POD_SECURITY_LEVEL) -> Manifest:
    """The namespace, in which the API server enforces a level of the Pod Security Standards and warns of all that isn't restricted."""
    pod_security = {f"pod-security.kubernetes.io/{mode}": POD_SECURITY_LEVEL for mode in ("enforce", "audit", "warn")}
    pod_security["pod-security.kubernetes.io/enforce"] = enforced
    metadata: dict[str, Any] = {"name": context.namespace, "labels": {**labels.ownership(context), **extra, **pod_security}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {**metadata, "annotations": annotations} if annotations else metadata}


def default_deny(context: Context) -> Manifest:
    """All traffic is closed until a golden path opens it."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": context.namespace, "labels": labels.ownership(context)},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def lifetime(owner: str, on_call: str, context: Context) -> list[Manifest]:
    """The Lease on which the owner and the person on call, and nobody else of the team, may write a later end.

    It is no part of the namespace's own annotations: who may write those could also lower the namespace's walls.
    """
    metadata = {"name": labels.LEASE, "namespace": context.namespace, "labels": labels.ownership(context)}
    lease = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [labels.LEASE]}
    rules = [
        {**lease, "verbs": ["get", "patch", "update"]},
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": [context.namespace], "verbs": ["get"]},
    ]
    return [
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {"holderIdentity": owner}},
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": labels.LEASE},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": owner}, {"apiGroup": RBAC, "kind": "Group", "name": on_call}],
        },
    ]


def expiry(context: Context, at: Any) -> Manifest:
    """The moment of the end, as a patch of the namespace: it counts from its creation, which only the API server knows."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": context.namespace, "annotations": {labels.EXPIRES_AT: at}},
    }


def expires_at(created: str, hours: int) -> str:
    """The moment, RFC 3339 in UTC, `hours` after another one. It moves only when the environment is made anew, or `hours` change."""
    moment = datetime.fromisoformat(created.replace("Z", "+00:00")).astimezone(UTC) + timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
