"""Golden path: a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from idp_components.cache import manifests, reach, resources
from idp_components.cache.reach import LEVELS, PORT, Form, Plan
from idp_components.cache.spec import CacheSpec
from idp_components.core import naming, vpc
from idp_components.core.apply_aws import attribute
from idp_components.core.apply_random import password
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import ADDRESS, Connection, access_level
from idp_components.core.context import Context

Passwords = Mapping[str, pulumi.Output[str]]
"""Passwords by level of access."""


class Cache(GoldenPath):
    """Valkey, on ElastiCache or in the cluster as the profile says, with a login for each level of access."""

    spec_class = CacheSpec

    host: pulumi.Output[str]
    """Where it answers, at port 6379."""

    def __init__(self, name: str, spec: CacheSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec or CacheSpec()
        super().__init__(name, spec, lambda: _planned(Plan(name, spec, context)), context=context, opts=opts)
        self._plan = Plan(name, spec, context)
        passwords = {access: password(naming.child(name, f"{access}-password"), parent=self) for access in LEVELS}
        self._address: Any = ADDRESS
        self._clients: Any = None
        self.host = self._on_elasticache(passwords) if self._plan.on_elasticache else self._in_cluster(passwords)
        self._secrets = {access: self._login(access, made) for access, made in passwords.items()}
        self.register_outputs({"address": pulumi.Output.concat(self.host, f":{PORT}")})

    def offered_port(self, spec: Any) -> int | None:
        """Redis' port in the cluster; on ElastiCache no pods answer."""
        return None if Plan(self.name, spec, self.context).on_elasticache else PORT

    def connection(self, access: str, variable: str, *, form: Form = "address") -> Connection:
        """What a workload puts into its `uses`: a login that may `read` or `read-write`, and the cache's address. Raises SpecError.

        `form` says what `variable` carries: `address` is `host:port`, with user, password and whether to use TLS beside it, as
        `REDIS_ADDR`, `REDIS_USER`, `REDIS_PASSWORD` and `REDIS_TLS`; `url` is all of that as `rediss://…`; `stackexchange` is all of
        it as .NET's StackExchange.Redis reads it.
        """
        access_level(self._plan.place, access, LEVELS)
        secret = self._secrets[access]
        return reach.connection(self._plan, access, variable, form, address=self._address, secret=secret, clients=self._clients)

    def _in_cluster(self, passwords: Passwords) -> pulumi.Output[str]:
        logins = self.create_secret("logins", {manifests.LOGINS_KEY: pulumi.Output.all(**passwords).apply(manifests.users)})
        self.create(manifests.in_cluster(self._plan, logins))
        return pulumi.Output.from_input(naming.service_host(self.name, self.context.team, self.context.environment))

    def _on_elasticache(self, passwords: Passwords) -> pulumi.Output[str]:
        made = self.create_aws(resources.cache(self._plan, passwords))
        host = attribute(made, Ref(self.name, "primaryEndpointAddress"))
        self._address, self._clients = pulumi.Output.concat(host, f":{PORT}"), made[vpc.clients(self.name)].id
        return host

    def _login(self, access: str, made: pulumi.Output[str]) -> pulumi.Output[str]:
        plan = self._plan
        written = pulumi.Output.all(self.host, made).apply(lambda known: reach.written(plan, known[0], access, known[1]))
        return self.create_secret(access, {key: written[key] for key in reach.KEYS})


def _planned(plan: Plan) -> list[Any]:
    """The objects with stand-ins for what is only decided later: names can be checked before anything is registered."""
    if not plan.on_elasticache:
        return manifests.in_cluster(plan, naming.child(plan.name, "logins"))
    plan.context.cluster.needed(plan.place, "vpc_id", "subnet_ids", "vpc_cidr", "cluster_security_group")
    return []
