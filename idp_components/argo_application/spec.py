"""What a team may say about an ArgoApplication."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from idp_components.core.links import Links
from idp_components.core.spec import Name, Spec

REPOSITORY_PATTERN = (
    r"^(https://[a-z0-9.-]+(:[0-9]+)?/|ssh://[\w-]+@[a-z0-9.-]+(:[0-9]+)?/|[\w-]+@[a-z0-9.-]+:|file:///)[\w./~+-]*[\w~+-]/?$"
)
"""https, ssh, its short form, or a local folder; never with credentials inside, which Argo CD keeps in a Secret of its own."""
CHART_REPOSITORY_PATTERN = r"^(https://|oci://)[a-z0-9.-]+(:[0-9]+)?(/[\w./-]*)?$"
EXACT_VERSION_PATTERN = r"^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$"
"""One version (semver.org, with the `v` that some charts have), no range."""
PINNED_REVISION = re.compile(r"[0-9a-f]{40}|(refs/tags/)?v?[0-9]+(\.[0-9]+){1,2}([-+][0-9A-Za-z.+-]+)?")
"""A whole commit, or the tag of a version: what a branch's next commit doesn't change."""


def _without_dots(address: str) -> str:
    """A repository's address or a path in it that leads nowhere else than it says. Raises ValueError."""
    if {".", ".."} & set(address.split("/")[:-1]) or address.endswith(".."):
        raise ValueError("leave out '.' and '..' in it, for example 'deploy/production'")
    return address


Repository = Annotated[
    str,
    StringConstraints(pattern=REPOSITORY_PATTERN),
    AfterValidator(_without_dots),
    Field(examples=["https://github.com/shop/checkout.git"]),
]
RelativePath = Annotated[str, AfterValidator(_without_dots)]
ChartRepository = Annotated[
    str, StringConstraints(pattern=CHART_REPOSITORY_PATTERN), AfterValidator(_without_dots), Field(examples=["https://charts.example.com"])
]
ExactVersion = Annotated[str, StringConstraints(pattern=EXACT_VERSION_PATTERN), Field(examples=["1.4.2"])]
ChartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/-]*$"), Field(examples=["podinfo"])]


class GitSource(Spec):
    """A folder of manifests in a Git repository."""

    repository: Repository
    """URL of the repository: https or ssh; `file:///…` only where the cluster's config lists it (`idp:repositories`)."""
    revision: str = Field(pattern=r"^[A-Za-z0-9][\w./+-]*$", max_length=250, examples=["v1.4.2"])
    """Commit, tag or branch, by its name; `production` takes a whole commit or a version's tag only."""
    path: RelativePath = Field(default=".", pattern=r"^[\w.-]+(/[\w.-]+)*$", examples=["deploy/production"])
    """Folder inside the repository."""

    @field_validator("revision")
    @classmethod
    def _revision_has_a_name(cls, value: str) -> str:
        if value.upper() == "HEAD":
            raise ValueError("it is whatever branch the repository shows first; name the branch, a tag or a commit")
        return value


class ChartSource(Spec):
    """A chart in a Helm repository."""

    repository: ChartRepository
    """URL of the Helm repository: https or oci."""
    chart: ChartName
    """Name of the chart."""
    version: ExactVersion
    """Exact version of the chart, no range."""
    values: dict[str, Any] = Field(default_factory=dict, examples=[{"replicaCount": 2}])
    """Values of the chart. They are stored in plain text: name a Secret in them, never what it holds."""


class IgnoredDifference(Spec):
    """Fields that something else in the cluster sets, and that Argo CD leaves alone."""

    kind: str = Field(pattern=r"^[A-Z][A-Za-z]+$", examples=["Deployment"])
    """Kind of the objects."""
    group: str = Field(default="", pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)*)?$", examples=["apps"])
    """API group of the kind; empty for the core group."""
    name: Name | None = None
    """Name of one object; all of the kind by default."""
    pointers: tuple[Annotated[str, StringConstraints(pattern=r"^(/[^/\s]+)+$")], ...] = Field(min_length=1, examples=[["/spec/replicas"]])
    """Fields as JSON pointers (RFC 6901)."""


class Sync(Spec):
    """How Argo CD brings the cluster to what the source says."""

    automated: bool = True
    """Sync by itself when the source changes; else somebody presses the button."""
    prune: bool | None = None
    """Delete by itself what left the source; by default everywhere but in `production`."""
    self_heal: bool = True
    """Undo changes that were made in the cluster by hand."""
    retries: int = Field(default=5, ge=0, le=50, examples=[5])
    """How often a failed sync is tried again."""
    retry_seconds: int = Field(default=5, ge=1, le=3600, examples=[5])
    """Pause before the first retry, in seconds; it doubles up to three minutes."""

    @model_validator(mode="after")
    def _prune_is_automatic(self) -> Self:
        if self.prune and not self.automated:
            raise ValueError("prune=True only acts in an automated sync: leave prune out, or use automated=True")
        return self


class ArgoApplicationSpec(Spec):
    """What a team may say about an application that Argo CD keeps as a repository says."""

    source: GitSource | ChartSource
    """Manifests in a Git repository, or a chart in a Helm repository."""
    sync: Sync = Sync()
    """When and how Argo CD syncs."""
    wave: int = Field(default=0, ge=-100, le=100, examples=[1])
    """Order among applications that one application deploys: lower waves must be healthy first."""
    ignore_differences: tuple[IgnoredDifference, ...] = Field(default=(), examples=[[{"kind": "Secret", "pointers": ["/data"]}]])
    """Further fields that Argo CD leaves alone; the replicas of a Deployment, which an autoscaler sets, it always does."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict, examples=[{"Application": {"spec": {"revisionHistoryLimit": 3}}}])
    """JSON merge patches by kind, for what no field says. They are recorded and still judged by the rules."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/cart"}])
    """Documentation and runbook, shown in the catalogue."""
