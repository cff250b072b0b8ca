"""How Kubernetes asks a container whether it is well."""

from __future__ import annotations

from typing import Any

from idp_components.service.pod import DRAIN_SECONDS, PORT_NAME
from idp_components.service.spec import Health

STARTUP_PERIOD_SECONDS = 2


def service_probes(health: Health, port: int) -> dict[str, Any]:
    """Startup, readiness and liveness of a service, and the pause in which a stopping pod still answers."""
    ask = _question(health, port)
    return {
        "startupProbe": {
            **ask,
            "periodSeconds": STARTUP_PERIOD_SECONDS,
            "failureThreshold": -(-health.startup_seconds // STARTUP_PERIOD_SECONDS),
        },
        "readinessProbe": {**ask, "periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 2},
        # Slower than readiness: a busy pod is first relieved of requests, and only restarted when that doesn't help.
        "livenessProbe": {**ask, "periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 2},
        "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
    }


def command_probe(command: tuple[str, ...]) -> dict[str, Any]:
    """Liveness of a worker by a command in its container."""
    return {"livenessProbe": {"exec": {"command": list(command)}, "periodSeconds": 30, "failureThreshold": 3, "timeoutSeconds": 10}}


def _question(health: Health, port: int) -> dict[str, Any]:
    if health.kind == "grpc":
        return {"grpc": {"port": port}}  # the API takes no port name here
    if health.kind == "tcp":
        return {"tcpSocket": {"port": PORT_NAME}}
    headers = [{"name": name, "value": value} for name, value in sorted(health.headers.items())]
    return {"httpGet": {"path": health.path, "port": PORT_NAME, **({"httpHeaders": headers} if headers else {})}}
