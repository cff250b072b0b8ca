"""What a team may say about a database."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from idp_components.core.links import Links
from idp_components.core.spec import Name, Spec
from idp_components.database.engines import ENGINES
from idp_components.service.spec import Resources, Variable, Workload

SMALLEST_GIB, LARGEST_GIB = 20, 65_536
"""Storage of type gp3 (RDS, "DB instance storage")."""
SNAPSHOT_PATTERN = r"^(rds:)?[A-Za-z](-?[A-Za-z0-9])*$|^arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:snapshot:[A-Za-z0-9:-]+$"


def can_grow(storage_gib: int, max_storage_gib: int) -> bool:
    """The ceiling of storage autoscaling is at least a tenth above the storage (RDS, "Managing capacity automatically")."""
    return max_storage_gib * 10 >= storage_gib * 11


class OwnersJob(Workload):
    """A Job in the team's image that runs as `owner`; its variables are those of a connection."""

    command: tuple[str, ...] = Field(min_length=1, examples=[["/app", "migrate"]])
    """What it runs."""
    url: Variable | None = Field(default=None, examples=["DATABASE_URL"])
    """Variable that carries the whole URL too."""


class Migration(OwnersJob):
    """A Job in the team's image that runs as `owner` before anything uses the database; its variables are those of a connection."""


class Seed(OwnersJob):
    """A Job in the team's image that fills a new database as `owner`, after the migration; nothing waits for it."""


class InCluster(Spec):
    """How the database runs where it runs in the cluster."""

    storage_gib: int = Field(default=5, ge=1, le=1024, examples=[5])
    """Size of its volume in GiB, and of the one that its backups are on."""
    resources: Resources = Resources(cpu_millicores=100, memory_mib=512)
    """CPU and memory."""


class DatabaseSpec(Spec):
    """A database of PostgreSQL or MySQL, on RDS or in the cluster, with a login for each level of access."""

    engine: Literal["postgres", "mysql"] = Field(examples=["postgres"])
    """Engine."""
    version: str | None = Field(default=None, examples=["17"])
    """Major version; by default the newest that both places have."""
    runs_on: Literal["cluster", "rds"] | None = Field(default=None, examples=["rds"])
    """Where it runs; by default as the profile says: `preview` and `dev` in the cluster, `staging` and `production` on RDS."""
    database_name: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,62}$", examples=["orders"])
    """Name of the database inside; by default the component's, with `_` for `-`."""
    storage_gib: int = Field(default=SMALLEST_GIB, ge=SMALLEST_GIB, le=LARGEST_GIB, examples=[20])
    """Storage on RDS in GiB."""
    max_storage_gib: int | None = Field(default=None, ge=SMALLEST_GIB, le=LARGEST_GIB, examples=[100])
    """Size in GiB up to which RDS lets the storage grow by itself; by default twice the storage."""
    instance_class: str | None = Field(default=None, pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$", examples=["db.m7g.large"])
    """Instance class on RDS; by default the profile's."""
    backup_days: int | None = Field(default=None, ge=1, le=35, examples=[14])
    """Days that backups are kept: on RDS for a restore to any second of them, in the cluster one dump a day. By default the profile's."""
    read_replicas: int = Field(default=0, ge=0, le=5, examples=[1])
    """Further instances on RDS that only read; `connection("read-only", replica=True)` uses them."""
    blue_green_updates: bool = False
    """Make changes on a copy and switch over, where RDS would otherwise stop the database for minutes."""
    restore_from_snapshot: str | None = Field(
        default=None, pattern=SNAPSHOT_PATTERN, max_length=255, examples=["rds:orders-2026-11-20-03-05"]
    )
    """Snapshot of RDS that a new database starts with."""
    migration: Migration | None = None
    """Job that brings the schema up to date before anything uses the database."""
    seeds: dict[Name, Seed] = Field(
        default_factory=dict, examples=[{"demo": {"image": "registry.example.com/shop/api:v1.4.2", "command": ["/app", "seed", "demo"]}}]
    )
    """Jobs that fill it with data that was made for tests, by the name that an environment that ends asks for (`idp env create --seed`)."""
    in_cluster: InCluster = InCluster()
    """Size of the database in the cluster."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/orders"}])
    """Documentation and runbook, shown in the catalogue."""

    @model_validator(mode="after")
    def _version_is_offered(self) -> Self:
        offered = ENGINES[self.engine].tags
        if self.version is not None and self.version not in offered:
            raise ValueError(f"version={self.version!r} of {self.engine} is not offered: use {' or '.join(map(repr, offered))}")
        return self

    @model_validator(mode="after")
    def _storage_can_grow(self) -> Self:
        if self.max_storage_gib is not None and not can_grow(self.storage_gib, self.max_storage_gib):
            raise ValueError(
                f"max_storage_gib={self.max_storage_gib} is too little: use at least a tenth more than storage_gib={self.storage_gib}, "
                f"for example max_storage_gib={self.storage_gib * 2}"
            )
        return self

    @model_validator(mode="after")
    def _replicas_and_blue_green_exclude_each_other(self) -> Self:
        if self.read_replicas and self.blue_green_updates:
            raise ValueError(
                "blue_green_updates with read_replicas is refused: the switch-over leaves the replicas behind at the old instance, "
                "promoted or orphaned (hashicorp/terraform-provider-aws, issue 33702); use one of them, such as blue_green_updates=False"
            )
        return self
