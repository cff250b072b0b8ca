"""Golden path: a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from idp_components.core import naming, vpc
from idp_components.core.apply_aws import attribute
from idp_components.core.apply_random import password
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import Connection, access_level
from idp_components.core.context import Context
from idp_components.core.spec import SpecError
from idp_components.database import jobs, manifests, reach, resources
from idp_components.database.engines import LOGINS, login
from idp_components.database.plan import Plan, plan
from idp_components.database.reach import Server
from idp_components.database.spec import DatabaseSpec
from idp_components.workload_role.resources import workload_role

KEEP = ("StatefulSet", "PersistentVolumeClaim")
"""Kinds that hold data."""
LEVELS = dict.fromkeys(LOGINS)


class Database(GoldenPath):
    """PostgreSQL or MySQL, on RDS or in the cluster as the profile says, with a login for each level of access."""

    spec_class = DatabaseSpec

    host: pulumi.Output[str]
    """Where it answers."""

    def __init__(self, name: str, spec: DatabaseSpec, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, spec, lambda: manifests.planned(plan(name, spec, context)), context=context, opts=opts)
        self._plan = plan(name, spec, context)
        context.ledger.seeds.update(spec.seeds)
        self._passwords = {access: password(naming.child(name, f"{access}-password"), parent=self) for access in LOGINS}
        self._server, server_objects = self._on_rds() if self._plan.on_rds else self._in_cluster()
        self.host = pulumi.Output.from_input(self._server.host)
        self._secrets: dict[str, Any] = {access: self._login_secret(access, made) for access, made in self._passwords.items()}
        ready = self._prepared(server_objects)
        self._secrets = {access: _after(secret, ready) for access, secret in self._secrets.items()}
        self._replicas_used = 0
        address = pulumi.Output.concat(self.host, f":{self._plan.engine.port}")
        self.register_outputs({"address": address, "database": self._plan.database})

    def offered_port(self, spec: Any) -> int | None:
        """The engine's port in the cluster; on RDS no pods answer."""
        offered = Plan(self.name, spec, self.context)
        return None if offered.on_rds else offered.engine.port

    def connection(self, access: str, *, prefix: str = "", url: str | None = None, replica: bool = False) -> Connection:
        """What a workload puts into its `uses`: a login of level `read-only`, `read-write` or `owner` in the client's own variables.

        `prefix` starts each variable, for a workload with two databases; `url` names a variable that gets the whole URL. `replica`
        sends `read-only` to a read replica where there is one; what it reads may be seconds old. Raises SpecError.
        """
        place = f"{self.context.team}.{self.name}"
        access_level(place, access, LEVELS)
        server, secret = self._server, self._secrets[access]
        if replica and access != "read-only":
            raise SpecError(f"{place}.connection: replica=True is refused with {access!r}: a replica only reads, so use 'read-only'")
        if replica and url:
            raise SpecError(f"{place}.connection: url={url!r} is refused with replica=True: the URL names the primary; use the variables")
        if replica and self._replicas:
            server = Server(self._replicas[self._replicas_used % len(self._replicas)], server.clients)
            self._replicas_used += 1
        return reach.connection(self._plan, server, access, secret, prefix=prefix, url=url)

    _replicas: Sequence[pulumi.Output[str]] = ()
    """Hosts of the read replicas."""

    def _in_cluster(self) -> tuple[Server, list[pulumi.Resource]]:
        superuser = self.create_secret("superuser", {"password": self._superuser_password()})
        server = reach.in_cluster(self._plan, superuser)
        return server, self.create(manifests.in_cluster(self._plan, server), protected=self._kept)

    def _on_rds(self) -> tuple[Server, list[pulumi.Resource]]:
        chosen = None if self._plan.managed_master else self._superuser_password()
        made = self.create_aws(resources.database(self._plan, chosen))
        self._replicas = [
            attribute(made, Ref(resources.replica(self.name, number), "address")) for number in range(1, self._plan.spec.read_replicas + 1)
        ]
        host, clients = attribute(made, Ref(self.name, "address")), made[vpc.clients(self.name)].id
        if chosen is not None:
            return Server(host, clients, superuser=self.create_secret("superuser", {"password": chosen})), list(made.values())
        managed = attribute(made, Ref(self.name, "masterUserSecrets")).apply(lambda secrets: secrets[0]["secretArn"])
        return Server(host, clients, managed=managed), list(made.values())

    def _superuser_password(self) -> pulumi.Output[str]:
        return password(naming.child(self.name, "superuser-password"), parent=self, protect=bool(self._kept))  # as the data has it

    def _login_secret(self, access: str, made: pulumi.Output[str]) -> pulumi.Output[str]:
        engine, user = self._plan.engine, login(access)
        end = f":{engine.port}/{self._plan.database}{engine.options}"
        url = pulumi.Output.concat(f"{engine.scheme}://{user}:", made, "@", self.host, end)
        return self.create_secret(access, {"password": made, "url": url})

    def _prepared(self, server: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Logins, then the migration: what consumers wait for. Seed and backups come after it, and nothing after them."""
        administration = reach.administration(self._plan, self._server, self._secrets)
        name = naming.child(self.name, jobs.LOGINS_JOB)
        role = workload_role(name, [administration], self.context) if administration.statements else []
        made = self.create_aws(role)
        arn = attribute(made, Ref(naming.child(name, "role"), "arn")) if role else None
        ready = self.create(jobs.logins(self._plan, administration, arn), after=[*server, *made.values()])
        if migration := self._plan.spec.migration:
            ready = self.create(jobs.migration(self._plan, migration, self._owner(migration.url)), after=ready)
        if seed := self._plan.seed:
            self.create(jobs.seed(self._plan, seed, self._owner(seed.url)), after=ready)
        if not self._plan.on_rds and self._plan.backup_days:
            self.create(jobs.backup(self._plan, self._owner()), after=ready, protected=self._kept)
        return ready

    def _owner(self, url: str | None = None) -> Connection:
        return reach.connection(self._plan, self._server, "owner", self._secrets["owner"], url=url)

    @property
    def _kept(self) -> Sequence[str]:
        return KEEP if self.context.profile.protect_data else ()


def _after(value: pulumi.Output[str], ready: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
    """The value, known once these resources are: whoever uses it waits for them."""
    return pulumi.Output.all(value, *(resource.urn for resource in ready)).apply(lambda known: str(known[0]))
