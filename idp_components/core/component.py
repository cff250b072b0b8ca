"""The base of every golden path: it declares itself, records its inputs and creates what its builder returned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import pulumi

from idp_components.core.apply import apply_manifest
from idp_components.core.connection import Connection
from idp_components.core.context import Context
from idp_components.core.ledger import Entry
from idp_components.core.manifest import Manifest, waves
from idp_components.core.spec import Spec


class GoldenPath(pulumi.ComponentResource):
    """A component of the platform, of type `idp:index:<Class>`. Bad input raises SpecError before anything is registered."""

    named_in_namespace: ClassVar[bool] = True
    """Whether the component's name is that of objects in the team's namespace, and so can't be taken twice."""

    def __init__(
        self,
        name: str,
        spec: Spec,
        *,
        context: Context,
        uses: Sequence[Connection] = (),
        port: int | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        kind = type(self).__name__
        if self.named_in_namespace:
            context.ledger.add(Entry(kind, name, port, tuple(uses)))
        inputs = {
            "team": context.team,
            "environment": context.environment,
            "spec": spec.model_dump(mode="json", exclude_unset=True),
            "uses": [str(connection) for connection in uses],
        }
        super().__init__(f"idp:index:{kind}", name, inputs, opts)
        self.name = name
        self.context = context

    def create(self, manifests: Iterable[Manifest]) -> None:
        """Create the manifests below this component, wave after wave."""
        before: list[pulumi.Resource] = list(self.context.after)
        for wave in waves(manifests):
            before = [apply_manifest(manifest, parent=self, depends_on=before) for manifest in wave]
