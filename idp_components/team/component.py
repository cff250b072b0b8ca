"""Golden path: a team's room in a cluster."""

from __future__ import annotations

import pulumi

from idp_components.core.component import GoldenPath
from idp_components.core.context import Context
from idp_components.team import manifests
from idp_components.team.spec import TeamSpec


class Team(GoldenPath):
    """A namespace with Pod Security enforced, all traffic denied until something opens it, and rights for the team's members alone."""

    spec_class = TeamSpec
    named_in_namespace = False

    namespace: str
    """Name of the namespace."""

    def __init__(self, name: str, spec: TeamSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec or TeamSpec()
        super().__init__(name, spec, lambda: manifests.team(name, spec, context), context=context, opts=opts)
        self.create(self.built)
        self.namespace = context.namespace
        self.register_outputs({"namespace": self.namespace})
