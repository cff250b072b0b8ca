"""Profiles: everything that differs between environments, and the only place where it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The defaults of one environment. Components read these values and never test the environment's name."""

    environment: str
    replicas_min: int
    """Pods that always run. Two survive the loss of a node, three the loss of a zone."""
    replicas_max: int
    """Ceiling of the autoscaler. Equal to `replicas_min`: no autoscaler, a fixed number of pods."""
    spread: Literal["ScheduleAnyway", "DoNotSchedule"]
    """What the scheduler does when pods can't be spread over nodes and zones."""
    scrape: Literal["none", "annotations", "service-monitor"]
    """How Prometheus finds the metrics of a workload."""
    job_history: int
    """Finished runs of a scheduled job that are kept for reading."""
    quota_cpu_cores: int
    """Sum of the CPU requests in a team's namespace. The four amounts fit twice the largest team of the shop, fully scaled out."""
    quota_memory_gib: int
    """Sum of the memory requests in a team's namespace, and of the limits too, in GiB."""
    quota_storage_gib: int
    """Sum of the volumes in a team's namespace, in GiB."""
    quota_pods: int
    """Pods in a team's namespace."""
    database_on: Literal["cluster", "rds"]
    """Where databases run unless their spec says otherwise."""
    database_backup_days: int
    """Days that backups of a database are kept; 0: none are made."""
    database_backup_days_min: int = 1
    """The fewest that a team may choose. Seven where data counts (AWS Foundational Security Best Practices, RDS.11)."""
    database_instance_class: str
    """Instance class of a database on RDS."""
    database_multi_az: bool = False
    """Whether a database on RDS survives the loss of a zone."""
    cache_on: Literal["cluster", "elasticache"] = "cluster"
    """Where caches run unless their spec says otherwise."""
    cache_nodes: int = 1
    """Nodes of a cache on ElastiCache. Two survive the loss of a zone."""
    cache_snapshot_days: int = 0
    """Days that the daily copies of a cache on ElastiCache are kept; 0: none are made."""
    guest_of: str = ""
    """Environment in whose cluster and account it runs, behind whose permission boundary; its own stacks make its namespaces."""
    ttl_hours: int = 0
    """Hours after which an ephemeral environment ends that says nothing else (Uffizzi: 72). 0: this environment stays."""
    ttl_hours_max: int = 0
    """The longest life of an ephemeral environment, in hours."""
    kept_hours_max: int = 0
    """The longest life of an ephemeral environment that somebody keeps for a reason, in hours."""
    admits_previews: bool = False
    """Whether whom a service lets in may also call it from an ephemeral environment."""
    protect_data: bool = False
    """Whether data outlives a `pulumi destroy` until somebody unprotects it on purpose."""
    people_deploy: bool = True
    """Whether developers may change workloads by hand; else only the pipeline does."""
    prune: bool = True
    """Whether Argo CD deletes by itself what left a repository."""
    pinned_revisions: bool = False
    """Whether only a commit or a version's tag may be deployed from a repository, and no branch."""


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.environment: profile
        for profile in (
            Profile(
                environment="preview",
                replicas_min=1,
                replicas_max=1,
                spread="ScheduleAnyway",
                scrape="none",
                job_history=1,
                quota_cpu_cores=4,
                quota_memory_gib=8,
                quota_storage_gib=20,
                quota_pods=40,
                database_on="cluster",
                database_backup_days=0,
                database_instance_class="db.t4g.micro",
                guest_of="dev",
                ttl_hours=72,
                ttl_hours_max=336,
                kept_hours_max=1440,
            ),
            Profile(
                environment="dev",
                replicas_min=1,
                replicas_max=2,
                spread="ScheduleAnyway",
                scrape="annotations",
                job_history=1,
                quota_cpu_cores=8,
                quota_memory_gib=16,
                quota_storage_gib=100,
                quota_pods=80,
                database_on="cluster",
                database_backup_days=3,
                database_instance_class="db.t4g.micro",
                admits_previews=True,
            ),
            Profile(
                environment="staging",
                replicas_min=2,
                replicas_max=4,
                spread="ScheduleAnyway",
                scrape="service-monitor",
                job_history=3,
                quota_cpu_cores=16,
                quota_memory_gib=32,
                quota_storage_gib=250,
                quota_pods=160,
                database_on="rds",
                database_backup_days=7,
                database_backup_days_min=7,
                database_instance_class="db.t4g.medium",
                cache_on="elasticache",
                cache_snapshot_days=1,
                protect_data=True,
            ),
            Profile(
                environment="production",
                replicas_min=3,
                replicas_max=10,
                spread="DoNotSchedule",
                scrape="service-monitor",
                job_history=3,
                quota_cpu_cores=32,
                quota_memory_gib=64,
                quota_storage_gib=1000,
                quota_pods=300,
                database_on="rds",
                database_backup_days=30,
                database_backup_days_min=7,
                database_instance_class="db.m7g.large",
                database_multi_az=True,
                cache_on="elasticache",
                cache_nodes=2,
                cache_snapshot_days=7,
                protect_data=True,
                people_deploy=False,
                prune=False,
                pinned_revisions=True,
            ),
        )
    }
)
