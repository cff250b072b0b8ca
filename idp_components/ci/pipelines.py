"""Emit a pipeline: a provider's template with the values of a team."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from idp_components.core.profiles import PROFILES
from idp_components.core.spec import Name, Spec
from idp_components.service import schedule

FOLDER = Path(__file__).parent
PLACEHOLDER = re.compile(r"@@([a-z_]+)@@")
PREVIEW = PROFILES["preview"]
TOKENS = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN", "bitbucket": "BITBUCKET_TOKEN"}
"""Variable with the token for comments, by the host of the repository."""

Role = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]{1,200}$",
        examples=["arn:aws:iam::123456789012:role/pipelines/checkout-deploy-dev"],
    ),
]


def _cron(value: str) -> str:
    if problem := schedule.problem(value):
        raise ValueError(problem)
    return value


class PipelineValues(Spec):
    """What differs from team to team in a pipeline. Every value is checked: it becomes a part of scripts."""

    team: Name
    """Team whose environments they are."""
    image: str = Field(
        pattern=r"^[a-z0-9]+([._-]+[a-z0-9]+)*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*@sha256:[0-9a-f]{64}$",
        max_length=300,
        examples=[f"registry.example.com/idp@sha256:{'0123456789abcdef' * 4}"],
    )
    """Image of the jobs, by its digest, with idp, pulumi, kubectl and aws."""
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", examples=["eu-central-1"])
    """Region of AWS."""
    cluster: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", examples=["shop-dev"])
    """Name of the EKS cluster."""
    backend: str = Field(
        pattern=r"^(s3|gs|azblob|https)://[A-Za-z0-9._/?=&-]{1,200}$", examples=["s3://shop-pulumi-state?region=eu-central-1"]
    )
    """Pulumi's backend."""
    preview_role: Role
    """Role that only reads, of a `PipelineRole` with `access="preview"`."""
    deploy_role: Role
    """Role that opens environments, of a `PipelineRole` with `access="deploy"`."""
    reap_cron: Annotated[str, AfterValidator(_cron)] = Field(default="17 * * * *", pattern=r"^[0-9*/, -]{9,60}$", examples=["17 * * * *"])
    """When what is over is removed: five fields of cron, in UTC."""
    main_branch: str = Field(default="main", pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,99}$", examples=["main"])
    """Branch whose pipeline removes what is over; only Jenkins asks."""
    host_of_code: Literal["github", "gitlab", "bitbucket"] = "github"
    """Where the repository is, for the comment; only CircleCI and Jenkins ask."""


@dataclass(frozen=True)
class Provider:
    """Where pipelines run."""

    template: str
    path: str
    """Where the provider looks for it."""


PROVIDERS: Mapping[str, Provider] = {
    "github": Provider("github.yaml", ".github/workflows/environments.yml"),
    "gitlab": Provider("gitlab.yaml", ".gitlab-ci.yml"),
    "bitbucket": Provider("bitbucket.yaml", "bitbucket-pipelines.yml"),
    "circleci": Provider("circleci.yaml", ".circleci/config.yml"),
    "jenkins": Provider("jenkins.groovy", "Jenkinsfile"),
}


def pipeline(provider: str, values: PipelineValues) -> str:
    """The text of a provider's pipeline."""
    known = {
        **values.model_dump(),
        "host": PREVIEW.guest_of,
        "ttl_hours_max": PREVIEW.ttl_hours_max,
        "token_variable": TOKENS[values.host_of_code],
    }
    return PLACEHOLDER.sub(lambda found: str(known[found[1]]), (FOLDER / PROVIDERS[provider].template).read_text())
