"""What is decided about a database before anything is built: where it runs, under which names, and what it needs there."""

from __future__ import annotations

from dataclasses import dataclass

from idp_components.core.context import Context
from idp_components.core.spec import SpecError
from idp_components.database.engines import ENGINES, Engine
from idp_components.database.spec import LARGEST_GIB, DatabaseSpec, Seed, can_grow

AWS_CLI = "aws-cli/aws-cli:2.31.0"
"""Image below the cluster's image mirror."""


@dataclass(frozen=True)
class Plan:
    """A database as its spec, its profile and its cluster decide it."""

    name: str
    spec: DatabaseSpec
    context: Context

    @property
    def place(self) -> str:
        """Start of an error."""
        return f"{self.context.team}.{self.name}"

    @property
    def engine(self) -> Engine:
        """The engine's facts."""
        return ENGINES[self.spec.engine]

    @property
    def version(self) -> str:
        """Major version."""
        return self.spec.version or next(iter(self.engine.tags))

    @property
    def image(self) -> str:
        """Image with the server and its client."""
        return f"{self.context.cluster.image_mirror}{self.engine.image}:{self.engine.tags[self.version]}"

    @property
    def on_rds(self) -> bool:
        """Whether it runs on RDS."""
        return (self.spec.runs_on or self.context.profile.database_on) == "rds"

    @property
    def managed_master(self) -> bool:
        """Whether RDS makes and rotates the master password. It can't with replicas or blue/green (RDS, "Password management")."""
        return self.on_rds and not self.spec.read_replicas and not self.spec.blue_green_updates

    @property
    def superuser(self) -> str:
        """Who may make logins."""
        return "platform" if self.on_rds else self.engine.superuser

    @property
    def database(self) -> str:
        """Name of the database inside."""
        return self.spec.database_name or self.name.replace("-", "_")

    @property
    def backup_days(self) -> int:
        """Days that backups are kept."""
        return self.spec.backup_days or self.context.profile.database_backup_days

    @property
    def seed(self) -> Seed | None:
        """What fills it, where its environment ends and asks for that; none else."""
        return self.spec.seeds.get(self.context.seed)

    @property
    def max_storage_gib(self) -> int | None:
        """Ceiling of the storage's growth; none for a storage that is at the limit of RDS already."""
        ceiling = min(self.spec.max_storage_gib or self.spec.storage_gib * 2, LARGEST_GIB)
        return ceiling if can_grow(self.spec.storage_gib, ceiling) else None


def plan(name: str, spec: DatabaseSpec, context: Context) -> Plan:
    """The plan. Raises SpecError for what the chosen place can't do, and for config that the cluster lacks."""
    made = Plan(name, spec, context)
    mirror, allowed = context.cluster.image_mirror, context.cluster.registries
    if allowed and not mirror.startswith(allowed):
        raise SpecError(
            f"{made.place}: its images come from config idp:imageMirror, {mirror!r}, which idp:registries doesn't allow: "
            f"add it there, or name a mirror below one of {', '.join(allowed)}, for example '{allowed[0]}ecr-public/'"
        )
    if made.on_rds:
        context.cluster.needed(made.place, "vpc_id", "subnet_ids", "vpc_cidr", "cluster_security_group")
    elif spec.restore_from_snapshot:
        raise SpecError(
            f"{made.place}.restore_from_snapshot: {spec.restore_from_snapshot!r} is refused: a snapshot of RDS can only become a database "
            "on RDS, and this one runs in the cluster; add runs_on='rds', or load a dump"
        )
    least = context.profile.database_backup_days_min
    if spec.backup_days is not None and spec.backup_days < least:
        raise SpecError(
            f"{made.place}.backup_days: {spec.backup_days} is refused: {context.profile.environment} keeps them for {least} or more, "
            f"for example backup_days={least}"
        )
    if made.database in made.engine.taken:
        raise SpecError(
            f"{made.place}.database_name: {made.database!r} is {spec.engine}'s own; "
            f"use another, for example database_name='{made.database}_data'"
        )
    return made
