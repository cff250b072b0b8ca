"""What a team may say about a PreviewApplicationSet."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from idp_components.argo_application.spec import RelativePath, Repository
from idp_components.core.spec import Name, Spec

Label = Annotated[str, StringConstraints(pattern=r"^[\w][\w ./:-]{0,62}$")]


class Token(Spec):
    """A Secret in Argo CD's namespace with a token that may read pull requests, and nothing else."""

    secret: Name
    """Name of the Secret."""
    key: str = Field(default="token", pattern=r"^[-._a-zA-Z0-9]{1,253}$", examples=["token"])
    """Key inside it."""


class PullRequests(Spec):
    """Which pull requests get a preview. At least one of `labels` and `branch_match` says so: never all."""

    provider: Literal["github", "gitlab", "bitbucket", "gitea"] = Field(examples=["github"])
    """Where they are opened; `bitbucket` is Bitbucket Cloud."""
    project: str = Field(pattern=r"^[\w.-]+(/[\w.-]+)+$", max_length=200, examples=["shop/checkout"])
    """Owner and name of the repository there; in GitLab with all groups."""
    token: Token
    """Token that reads them."""
    labels: tuple[Label, ...] = Field(default=(), examples=[["preview"]])
    """Labels that a pull request must all have. Bitbucket has none."""
    branch_match: str | None = Field(default=None, min_length=1, max_length=200, examples=["^feature/"])
    """Regular expression that the branch's name must match."""
    api: str | None = Field(default=None, pattern=r"^https://[a-z0-9.-]+(:[0-9]+)?(/[\w./-]*)?$", examples=["https://git.example.com"])
    """URL of the provider's API; by default that of its public service. Gitea has none."""
    requeue_seconds: int = Field(default=300, ge=60, le=86_400, examples=[300])
    """How often Argo CD asks for them, in seconds; providers limit the calls of a token."""

    @field_validator("branch_match")
    @classmethod
    def _expression_can_be_read(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _provider_has_what_is_asked(self) -> Self:
        if not self.labels and self.branch_match is None:
            raise ValueError("say which pull requests get a preview, for example labels=('preview',) or branch_match='^feature/'")
        if self.provider == "bitbucket" and self.labels:
            raise ValueError("pull requests in Bitbucket have no labels: use branch_match, for example branch_match='^feature/'")
        if self.provider == "gitea" and self.api is None:
            raise ValueError("gitea has no public service: name your own, for example api='https://git.example.com'")
        if self.provider != "gitlab" and self.project.count("/") != 1:
            raise ValueError(f"project={self.project!r} must be owner and name, for example project='shop/checkout'")
        return self


class PreviewApplicationSetSpec(Spec):
    """What a team may say about the previews of its pull requests."""

    pull_requests: PullRequests
    """Which pull requests get a preview."""
    repository: Repository
    """URL that Argo CD reads the manifests from, at the pull request's commit: https or ssh."""
    path: RelativePath = Field(default=".", pattern=r"^[\w.-]+(/[\w.-]+)*$", examples=["deploy/preview"])
    """Folder of the manifests inside the repository."""
    expires_after_hours: int = Field(default=72, ge=1, le=336, examples=[72])
    """Hours after which a preview counts as forgotten, even if its pull request stays open; at most two weeks."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict, examples=[{"AppProject": {"spec": {"description": "Previews"}}}])
    """JSON merge patches by kind, for what no field says. They are recorded and still judged by the rules."""
