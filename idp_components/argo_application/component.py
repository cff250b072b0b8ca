"""Golden path: an application that Argo CD keeps as a repository says."""

from __future__ import annotations

import pulumi

from idp_components.argo_application import manifests
from idp_components.argo_application.spec import ArgoApplicationSpec
from idp_components.core.component import GoldenPath
from idp_components.core.context import Context


class ArgoApplication(GoldenPath):
    """What a repository says, kept in the team's namespace by Argo CD; when this goes, so does everything that it deployed."""

    spec_class = ArgoApplicationSpec

    application: str
    """Name of the Application in Argo CD."""

    def __init__(self, name: str, spec: ArgoApplicationSpec, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, spec, lambda: manifests.argo_application(name, spec, context), context=context, opts=opts)
        self.create(self.built)
        self.application = self.built[0]["metadata"]["name"]
        self.register_outputs({"application": self.application})
