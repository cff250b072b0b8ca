"""Who may take a pipeline's role: the issuers of tokens, and the repositories and references that a token must name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from idp_components.core.spec import Spec

SLUG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ANY_UUID = "????????-????-????-????-????????????"
"""One UUID in a pattern of IAM: `*` would also match what somebody writes into the name of a branch."""
STS = "sts.amazonaws.com"

Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./@#+-]{0,199}$", examples=["main"])]
"""A branch or tag by its whole name, without wildcards."""
GitHubEnvironment = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_. /-]{0,199}$", examples=["production"])]
Uuid = Annotated[str, Field(pattern=f"^{UUID}$", examples=["5f0a1d64-0b7c-4d5e-9a3f-2b1c0d9e8f7a"])]
Number = Annotated[int, Field(ge=1, strict=True, examples=[123456])]


class GitHubIssuer(Spec):
    """GitHub Actions (GitHub, "Configuring OpenID Connect in Amazon Web Services")."""

    provider: Literal["github"] = "github"
    """Which pipelines these are."""

    @property
    def url(self) -> str:
        """What issues the tokens."""
        return "https://token.actions.githubusercontent.com"

    @property
    def audience(self) -> str:
        """Whom the tokens are for."""
        return STS


class GitLabIssuer(Spec):
    """GitLab CI (GitLab, "Configure OpenID Connect in AWS")."""

    provider: Literal["gitlab"] = "gitlab"
    """Which pipelines these are."""
    host: str = Field(
        default="gitlab.com", pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", examples=["gitlab.example.com"]
    )
    """Host of the GitLab instance; AWS must reach it."""

    @property
    def url(self) -> str:
        """What issues the tokens."""
        return f"https://{self.host}"

    @property
    def audience(self) -> str:
        """Whom the tokens are for: `id_tokens: {AWS_TOKEN: {aud: https://<host>}}` in the job."""
        return self.url


class BitbucketIssuer(Spec):
    """Bitbucket Pipelines (Atlassian, "Deploy on AWS using Bitbucket Pipelines OpenID Connect")."""

    provider: Literal["bitbucket"] = "bitbucket"
    """Which pipelines these are."""
    workspace: str = Field(pattern=f"^{SLUG}$", examples=["shop"])
    """Name of the workspace in its URL."""
    workspace_id: Uuid
    """UUID of the workspace, without braces."""

    @property
    def url(self) -> str:
        """What issues the tokens."""
        return f"https://api.bitbucket.org/2.0/workspaces/{self.workspace}/pipelines-config/identity/oidc"

    @property
    def audience(self) -> str:
        """Whom the tokens are for."""
        return f"ari:cloud:bitbucket::workspace/{self.workspace_id}"


class CircleCiIssuer(Spec):
    """CircleCI (CircleCI, "Using OpenID Connect tokens in jobs")."""

    provider: Literal["circleci"] = "circleci"
    """Which pipelines these are."""
    organization_id: Uuid
    """UUID of the organization."""

    @property
    def url(self) -> str:
        """What issues the tokens."""
        return f"https://oidc.circleci.com/org/{self.organization_id}"

    @property
    def audience(self) -> str:
        """Whom the tokens are for."""
        return self.organization_id


class GitHub(GitHubIssuer):
    """A repository of GitHub, and what in it may take the role."""

    repository: str = Field(pattern=f"^{SLUG}/{SLUG}$", examples=["shop/checkout"])
    """`owner/name`."""
    owner_id: Number | None = None
    """Id of the owner, which repositories made or renamed since 2026-07-15 have in their subjects (GitHub, "Immutable subject claims")."""
    repository_id: Number | None = None
    """Id of the repository, together with `owner_id`."""
    branches: tuple[Reference, ...] = Field(default=(), examples=[["main"]])
    """Branches whose jobs may take the role. A job that names an environment counts as that environment's alone."""
    tags: tuple[Reference, ...] = Field(default=(), examples=[["v1.4.2"]])
    """Tags whose jobs may take the role."""
    environments: tuple[GitHubEnvironment, ...] = Field(default=(), examples=[["production"]])
    """Environments whose jobs may take the role; who may deploy to them, GitHub's protection rules say."""
    pull_requests: bool = False
    """Whether jobs of pull requests may take the role; never to deploy."""

    @model_validator(mode="after")
    def _both_ids_or_none(self) -> Self:
        if (self.owner_id is None) != (self.repository_id is None):
            raise ValueError("owner_id and repository_id go together, for example owner_id=123456, repository_id=456789")
        return self

    def subjects(self) -> list[str]:
        """Subjects of the tokens that are let in: exact, or patterns of IAM."""
        owner, name = self.repository.split("/")
        start = f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}" if self.owner_id else f"repo:{self.repository}"
        return [
            *(f"{start}:ref:refs/heads/{branch}" for branch in self.branches),
            *(f"{start}:ref:refs/tags/{tag}" for tag in self.tags),
            *(f"{start}:environment:{environment}" for environment in self.environments),
            *([f"{start}:pull_request"] if self.pull_requests else []),
        ]


class GitLab(GitLabIssuer):
    """A project of GitLab, and what in it may take the role."""

    project: str = Field(pattern=f"^{SLUG}(/{SLUG}){{1,20}}$", examples=["shop/checkout"])
    """Path of the project with its groups."""
    branches: tuple[Reference, ...] = Field(default=(), examples=[["main"]])
    """Branches whose jobs may take the role."""
    tags: tuple[Reference, ...] = Field(default=(), examples=[["v1.4.2"]])
    """Tags whose jobs may take the role."""
    pull_requests: bool = False
    """Whether jobs of merge requests, which GitLab can't tell from those of any other branch, may take the role; never to deploy."""

    def subjects(self) -> list[str]:
        """Subjects of the tokens that are let in: exact, or patterns of IAM."""
        start = f"project_path:{self.project}:ref_type"
        return [
            *(f"{start}:branch:ref:{branch}" for branch in self.branches),
            *(f"{start}:tag:ref:{tag}" for tag in self.tags),
            *([f"{start}:branch:ref:*"] if self.pull_requests else []),
        ]


class Bitbucket(BitbucketIssuer):
    """A repository of Bitbucket, and what in it may take the role."""

    repository_id: Uuid
    """UUID of the repository, without braces."""
    environment_ids: tuple[Uuid, ...] = Field(default=(), examples=[["5f0a1d64-0b7c-4d5e-9a3f-2b1c0d9e8f7a"]])
    """UUIDs of the deployment environments whose steps may take the role; which branches deploy to them, Bitbucket says."""
    pull_requests: bool = False
    """Whether steps without an environment, among them those of pull requests, may take the role; never to deploy."""

    def subjects(self) -> list[str]:
        """Subjects of the tokens that are let in. Their last part is the step's id, which no rule can know."""
        start, step = f"{{{self.repository_id}}}", f"{{{ANY_UUID}}}"
        return [
            *(f"{start}:{{{environment}}}:{step}" for environment in self.environment_ids),
            *([f"{start}:{step}"] if self.pull_requests else []),
        ]


class CircleCi(CircleCiIssuer):
    """A project of CircleCI, and what in it may take the role. Its jobs use `CIRCLE_OIDC_TOKEN_V2`, whose subject names the branch."""

    project_id: Uuid
    """UUID of the project."""
    repository: str = Field(pattern=f"^[a-z0-9.-]+/{SLUG}/{SLUG}$", examples=["github.com/shop/checkout"])
    """`host/owner/name` of the repository that the project builds."""
    branches: tuple[Reference, ...] = Field(default=(), examples=[["main"]])
    """Branches whose jobs may take the role."""
    tags: tuple[Reference, ...] = Field(default=(), examples=[["v1.4.2"]])
    """Tags whose jobs may take the role."""
    pull_requests: bool = False
    """Whether jobs of any branch, among them those of pull requests, may take the role; never to deploy."""

    def subjects(self) -> list[str]:
        """Subjects of the tokens that are let in, whoever started the job."""
        project = f"org/{self.organization_id}/project/{self.project_id}/user/{ANY_UUID}"
        start = f"{project}/vcs-origin/{self.repository}/vcs-ref/refs"
        return [
            *(f"{start}/heads/{branch}" for branch in self.branches),
            *(f"{start}/tags/{tag}" for tag in self.tags),
            *([f"{start}/*"] if self.pull_requests else []),
        ]


TAGS = {"github": "GitHub", "gitlab": "GitLab", "bitbucket": "Bitbucket", "circleci": "CircleCi"}


def _provider(value: Any) -> str | None:
    return TAGS.get(str(value.get("provider") if isinstance(value, Mapping) else getattr(value, "provider", "")))


PROVIDER = Discriminator(
    _provider,
    custom_error_type="provider",
    custom_error_message="its provider must be 'github', 'gitlab', 'bitbucket' or 'circleci'",
)
Issuer = Annotated[
    Annotated[GitHubIssuer, Tag("GitHub")]
    | Annotated[GitLabIssuer, Tag("GitLab")]
    | Annotated[BitbucketIssuer, Tag("Bitbucket")]
    | Annotated[CircleCiIssuer, Tag("CircleCi")],
    PROVIDER,
]
Source = Annotated[
    Annotated[GitHub, Tag("GitHub")]
    | Annotated[GitLab, Tag("GitLab")]
    | Annotated[Bitbucket, Tag("Bitbucket")]
    | Annotated[CircleCi, Tag("CircleCi")],
    PROVIDER,
]
