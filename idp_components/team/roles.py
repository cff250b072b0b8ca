"""Builder: what viewers, developers, the person on call and the pipeline may do in their team's namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.profiles import Profile
from idp_components.team.spec import Groups

RBAC = "rbac.authorization.k8s.io"
READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete")
ROLES = ("viewer", "developer", "on-call", "pipeline")

Rules = list[dict[str, Any]]
"""PolicyRules of a Role."""

WORKLOADS: Mapping[str, Sequence[str]] = {
    "": ("configmaps", "persistentvolumeclaims", "services"),
    "apps": ("deployments", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "policy": ("poddisruptionbudgets",),
}
"""What runs, by API group."""
EDGES: Mapping[str, Sequence[str]] = {
    "": ("serviceaccounts",),
    "gateway.networking.k8s.io": ("grpcroutes", "httproutes"),
    "monitoring.coreos.com": ("servicemonitors",),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "vpcresources.k8s.aws": ("securitygrouppolicies",),
    "secrets.hashicorp.com": ("vaultdynamicsecrets", "vaultstaticsecrets"),
}
"""Identity, network, metrics and secrets of what runs: golden paths decide them, so the pipeline writes them and people only read."""
MADE_BY_THE_CLUSTER: Mapping[str, Sequence[str]] = {
    "": ("endpoints", "events", "limitranges", "pods", "resourcequotas"),
    "apps": ("replicasets",),
    "discovery.k8s.io": ("endpointslices",),
}
LOGS = {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}


def roles(groups: Mapping[str, str], context: Context, users: Mapping[str, Sequence[str]] | None = None) -> list[Manifest]:
    """One Role and its RoleBinding per role; `groups` has the group of each, `users` the persons who have it too."""

    def metadata(role: str) -> dict[str, Any]:
        return {"name": role, "namespace": context.namespace, "labels": labels.ownership(context)}

    found: list[Manifest] = []
    for role, rules in rules_by_role(context.profile).items():
        found.append({"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata(role), "rules": rules})
        found.append(
            {
                "apiVersion": f"{RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": metadata(role),
                "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role},
                "subjects": [
                    {"apiGroup": RBAC, "kind": "Group", "name": groups[role]},
                    *({"apiGroup": RBAC, "kind": "User", "name": user} for user in (users or {}).get(role, ())),
                ],
            }
        )
    return found


def groups_by_role(team: str, groups: Groups) -> dict[str, str]:
    """The group of each role: the one that the spec names, or `idp:<team>:<role>`."""
    return {role: getattr(groups, role.replace("-", "_")) or f"idp:{team}:{role}" for role in ROLES}


def rules_by_role(profile: Profile) -> dict[str, Rules]:
    """The rules of each role. No wildcard, and nothing that writes RBAC, quota or the namespace."""
    viewer = [*_rules(WORKLOADS, READ), *_rules(EDGES, READ), *_rules(MADE_BY_THE_CLUSTER, READ)]
    by_hand = [*_rules(WORKLOADS, WRITE), *_rules({"": ("pods",)}, WRITE)] if profile.people_deploy else []
    developer = [*viewer, LOGS, *by_hand]
    return {"viewer": viewer, "developer": developer, "on-call": [*developer, *_reach_into_pods()], "pipeline": [*viewer, LOGS, *_deploy()]}


def _reach_into_pods() -> Rules:
    return [
        # kubectl opens these by GET (WebSocket) or POST (SPDY), and the API server asks for the verb of the method.
        {"apiGroups": [""], "resources": ["pods/exec", "pods/portforward"], "verbs": ["create", "get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
        {"apiGroups": ["apps"], "resources": ["deployments/scale", "statefulsets/scale"], "verbs": ["get", "patch", "update"]},
    ]


def _deploy() -> Rules:
    # Pulumi reads a Secret that it knows by name; it never needs to list those of others.
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", *WRITE]}
    return [*_rules(WORKLOADS, WRITE), *_rules(EDGES, WRITE), secrets]


def _rules(resources: Mapping[str, Sequence[str]], verbs: Sequence[str]) -> Rules:
    return [{"apiGroups": [group], "resources": list(names), "verbs": list(verbs)} for group, names in resources.items()]
