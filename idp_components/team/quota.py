"""Builder: how much a team's namespace may ask for, and what a container gets that asks for nothing."""

from __future__ import annotations

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest

DEFAULT_CPU_MILLICORES = 100
DEFAULT_MEMORY_MIB = 128
"""The defaults of a Service's `resources`, so that a pod from elsewhere is treated alike."""


def quota(context: Context) -> list[Manifest]:
    """ResourceQuota and LimitRange with the amounts of the environment's profile."""
    profile = context.profile
    metadata = {"name": "team", "namespace": context.namespace, "labels": labels.ownership(context)}
    memory = f"{profile.quota_memory_gib}Gi"
    return [
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": metadata,
            "spec": {
                "hard": {
                    "requests.cpu": str(profile.quota_cpu_cores),
                    "requests.memory": memory,
                    "limits.memory": memory,
                    "requests.storage": f"{profile.quota_storage_gib}Gi",
                    "pods": str(profile.quota_pods),
                    # Each opens the cluster past the Ingress controller or Gateway.
                    "services.loadbalancers": "0",
                    "services.nodeports": "0",
                }
            },
        },
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": metadata,
            "spec": {
                "limits": [
                    {
                        "type": "Container",
                        "defaultRequest": {"cpu": f"{DEFAULT_CPU_MILLICORES}m", "memory": f"{DEFAULT_MEMORY_MIB}Mi"},
                        "default": {"memory": f"{DEFAULT_MEMORY_MIB}Mi"},
                    }
                ]
            },
        },
    ]
