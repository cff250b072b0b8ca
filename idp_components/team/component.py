"""Golden path: a team's room in a cluster."""

from __future__ import annotations

import pulumi

from idp_components.core import naming
from idp_components.core.aws import permissions_boundary
from idp_components.core.component import GoldenPath
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.team import manifests
from idp_components.team.boundary import boundary
from idp_components.team.spec import TeamSpec


class Team(GoldenPath):
    """A namespace with Pod Security enforced, all traffic denied until something opens it, and rights for the team's members alone."""

    spec_class = TeamSpec
    named_in_namespace = False

    namespace: str
    """Name of the namespace."""
    boundary: str | None
    """ARN of the IAM policy that no role of the team exceeds; none where the account isn't known."""

    def __init__(self, name: str, spec: TeamSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec or TeamSpec()
        super().__init__(name, spec, lambda: manifests.team(name, spec, context), context=context, opts=opts)
        self.create(self.built, protected=("Namespace",) if context.profile.protect_data else ())
        self.create_aws(boundary(context))
        self.namespace, self.boundary = context.namespace, permissions_boundary(context)
        context.ledger.rooms.append(self.namespace)
        self.register_outputs({"namespace": self.namespace, "boundary": self.boundary})

    def logical_name(self, manifest: Manifest) -> str:
        """With the team's name before it: the platform's stack has the rooms of many teams."""
        name = super().logical_name(manifest)
        return name if name == self.context.namespace else naming.child(self.name, name)
