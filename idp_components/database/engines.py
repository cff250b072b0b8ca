"""PostgreSQL and MySQL: everything in which they differ for the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOGINS = ("read-only", "read-write", "owner")
"""Levels of access; each is a login of its own."""


def login(access: str) -> str:
    """Name of a level's login inside the database."""
    return access.replace("-", "_")


def variable(access: str) -> str:
    """Variable that carries a login's password into the Job that makes it."""
    return f"{login(access).upper()}_PASSWORD"


@dataclass(frozen=True)
class Engine:
    """One engine, in the cluster and on RDS."""

    name: str
    port: int
    image: str
    """Repository below the cluster's image mirror."""
    tags: Mapping[str, str]
    """Tag of the image by version; the first version is the default."""
    superuser: str
    """Who may make logins, in the cluster."""
    family: str
    """Family of parameter groups on RDS."""
    parameters: Mapping[str, str]
    """Parameters on RDS: TLS for everybody."""
    logs: tuple[str, ...]
    """Logs that go to CloudWatch."""
    variables: Mapping[str, str]
    """The client's own variables by what they carry."""
    scheme: str
    options: str
    """End of the URL."""
    taken: frozenset[str]
    """Databases that the engine has for itself."""
    settled: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the client."""
    blue_green: Mapping[str, str] = field(default_factory=dict)
    """Parameters that blue/green deployments need."""


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            name="postgres",
            port=5432,
            image="docker/library/postgres",
            tags={"17": "17.6-bookworm", "16": "16.10-bookworm"},
            superuser="postgres",
            family="postgres{version}",
            parameters={"rds.force_ssl": "1"},
            logs=("postgresql", "upgrade"),
            variables={
                "host": "PGHOST",
                "port": "PGPORT",
                "database": "PGDATABASE",
                "user": "PGUSER",
                "password": "PGPASSWORD",
            },
            settled={"PGSSLMODE": "require"},
            scheme="postgresql",
            options="?sslmode=require",
            taken=frozenset({"postgres", "template0", "template1", "rdsadmin"}),
            blue_green={"rds.logical_replication": "1"},
        ),
        Engine(
            name="mysql",
            port=3306,
            image="docker/library/mysql",
            tags={"8.4": "8.4.6"},
            superuser="root",
            family="mysql{version}",
            parameters={"require_secure_transport": "1"},
            logs=("error", "slowquery"),
            variables={
                "host": "MYSQL_HOST",
                "port": "MYSQL_TCP_PORT",
                "database": "MYSQL_DATABASE",
                "user": "MYSQL_USER",
                "password": "MYSQL_PWD",
            },
            scheme="mysql",
            options="",
            taken=frozenset({"mysql", "sys", "information_schema", "performance_schema", "innodb"}),
            blue_green={"binlog_format": "ROW"},
        ),
    )
}
