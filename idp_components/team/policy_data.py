"""Builder: the facts of a team for the Open Policy Agent, where the cluster has one."""

from __future__ import annotations

import json
from collections.abc import Mapping

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.team.spec import TeamSpec

DATA_LABEL = {"openpolicyagent.org/data": "opa"}
"""By it kube-mgmt finds what it loads: here as `data.<idp:opa>["<namespace>"].team`."""


def policy_data(spec: TeamSpec, groups: Mapping[str, str], context: Context) -> list[Manifest]:
    """A ConfigMap with who the team is, in the namespace that `idp:opa` names."""
    if not context.cluster.opa:
        return []
    facts = {
        "team": context.team,
        "environment": context.environment,
        "namespace": context.namespace,
        "groups": dict(groups),
        "owner": spec.owner.model_dump(exclude_none=True),
        "budgetUsdPerMonth": spec.budget_usd_per_month,
        "registries": list(context.cluster.registries),
        "repositories": list(spec.repositories),
    }
    metadata = {"name": context.namespace, "namespace": context.cluster.opa, "labels": {**labels.ownership(context), **DATA_LABEL}}
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"team": json.dumps(facts, sort_keys=True)}}]
