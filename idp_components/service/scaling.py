"""How many pods run, how they are replaced, and how many may be away at once."""

from __future__ import annotations

from typing import Any

from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.service.spec import Scaling

ROLLING_UPDATE = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}
"""A new pod is ready before an old one goes, so that a rollout never serves with fewer pods."""


def replicas(scaling: Scaling, context: Context) -> tuple[int, int]:
    """Fewest and most pods: what the spec says, else the profile."""
    profile = context.profile
    low = scaling.min_replicas or min(profile.replicas_min, scaling.max_replicas or profile.replicas_min)
    high = scaling.max_replicas or max(profile.replicas_max, low)
    return low, high


def autoscaler(metadata: dict[str, Any], scaling: Scaling, low: int, high: int) -> Manifest:
    """Adds pods at once when they are busy; takes them away one by one after five calm minutes."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"]},
            "minReplicas": low,
            "maxReplicas": high,
            "metrics": [_utilization("cpu", scaling.cpu_percent), _utilization("memory", scaling.memory_percent)],
            "behavior": {
                "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
                "scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
            },
        },
    }


def disruption_budget(metadata: dict[str, Any], selector: dict[str, str]) -> Manifest:
    """A drained node takes one pod at a time; pods that are broken anyway don't hold it up."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector}, "unhealthyPodEvictionPolicy": "AlwaysAllow"},
    }


def _utilization(resource: str, percent: int) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": resource, "target": {"type": "Utilization", "averageUtilization": percent}}}
