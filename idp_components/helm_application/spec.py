"""What a team may say about a HelmApplication."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from idp_components.argo_application.spec import ChartRepository, ExactVersion, RelativePath
from idp_components.core.links import Links
from idp_components.core.spec import Name, PortNumber, Spec

CHART_NAME = re.compile(r"[a-z0-9][a-z0-9._/-]*")
LABEL_VALUE = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
PortName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=15)]
"""Name of a container's port (Kubernetes, IANA_SVC_NAME)."""


class Endpoint(Spec):
    """Where the chart's pods listen."""

    port: PortNumber
    """Port of the chart's Service that other workloads use."""
    service: Name | None = None
    """Name of the chart's Service; that of the application by default."""
    pod_port: PortNumber | PortName = Field(default="http", examples=["http"])
    """Port of the pods behind it, by name or number: the Service's `targetPort`."""
    exposed: bool = False
    """Let the cluster's Ingress controller or Gateway in, for a route that the chart makes."""


class HelmApplicationSpec(Spec):
    """What a team may say about a chart that runs in its namespace."""

    chart: RelativePath = Field(pattern=r"^[\w.-]+(/[\w.-]+)*$", max_length=250, examples=["charts/podinfo"])
    """Folder or packaged chart (`.tgz`) below the project's root; with `repository` the chart's name there."""
    repository: ChartRepository | None = None
    """URL of a Helm repository: https or oci; none for a chart of the project."""
    version: ExactVersion | None = None
    """Exact version of a chart from a repository; a chart of the project says its own."""
    values: dict[str, Any] = Field(default_factory=dict, repr=False, examples=[{"replicaCount": 2}])
    """Values of the chart, in plain text. What is secret, or known only later, goes into the component's `secret_values`."""
    unlisted: tuple[str, ...] = Field(default=(), examples=[["extraEnv.LOG_LEVEL"]])
    """Values, by their path, that the chart takes without listing them: they are no typing errors."""
    crds: bool = False
    """Install the resource definitions that the chart ships, once. They are the whole cluster's, and helm never updates them."""
    timeout_seconds: int = Field(default=300, ge=10, le=3600, examples=[300])
    """Time in which everything must be ready, in seconds; after it, helm takes the change back."""
    pod_labels: dict[str, Annotated[str, StringConstraints(pattern=LABEL_VALUE)]] = Field(default_factory=dict, examples=[{"app": "web"}])
    """Labels of the chart's pods; `app.kubernetes.io/instance` with the application's name by default, as charts should have it."""
    endpoint: Endpoint | None = Field(default=None, examples=[{"port": 9898}])
    """Where the chart's pods listen; none where nobody calls them."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict, examples=[{"NetworkPolicy": {"spec": {"egress": [{}]}}}])
    """JSON merge patches (RFC 7386) by kind, for what no field says. The chart's own objects change by its values."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/podinfo"}])
    """Documentation and runbook, shown in the catalogue."""

    @field_validator("values")
    @classmethod
    def _values_are_plain(cls, values: dict[str, Any]) -> dict[str, Any]:
        if found := next(_not_plain(values), None):
            path, value = found
            raise ValueError(
                f"{'.'.join(path)} is of type {type(value).__name__}: use text, numbers, true, false, null, lists and mappings; "
                "what is secret or known only later goes into secret_values of the component"
            )
        return values

    @model_validator(mode="after")
    def _remote_charts_have_a_version(self) -> Self:
        if self.repository and not self.version:
            raise ValueError(f"version is required with repository: an update must not change what runs, for example {EXAMPLE}")
        if self.repository and not CHART_NAME.fullmatch(self.chart):
            raise ValueError(f"chart={self.chart!r} is no name of a chart: use lower-case letters, digits and '-', for example {EXAMPLE}")
        if self.version and not self.repository:
            raise ValueError(
                f"version={self.version!r} is for a chart of a repository: leave it out, the chart's own Chart.yaml says it, "
                f"or add the repository, for example {EXAMPLE}"
            )
        return self


EXAMPLE = "chart='podinfo', repository='https://charts.example.com', version='6.9.2'"


def _not_plain(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Places whose value JSON can't say."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _not_plain(item, (*path, key))
            else:
                yield (*path, repr(key)), key
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _not_plain(item, (*path, str(index)))
    elif not isinstance(value, str | int | float | bool | None) or value in (float("inf"), float("-inf")) or value != value:
        yield path, value
