"""What the platform may say about the roles of pipelines."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from idp_components.core.spec import Spec
from idp_components.pipeline_role.sources import GitHubIssuer, Issuer, Source
from idp_components.team.spec import Group


class PipelineIssuerSpec(Spec):
    """Whose tokens an AWS account takes."""

    issuer: Issuer = Field(default=GitHubIssuer(), examples=[{"provider": "github"}])
    """GitHub, GitLab, a workspace of Bitbucket or an organization of CircleCI."""


class PipelineRoleSpec(Spec):
    """Which pipeline takes the role, and what for."""

    source: Source = Field(examples=[{"provider": "github", "repository": "shop/checkout", "branches": ["main"]}])
    """The repository, and the branches, tags or environments in it that may take the role, each by its whole name."""
    access: Literal["deploy", "preview"] = "preview"
    """`deploy`: what the team's stacks create, under the team's names. `preview`: read what is there, which `pulumi preview` needs."""
    group: Group | None = Field(default=None, examples=["idp:checkout:pipeline"])
    """Group in the cluster; the team's `idp:<team>:pipeline` or, to preview, `idp:<team>:viewer`."""

    @model_validator(mode="after")
    def _lets_in_somebody_and_not_everybody(self) -> Self:
        if self.access == "deploy" and self.source.pull_requests:
            raise ValueError(
                "source.pull_requests=True with access='deploy' would let every proposed change deploy itself: use access='preview'"
            )
        if not self.source.subjects():
            names = [name for name in type(self.source).model_fields if name in ("branches", "tags", "environments", "environment_ids")]
            example = "pull_requests=True" if self.access == "preview" else f"{names[0]}=[…]"
            raise ValueError(f"source names nothing that may take the role: name {' or '.join(names)}, for example {example}")
        return self
