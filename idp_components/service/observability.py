"""How Prometheus finds the metrics of a service: by annotations or a ServiceMonitor, as the profile says."""

from __future__ import annotations

from typing import Any

from idp_components.core import labels
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.service.pod import metadata
from idp_components.service.spec import ServiceSpec

METRICS_PORT_NAME = "metrics"


def extra_port(spec: ServiceSpec) -> list[dict[str, Any]]:
    """The container's port for metrics, where it isn't that of the service."""
    port = spec.metrics.port if spec.metrics else None
    return [] if port in (None, spec.ports.container) else [{"name": METRICS_PORT_NAME, "containerPort": port}]


def scrape_annotations(spec: ServiceSpec, context: Context) -> dict[str, str]:
    """The annotations that the widespread Prometheus scrape configuration reads."""
    if spec.metrics is None or context.profile.scrape != "annotations":
        return {}
    port = spec.metrics.port or spec.ports.container
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(port), "prometheus.io/path": spec.metrics.path}


def service_monitor(name: str, spec: ServiceSpec, context: Context, component: str) -> list[Manifest]:
    """Tells the Prometheus operator which port of the Service has the metrics."""
    if spec.metrics is None or context.profile.scrape != "service-monitor":
        return []
    endpoint = {"port": METRICS_PORT_NAME if extra_port(spec) else spec.health.kind, "path": spec.metrics.path, "interval": "30s"}
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "ServiceMonitor",
            "metadata": metadata(name, name, context, component),
            "spec": {"selector": {"matchLabels": labels.selector(name, component)}, "endpoints": [endpoint]},
        }
    ]
