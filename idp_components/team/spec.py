"""What the platform may say about a team."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from idp_components.core.spec import Spec

REPOSITORY_PREFIX = re.compile(r"(https|oci|ssh)://(git@)?[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)+/")


def _no_system_group(group: str) -> str:
    if group.startswith("system:"):
        raise ValueError("groups that start with 'system:' belong to Kubernetes itself; use one of the identity provider")
    return group


def _whole_prefix(prefix: str) -> str:
    if not REPOSITORY_PREFIX.fullmatch(prefix):
        raise ValueError(
            "use https://, oci:// or ssh://, a host, at least one folder and a '/' at the end, and no user, password or wildcard"
        )
    return prefix


Group = Annotated[str, Field(pattern=r"^[\w.:@/-]{1,128}$"), AfterValidator(_no_system_group)]
RepositoryPrefix = Annotated[str, Field(max_length=200), AfterValidator(_whole_prefix)]


class Groups(Spec):
    """Groups of the identity provider by role; `idp:<team>:<role>` by default. None may start with `system:`."""

    viewer: Group | None = Field(default=None, examples=["idp:checkout:viewer"])
    """Who may look."""
    developer: Group | None = Field(default=None, examples=["idp:checkout:developer"])
    """Who runs workloads by hand, where the environment lets people do that."""
    on_call: Group | None = Field(default=None, examples=["idp:checkout:on-call"])
    """Who may also reach into running pods, and scale."""
    pipeline: Group | None = Field(default=None, examples=["idp:checkout:pipeline"])
    """What deploys the team's stacks."""


class Owner(Spec):
    """Whom to ask, and who pays."""

    email: str | None = Field(default=None, pattern=r"^[^@\s]{1,64}@[A-Za-z0-9.-]{1,190}$", examples=["checkout@example.com"])
    """Address that reaches the whole team."""
    slack_channel: str | None = Field(default=None, pattern=r"^#[a-z0-9_-]{1,79}$", examples=["#team-checkout"])
    """Channel for questions, with its `#`."""
    cost_centre: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$", examples=["cc-4711"])
    """Account that the team's costs are booked on; the team's own name by default. As a label, cost reports can group by it."""


class TeamSpec(Spec):
    """Who a team is."""

    groups: Groups = Field(default=Groups(), examples=[{"developer": "idp:checkout:developer"}])
    """Groups of the identity provider that have the team's roles."""
    repositories: tuple[RepositoryPrefix, ...] = Field(default=(), examples=[["https://github.com/shop/"]])
    """Prefixes of the repositories that Argo CD may deploy for the team; empty allows none."""
    owner: Owner = Field(default=Owner(), examples=[{"slack_channel": "#team-checkout"}])
    """Whom to ask, and who pays."""
    budget_usd_per_month: int | None = Field(default=None, ge=1, le=10_000_000, examples=[400])
    """What the team means to spend in this environment, in US dollars a month."""
