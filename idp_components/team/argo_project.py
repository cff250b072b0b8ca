"""Builder: the Argo CD project that keeps a team's deployments to its own repositories and namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idp_components.argo_application.manifests import API_VERSION, IN_CLUSTER, NAMESPACE
from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest

ACTIONS = {
    "viewer": ("get",),
    "developer": ("get",),
    "on-call": ("get", "sync"),
    "pipeline": ("get", "sync"),
}
"""What each role may do with the team's Applications in Argo CD."""
KEPT_BY_THE_PLATFORM = {"": ("LimitRange", "ResourceQuota"), "rbac.authorization.k8s.io": ("Role", "RoleBinding")}
"""Kinds by API group that a repository can't bring: they are the walls of the team's room."""


def argo_project(repositories: Sequence[str], groups: Mapping[str, str], context: Context) -> Manifest:
    """The AppProject of the namespace's name, to which every ArgoApplication of the team belongs."""
    name = context.namespace
    return {
        "apiVersion": API_VERSION,
        "kind": "AppProject",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels.ownership(context)},
        "spec": {
            "description": f"Team {context.team} in {context.environment}",
            # In Argo CD's patterns `**` also crosses a '/', as in the subgroups of GitLab.
            "sourceRepos": [f"{prefix}**" for prefix in repositories],
            "destinations": [{"server": IN_CLUSTER, "namespace": name}],
            "clusterResourceWhitelist": [],
            "namespaceResourceBlacklist": [
                {"group": group, "kind": kind} for group, kinds in KEPT_BY_THE_PLATFORM.items() for kind in kinds
            ],
            "orphanedResources": {"warn": True},
            "roles": [
                {
                    "name": role,
                    "groups": [groups[role]],
                    "policies": [f"p, proj:{name}:{role}, applications, {action}, {name}/*, allow" for action in actions],
                }
                for role, actions in ACTIONS.items()
            ],
        },
    }
