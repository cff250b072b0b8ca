"""Golden path: any chart, in the team's namespace, with values that its own schema accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from idp_components.core.apply import apply_release
from idp_components.core.component import GoldenPath
from idp_components.core.connection import Connection
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.helm_application import manifests
from idp_components.helm_application.chart import load
from idp_components.helm_application.spec import HelmApplicationSpec
from idp_components.project import find_root

SecretValues = Mapping[str, Any]
"""Values of a chart that are secret, or known only later, nested as the chart's own; a leaf is text or a Pulumi Input."""


class HelmApplication(GoldenPath):
    """A chart's release: its values are checked before anything is registered, and a change that doesn't get ready is taken back."""

    spec_class = HelmApplicationSpec

    address: str | None
    """`host:port` inside the cluster; none without `endpoint`."""

    def __init__(
        self,
        name: str,
        spec: HelmApplicationSpec,
        *,
        context: Context,
        secret_values: SecretValues | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        place, secrets = f"{context.team}.{name}", _secret(secret_values or {})
        described: dict[str, Any] = {}

        def build() -> list[Manifest]:
            chart = None if spec.repository else load(find_root(), spec.chart, f"{place}.chart")
            described.update(manifests.release(name, spec, context, secrets, chart))
            return manifests.helm_application(name, spec, context)

        super().__init__(name, spec, build, context=context, opts=opts)
        walls = self.create(self.built)
        apply_release(described, parent=self, depends_on=walls)
        self.spec = spec
        self.address = manifests.address(name, spec, context)
        self.register_outputs({"address": self.address})

    def offered_port(self, spec: HelmApplicationSpec) -> int | None:
        """The port of its endpoint."""
        return spec.endpoint.port if spec.endpoint else None

    def connection(self, variable: str) -> Connection:
        """What a workload of the team puts into its `uses`: the address arrives in `variable`. Raises SpecError without `endpoint`."""
        return manifests.connection(self.name, self.spec, self.context, variable)


def _secret(values: SecretValues) -> dict[str, Any]:
    """The same nested values, each leaf a Pulumi secret."""
    return {key: _secret(value) if isinstance(value, Mapping) else pulumi.Output.secret(value) for key, value in values.items()}
