"""Every golden path with the specs that it accepts and what it builds of them, for the tests that hold for all of them: one line each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import strategies
from hypothesis import strategies as st

from idp_components import (
    ArgoApplicationSpec,
    ChartSource,
    GitSource,
    PreviewApplicationSetSpec,
    PullRequests,
    Token,
)
from idp_components.argo_application.manifests import argo_application
from idp_components.bucket.resources import bucket
from idp_components.cache import manifests as caches
from idp_components.cache.reach import Plan
from idp_components.core.aws import Json, Ref
from idp_components.core.context import EXAMPLE_OIDC_PROVIDER, Context
from idp_components.core.profiles import PROFILES
from idp_components.database import manifests as databases
from idp_components.database.plan import plan
from idp_components.ephemeral.manifests import ephemeral_environment
from idp_components.helm_application.manifests import helm_application
from idp_components.pipeline_role.resources import issuer, pipeline_role
from idp_components.preview_application_set.manifests import preview_application_set
from idp_components.queue.resources import queue
from idp_components.service import manifests
from idp_components.team.boundary import boundary
from idp_components.team.manifests import team
from idp_components.topic.resources import topic


@dataclass(frozen=True)
class Accepted:
    """A golden path."""

    specs: st.SearchStrategy[Any]
    build: Callable[[str, Any, Context], list[Any]]
    """Its objects or resources of AWS."""


repositories = strategies.names.map(lambda name: f"https://git.example.com/shop/{name}.git")
commits = st.from_regex(r"[0-9a-f]{40}", fullmatch=True)
git_sources = st.builds(GitSource, repository=repositories, revision=commits, path=strategies.names)
chart_sources = st.builds(
    ChartSource,
    repository=st.just("https://charts.example.com"),
    chart=strategies.names,
    version=st.from_regex(r"v?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True),
    values=st.dictionaries(strategies.names, st.integers() | strategies.text, max_size=2),
)
pull_requests = st.builds(
    PullRequests,
    provider=st.sampled_from(["github", "gitlab", "gitea"]),
    project=strategies.names.map("shop/{}".format),
    token=st.builds(Token, secret=strategies.names),
    labels=st.lists(strategies.names, min_size=1, max_size=3, unique=True).map(tuple),
    branch_match=st.none() | st.just("^feature/"),
    api=st.just("https://git.example.com"),
    requeue_seconds=st.integers(60, 86_400),
)

PULL_REQUEST = "pr-42"

ACCEPTED = {
    "service": Accepted(strategies.services | strategies.web_services, manifests.service),
    "worker": Accepted(strategies.workers, manifests.worker),
    "scheduled-job": Accepted(strategies.jobs, manifests.scheduled_job),
    "helm-application": Accepted(strategies.helm_applications, helm_application),
    # A pull request has an EphemeralEnvironment for its room.
    "team": Accepted(
        strategies.teams,
        lambda _, spec, context: [*team(context.team, spec, replace(context, environment=context.profile.environment)), *boundary(context)],
    ),
    "argo-application": Accepted(st.builds(ArgoApplicationSpec, source=git_sources | chart_sources), argo_application),
    "preview-application-set": Accepted(
        st.builds(
            PreviewApplicationSetSpec,
            pull_requests=pull_requests,
            repository=repositories,
            path=strategies.names,
            expires_after_hours=st.integers(1, 336),
        ),
        preview_application_set,
    ),
    "queue": Accepted(strategies.queues, lambda name, spec, context: queue(name, spec, context, {})),
    "topic": Accepted(strategies.topics, topic),
    "bucket": Accepted(strategies.buckets, bucket),
    # In the cluster; what these two make at AWS has tests of its own, for it needs a network there.
    "database": Accepted(strategies.databases(), lambda name, spec, context: databases.planned(plan(name, spec, context))),
    "cache": Accepted(strategies.caches, lambda name, spec, context: caches.in_cluster(Plan(name, spec, context), "logins")),
    "ephemeral-environment": Accepted(
        strategies.ephemeral_environments,
        lambda name, spec, context: ephemeral_environment(
            name, spec, replace(context, environment=PULL_REQUEST, cluster=context.cluster.model_copy(update={"routing": "ingress"}))
        ),
    ),
    "pipeline-issuer": Accepted(strategies.pipeline_issuers, issuer),
    "pipeline-role": Accepted(strategies.pipeline_roles, pipeline_role),
}
"""By the names of `idp_components.schema.SPECS`."""

CLUSTER = {
    "domain": "example.com",
    "oidc_provider": EXAMPLE_OIDC_PROVIDER,
    "vpc_id": "vpc-0a1b2c3d",
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "vpc_cidr": "10.20.0.0/16",
    "cluster_security_group": "sg-0a1b2c3d",
}
contexts = st.builds(
    lambda environment, routing: Context.of(f"shop-{environment}", {**CLUSTER, "routing": routing}),
    st.sampled_from([*PROFILES, PULL_REQUEST]),
    st.sampled_from(["ingress", "gateway"]),
)


def plain(value: Any, made: Mapping[str, Mapping[str, Any]]) -> Any:
    """Properties of AWS with what other resources turned out to be."""
    if isinstance(value, Ref):
        return f"{made[value.resource][value.attribute]}{value.suffix}"
    if isinstance(value, Json):
        return json.dumps(plain(value.document, made))
    if isinstance(value, Mapping):
        return {key: plain(item, made) for key, item in value.items()}
    return [plain(item, made) for item in value] if isinstance(value, list | tuple) else value
