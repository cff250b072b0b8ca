"""Builder: a chart's release in the team's namespace, and the walls around its pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.argo_application.manifests import check_repository
from idp_components.core import labels, naming
from idp_components.core.connection import Connection
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest, merged, overridden
from idp_components.core.spec import SpecError
from idp_components.helm_application.chart import Chart
from idp_components.helm_application.schema_errors import Path
from idp_components.helm_application.spec import HelmApplicationSpec
from idp_components.helm_application.values import Said, check
from idp_components.service.network import DNS, NAMESPACE_NAME

INSTANCE = "app.kubernetes.io/instance"
"""Label with the release's name that the pods of a chart should have (Helm, "Labels and Annotations")."""
HIDDEN = "[secret]"
"""Stands for a secret value where values are checked."""


def helm_application(name: str, spec: HelmApplicationSpec, context: Context) -> list[Manifest]:
    """The objects beside the release: its pods reach each other and DNS, and an exposed one is reached from outside."""
    pods = {"podSelector": {"matchLabels": pod_labels(name, spec)}}
    ingress: list[dict[str, Any]] = [{"from": [pods]}]
    if spec.endpoint and spec.endpoint.exposed:
        outside = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: context.cluster.ingress_namespace}}}
        ingress.append({"from": [outside], "ports": [{"port": spec.endpoint.pod_port}]})
    policy: Manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": naming.child(name, "release"),  # a chart's own policy often has the release's name
            "namespace": context.namespace,
            "labels": {labels.NAME: name, **labels.ownership(context)},
        },
        "spec": {**pods, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": [DNS, {"to": [pods]}]},
    }
    return overridden([policy], spec.overrides, f"{context.team}.{name}")


def release(
    name: str, spec: HelmApplicationSpec, context: Context, secret_values: Mapping[str, Any], chart: Chart | None
) -> dict[str, Any]:
    """Properties of `kubernetes:helm.sh/v3:Release`; `chart` is that of a local one. Raises SpecError for values that it refuses."""
    place = f"{context.team}.{name}"
    if chart:
        hidden = frozenset(_leaves(secret_values))
        given = merged(spec.values, _placeholders(secret_values))
        check(chart, Said(given, hidden, frozenset(spec.unlisted)), place)
    if spec.repository:
        check_repository(f"{place}.repository", spec.repository, context)
    return {
        "name": name,
        "namespace": context.namespace,
        **(_local(chart) if chart else _remote(spec)),
        "values": merged(spec.values, secret_values) if secret_values else spec.values,
        "allowNullValues": True,  # null removes a default
        "atomic": True,
        "createNamespace": False,
        "skipCrds": not spec.crds,
        "timeout": spec.timeout_seconds,
    }


def pod_labels(name: str, spec: HelmApplicationSpec) -> dict[str, str]:
    """What selects the chart's pods."""
    return spec.pod_labels or {INSTANCE: name}


def address(name: str, spec: HelmApplicationSpec, context: Context) -> str | None:
    """`host:port` of the chart's Service; none where the application offers nothing."""
    if spec.endpoint is None:
        return None
    return naming.service_address(spec.endpoint.service or name, context.team, context.environment, spec.endpoint.port)


def connection(name: str, spec: HelmApplicationSpec, context: Context, variable: str) -> Connection:
    """What a workload puts into its `uses`. Raises SpecError where the application offers nothing."""
    if spec.endpoint is None:
        raise SpecError(f"{context.team}.{name}.endpoint: is missing, so nobody can connect: for example endpoint=Endpoint(port=9898)")
    variables = {variable: address(name, spec, context)}
    pods, pod_port = pod_labels(name, spec), spec.endpoint.pod_port
    return Connection(context.team, name, spec.endpoint.port, variables, pods=pods, pod_port=pod_port)


def _local(chart: Chart) -> dict[str, Any]:
    """What the engine can't see inside of a folder or package shows as a change by its digest, and stands in `helm history`."""
    return {"chart": chart.location, "description": f"{chart.name} {chart.version}, content {chart.digest}"}


def _remote(spec: HelmApplicationSpec) -> dict[str, Any]:
    repository = str(spec.repository)
    if repository.startswith("oci://"):
        return {"chart": f"{repository.rstrip('/')}/{spec.chart}", "version": spec.version}
    return {"chart": spec.chart, "version": spec.version, "repositoryOpts": {"repo": repository}}


def _leaves(values: Mapping[str, Any], path: Path = ()) -> list[Path]:
    """Where the secrets of a nested mapping are."""
    return [
        leaf for key, value in values.items() for leaf in (_leaves(value, (*path, key)) if isinstance(value, Mapping) else [(*path, key)])
    ]


def _placeholders(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _placeholders(value) if isinstance(value, Mapping) else HIDDEN for key, value in values.items()}
