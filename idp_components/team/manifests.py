"""Builder: a team's room in a cluster: namespace, walls, amounts, and what its members may do inside."""

from __future__ import annotations

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.team.argo_project import argo_project
from idp_components.team.policy_data import policy_data
from idp_components.team.quota import quota
from idp_components.team.roles import groups_by_role, roles
from idp_components.team.spec import TeamSpec
from idp_components.team.vault import vault_login

POD_SECURITY_LEVEL = "restricted"
"""Level of the Pod Security Standards that the API server enforces in every team's namespace."""


def team(name: str, spec: TeamSpec, context: Context) -> list[Manifest]:
    """The namespace of the team in this environment, closed by default, its quota, the rights of its members, what deploys into it."""
    groups = groups_by_role(name, spec.groups)
    return [
        _namespace(spec, context),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "default-deny", "namespace": context.namespace, "labels": labels.ownership(context)},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        },
        *quota(context),
        *roles(groups, context),
        argo_project(spec.repositories, groups, context),
        *vault_login(context),
        *policy_data(spec, groups, context),
    ]


def _namespace(spec: TeamSpec, context: Context) -> Manifest:
    owner = spec.owner
    pod_security = {f"pod-security.kubernetes.io/{mode}": POD_SECURITY_LEVEL for mode in ("enforce", "audit", "warn")}
    facts = {
        "idp/email": owner.email,
        "idp/slack-channel": owner.slack_channel,
        labels.BUDGET: str(spec.budget_usd_per_month) if spec.budget_usd_per_month else None,
    }
    metadata = {
        "name": context.namespace,
        "labels": {**labels.ownership(context), labels.COST_CENTRE: owner.cost_centre or context.team, **pod_security},
    }
    if annotations := {key: value for key, value in facts.items() if value}:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
