"""Golden paths: whose pipelines an account knows, and the roles that they take."""

from __future__ import annotations

import pulumi

from idp_components.core import naming
from idp_components.core.apply_aws import attribute
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.context import Context
from idp_components.pipeline_role import resources
from idp_components.pipeline_role.spec import PipelineIssuerSpec, PipelineRoleSpec


class PipelineIssuer(GoldenPath):
    """An issuer of pipelines' tokens, known to the account: one per account and issuer, shared by all teams."""

    spec_class = PipelineIssuerSpec
    named_in_namespace = False

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, spec: PipelineIssuerSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        spec = spec or PipelineIssuerSpec()
        super().__init__(name, spec, list, context=context, opts=opts)
        made = self.create_aws(resources.issuer(name, spec, context))
        self.arn = attribute(made, Ref(name, "arn"))
        self.register_outputs({"arn": self.arn})


class PipelineRole(GoldenPath):
    """The role that a team's pipeline takes with its own token: no key is stored, and a session lasts an hour at most."""

    spec_class = PipelineRoleSpec
    named_in_namespace = False

    arn: pulumi.Output[str]
    """What the pipeline asks for."""

    def __init__(self, name: str, spec: PipelineRoleSpec, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, spec, list, context=context, opts=opts)
        made = self.create_aws(resources.pipeline_role(name, spec, context))
        self.arn = attribute(made, Ref(naming.child(name, "role"), "arn"))
        self.register_outputs({"arn": self.arn})
