"""Golden paths of an internal developer platform: import what a team composes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idp_components.argo_application.component import ArgoApplication
    from idp_components.argo_application.spec import ArgoApplicationSpec, ChartSource, GitSource, IgnoredDifference, Sync
    from idp_components.bucket.component import Bucket
    from idp_components.bucket.spec import BucketSpec
    from idp_components.cache.component import Cache
    from idp_components.cache.spec import CacheSpec
    from idp_components.core.connection import reference
    from idp_components.core.context import Context
    from idp_components.core.links import Links
    from idp_components.core.spec import SpecError
    from idp_components.database.component import Database
    from idp_components.database.spec import DatabaseSpec, InCluster, Migration, Seed
    from idp_components.ephemeral.component import EphemeralEnvironment
    from idp_components.ephemeral.spec import EphemeralEnvironmentSpec, VirtualCluster
    from idp_components.helm_application.component import HelmApplication
    from idp_components.helm_application.spec import Endpoint, HelmApplicationSpec
    from idp_components.pipeline_role.component import PipelineIssuer, PipelineRole
    from idp_components.pipeline_role.sources import Bitbucket, CircleCi, GitHub, GitLab
    from idp_components.pipeline_role.spec import PipelineIssuerSpec, PipelineRoleSpec
    from idp_components.preview_application_set.component import PreviewApplicationSet
    from idp_components.preview_application_set.spec import PreviewApplicationSetSpec, PullRequests, Token
    from idp_components.queue.component import Queue
    from idp_components.queue.spec import QueueSpec
    from idp_components.service.component import ScheduledJob, Service, Worker
    from idp_components.service.spec import (
        Container,
        Expose,
        Health,
        Metrics,
        Port,
        Resources,
        Scaling,
        ScheduledJobSpec,
        SecretKey,
        ServiceSpec,
        WorkerSpec,
    )
    from idp_components.team.component import Team
    from idp_components.team.spec import TeamSpec
    from idp_components.topic.component import Topic
    from idp_components.topic.spec import TopicSpec

__all__ = [
    "ArgoApplication",
    "ArgoApplicationSpec",
    "Bitbucket",
    "Bucket",
    "BucketSpec",
    "Cache",
    "CacheSpec",
    "ChartSource",
    "CircleCi",
    "Container",
    "Context",
    "Database",
    "DatabaseSpec",
    "Endpoint",
    "EphemeralEnvironment",
    "EphemeralEnvironmentSpec",
    "Expose",
    "GitHub",
    "GitLab",
    "GitSource",
    "Health",
    "HelmApplication",
    "HelmApplicationSpec",
    "IgnoredDifference",
    "InCluster",
    "Links",
    "Metrics",
    "Migration",
    "PipelineIssuer",
    "PipelineIssuerSpec",
    "PipelineRole",
    "PipelineRoleSpec",
    "Port",
    "PreviewApplicationSet",
    "PreviewApplicationSetSpec",
    "PullRequests",
    "Queue",
    "QueueSpec",
    "Resources",
    "Scaling",
    "ScheduledJob",
    "ScheduledJobSpec",
    "SecretKey",
    "Seed",
    "Service",
    "ServiceSpec",
    "SpecError",
    "Sync",
    "Team",
    "TeamSpec",
    "Token",
    "Topic",
    "TopicSpec",
    "VirtualCluster",
    "Worker",
    "WorkerSpec",
    "reference",
]

_HOMES = (
    "core.context",
    "core.connection",
    "core.spec",
    "core.links",
    "service.spec",
    "service.component",
    "team.spec",
    "team.component",
    "argo_application.spec",
    "argo_application.component",
    "preview_application_set.spec",
    "preview_application_set.component",
    "queue.spec",
    "queue.component",
    "topic.spec",
    "topic.component",
    "bucket.spec",
    "bucket.component",
    "cache.spec",
    "cache.component",
    "database.spec",
    "database.component",
    "helm_application.spec",
    "helm_application.component",
    "pipeline_role.sources",
    "pipeline_role.spec",
    "pipeline_role.component",
    "ephemeral.spec",
    "ephemeral.component",
)


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used: `idp check` and the rules must not wait for the Pulumi SDK (0.5 s)."""
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"{__name__}.{home}")
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
