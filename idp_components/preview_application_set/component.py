"""Golden path: a preview for each pull request."""

from __future__ import annotations

import pulumi

from idp_components.core.component import GoldenPath
from idp_components.core.context import Context
from idp_components.preview_application_set import manifests
from idp_components.preview_application_set.spec import PreviewApplicationSetSpec


class PreviewApplicationSet(GoldenPath):
    """A namespace and an Application for each open pull request that asks for one; both go when it closes."""

    spec_class = PreviewApplicationSetSpec

    application_set: str
    """Name of the ApplicationSet in Argo CD."""

    def __init__(self, name: str, spec: PreviewApplicationSetSpec, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, spec, lambda: manifests.preview_application_set(name, spec, context), context=context, opts=opts)
        self.create(self.built)
        self.application_set = self.built[-1]["metadata"]["name"]
        self.register_outputs({"applicationSet": self.application_set})
