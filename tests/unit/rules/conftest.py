"""A workload that every rule is content with, and its variations."""

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

POD = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "web",
            "image": "ghcr.io/acme/web:v1.2.3",
            "ports": [{"containerPort": 8080}],
            "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}},
            "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        }
    ],
    "volumes": [{"name": "scratch", "emptyDir": {}}],
}
METADATA = {"name": "web", "namespace": "shop-dev"}

Keys = tuple[str | int, ...]


@pytest.fixture
def pod() -> dict[str, Any]:
    return copy.deepcopy(POD)


@pytest.fixture
def deployment(pod: dict[str, Any]) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": dict(METADATA), "spec": {"replicas": 1, "template": template}}


@pytest.fixture
def put() -> Callable[[Any, Keys, Any], None]:
    """Sets a value inside nested objects and lists, and makes what is missing on the way."""

    def change(target: Any, keys: Keys, value: Any) -> None:
        for key, following in pairwise(keys):
            empty: Any = [] if isinstance(following, int) else {}
            if isinstance(target, list):
                target.extend([{}] * (int(key) + 1 - len(target)))
                target = target[int(key)]
            else:
                target = target.setdefault(key, empty)
        if isinstance(target, list) and keys[-1] == len(target):
            target.append(value)
        else:
            target[keys[-1]] = value

    return change
