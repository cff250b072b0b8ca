"""How a cache is reached: the same logins and variables wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from idp_components.cache.spec import CacheSpec
from idp_components.core.connection import Connection, Egress, SecretValue
from idp_components.core.context import Context
from idp_components.core.spec import SpecError

PORT = 6379
LEVELS = {
    "read": "-@all +@read +@connection +@pubsub -publish -spublish -@dangerous +info",
    "read-write": "-@all +@read +@write +@connection +@transaction +@pubsub +@scripting -@dangerous +info",
}
"""Commands by level of access, each with a login of its own (Valkey, "ACL"). Nobody empties the cache or changes its settings."""
SCOPE = "on ~* &*"
"""A login works, with every key and channel."""
Form = Literal["address", "url", "stackexchange"]
FORMS = ("address", "url", "stackexchange")
KEYS = ("password", "url", "stackexchange")
"""What the Secret of a login holds."""


@dataclass(frozen=True)
class Plan:
    """A cache as its spec, its profile and its cluster decide it."""

    name: str
    spec: CacheSpec
    context: Context

    @property
    def place(self) -> str:
        """Start of an error."""
        return f"{self.context.team}.{self.name}"

    @property
    def on_elasticache(self) -> bool:
        """Whether it runs on ElastiCache."""
        return (self.spec.runs_on or self.context.profile.cache_on) == "elasticache"

    @property
    def tls(self) -> bool:
        """Whether clients must use TLS. In the cluster there is no certificate that a client would believe; its network is closed."""
        return self.on_elasticache


def written(plan: Plan, host: str, access: str, password: str) -> dict[str, str]:
    """The Secret of a login: its password, and each form that carries the password too."""
    scheme, ssl = ("rediss", "true") if plan.tls else ("redis", "false")
    return {
        "password": password,
        "url": f"{scheme}://{access}:{password}@{host}:{PORT}/0",
        # A client that starts before the cache answers tries again (StackExchange.Redis, "Configuration").
        "stackexchange": f"{host}:{PORT},user={access},password={password},ssl={ssl},abortConnect=false",
    }


def connection(plan: Plan, access: str, variable: str, form: str, *, address: Any, secret: Any, clients: Any = None) -> Connection:
    """What a consumer with this level of access gets. `secret` is the name of its login's Secret. Raises SpecError."""
    context = plan.context
    if form not in FORMS:
        raise SpecError(f"{plan.place}.connection: form {form!r} is refused: use {' or '.join(map(repr, FORMS))}")
    variables = _variables(plan, access, variable, form, address, secret)
    if not plan.on_elasticache:
        return Connection(context.team, plan.name, PORT, variables, access)
    ways = (Egress(context.cluster.vpc_cidr or "", PORT),)
    return Connection(context.team, plan.name, None, variables, access, egress=ways, security_groups=(clients,))


def _variables(plan: Plan, access: str, variable: str, form: str, address: Any, secret: Any) -> Mapping[str, Any]:
    if form != "address":
        return {variable: SecretValue(secret, form)}
    prefix, _, last = variable.rpartition("_")
    if not prefix or last in ("USER", "PASSWORD", "TLS"):
        raise SpecError(
            f"{plan.place}.connection: variable {variable!r} is refused: user, password and TLS get variables of the same beginning, "
            "so use a name of two parts, for example 'REDIS_ADDR'"
        )
    return {
        variable: address,
        f"{prefix}_USER": access,
        f"{prefix}_PASSWORD": SecretValue(secret, "password"),
        f"{prefix}_TLS": "true" if plan.tls else "false",
    }
