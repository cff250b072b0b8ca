"""Builder: a team's room in a cluster: namespace, walls, and what its members may do inside."""

from __future__ import annotations

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.team.spec import TeamSpec

POD_SECURITY_LEVEL = "restricted"
"""Level of the Pod Security Standards that the API server enforces in every team's namespace."""

DEVELOPER_RULES = [
    {
        "apiGroups": ["apps"],
        "resources": ["deployments", "statefulsets", "replicasets"],
        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
    },
    {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]},
    {
        "apiGroups": [""],
        "resources": ["pods", "services", "configmaps", "persistentvolumeclaims"],
        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["pods/log", "events"], "verbs": ["get", "list", "watch"]},
]
"""What members may do in their namespace: run workloads and see how they are. No secrets, no exec, no RBAC."""


def team(name: str, spec: TeamSpec, context: Context) -> list[Manifest]:
    """The namespace of the team in this environment, closed by default, and the rights of its members."""
    owned = labels.ownership(context)

    def metadata(object_name: str) -> dict[str, object]:
        return {"name": object_name, "namespace": context.namespace, "labels": owned}

    pod_security = {f"pod-security.kubernetes.io/{mode}": POD_SECURITY_LEVEL for mode in ("enforce", "audit", "warn")}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": context.namespace, "labels": {**owned, **pod_security}}},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata("default-deny"),
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        },
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata("developer"), "rules": DEVELOPER_RULES},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata("developer"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "developer"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": spec.group or f"idp:{name}"}],
        },
    ]
