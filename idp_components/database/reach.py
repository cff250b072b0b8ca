"""How a database is reached: the same variables wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp_components.core import naming
from idp_components.core.connection import AWS_API, Connection, Egress, SecretValue
from idp_components.core.iam import Statement
from idp_components.database.engines import LOGINS, login, variable
from idp_components.database.plan import Plan


@dataclass(frozen=True)
class Server:
    """A server that runs, or will. What the cluster or AWS decides is perhaps a Pulumi Output."""

    host: Any
    clients: Any = None
    """Id of the security group whose members may connect; none in the cluster."""
    superuser: Any = None
    """Name of the Secret with the superuser's `password`; none where RDS manages it."""
    managed: Any = None
    """ARN of the secret of Secrets Manager with the master's password."""


def in_cluster(plan: Plan, superuser: Any) -> Server:
    """The server of a database in the cluster."""
    return Server(naming.service_host(plan.name, plan.context.team, plan.context.environment), superuser=superuser)


def connection(plan: Plan, server: Server, access: str, secret: Any, *, prefix: str = "", url: str | None = None) -> Connection:
    """What a consumer with this level of access gets. `secret` is the name of its login's Secret."""
    said = {**_address(plan, server, login(access)), "password": SecretValue(secret, "password")}
    variables = {prefix + plan.engine.variables[what]: value for what, value in said.items()}
    variables |= {prefix + name: value for name, value in plan.engine.settled.items()}
    if url:
        variables[url] = SecretValue(secret, "url")
    return _connection(plan, server, variables, access)


def administration(plan: Plan, server: Server, secrets: dict[str, Any]) -> Connection:
    """What the Job that makes logins gets: the superuser's way in, and a password for each login."""
    said = _address(plan, server, plan.superuser)
    if server.superuser is not None:
        said["password"] = SecretValue(server.superuser, "password")
    variables = {plan.engine.variables[what]: value for what, value in said.items()} | dict(plan.engine.settled)
    variables |= {variable(access): SecretValue(secrets[access], "password") for access in LOGINS}
    if not plan.managed_master:
        return _connection(plan, server, variables, "superuser")
    variables["MASTER_SECRET_ARN"] = server.managed
    statement = Statement(("secretsmanager:GetSecretValue",), (server.managed,))
    return _connection(plan, server, variables, "superuser", (statement,), (AWS_API,))


def _address(plan: Plan, server: Server, user: str) -> dict[str, Any]:
    return {"host": server.host, "port": str(plan.engine.port), "database": plan.database, "user": user}


def _connection(
    plan: Plan,
    server: Server,
    variables: dict[str, Any],
    access: str,
    statements: tuple[Statement, ...] = (),
    egress: tuple[Egress, ...] = (),
) -> Connection:
    context = plan.context
    if not plan.on_rds:
        return Connection(context.team, plan.name, plan.engine.port, variables, access, statements, egress)
    ways = (Egress(context.cluster.vpc_cidr or "", plan.engine.port), *egress)
    return Connection(context.team, plan.name, None, variables, access, statements, ways, (server.clients,))
