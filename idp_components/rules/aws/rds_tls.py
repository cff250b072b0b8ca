"""The rule that a database of RDS refuses connections without TLS: by its parameter group, or by its engine's own default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import security_hub
from idp_components.rules.aws.rds import is_replica
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true, number

PARAMETERS = {
    "postgres": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
}
"""The parameter that forces TLS, by a word in the engine's name."""
BY_DEFAULT = {"postgres": (15,), "aurora-postgresql": (17,), "mysql": (9, 7), "mariadb": (11, 8)}
"""Version from which an engine forces TLS unless told otherwise (RDS, "Requiring SSL/TLS for all connections")."""
NAMED_BY = {"rds/Instance": "parameterGroupName", "rds/Cluster": "dbClusterParameterGroupName"}
"""The property with which a database names its parameter group."""


@aws_rule(
    "aws-rds-force-tls",
    "rds/ParameterGroup",
    "rds/ClusterParameterGroup",
    *NAMED_BY,
    title="A database refuses connections without TLS.",
    severity=Severity.HIGH,
    rationale="A client that doesn't ask for TLS sends its password and all rows in plain text, and nobody notices.",
    fix="Use a Database; otherwise a parameter group with rds.force_ssl (PostgreSQL, SQL Server) or require_secure_transport (MySQL) at 1.",
    **security_hub("RDS.38", "RDS.39", "RDS.41", "RDS.44"),
)
def force_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _database(resource) if resource.aws in NAMED_BY else _group(resource)


def _database(resource: Resource) -> Iterator[Problem]:
    """A database with a group of its own is judged by that group; AWS' default groups leave everything at its default."""
    group, engine, version = (resource.root.get(key) for key in (NAMED_BY[resource.aws], "engine", "engineVersion"))
    has_own = is_set(group) and not (isinstance(group.value, str) and group.value.startswith("default."))
    # The replica of an instance has the group of its source; that of a cluster has the default one.
    follows = resource.aws == "rds/Instance" and is_replica(resource)
    if not has_own and not follows and (engine.value is UNKNOWN or _lets_in(engine.value, version.value)):
        yield group.problem("leaves TLS to the clients; name a parameter group that forces it", engine, version)


def _group(resource: Resource) -> Iterator[Problem]:
    family, parameters = resource.root.get("family"), resource.root.get("parameters")
    engine, version = _parts(family.value)
    wanted = _parameter(engine)
    # Aurora has the parameter in the group of its cluster only.
    elsewhere = resource.aws == "rds/ParameterGroup" and engine.startswith("aurora")
    if elsewhere or (not wanted and family.value is not UNKNOWN):
        return
    names = [parameter.get("name") for parameter in parameters.items()]
    for parameter in parameters.items():
        if parameter.get("name").value == wanted:
            value = parameter.get("value")
            if not (number(value.value) == 1 or is_true(value.value) or str(value.value).lower() == "on"):
                yield value.problem("leaves TLS to the clients; set it to 1")
            return
    if _lets_in(engine, version) or any(field.value is UNKNOWN for field in (family, *names)):
        yield parameters.problem(f"has no {wanted}; add it with the value 1", family, *names)


def _parts(family: Any) -> tuple[str, str]:
    """`aurora-postgresql16` → `aurora-postgresql`, `16`."""
    found = re.match(r"([a-z-]+?)-?([0-9.]*)\Z", family) if isinstance(family, str) else None
    return (found[1], found[2]) if found else ("", "")


def _parameter(engine: str) -> str:
    return next((name for word, name in PARAMETERS.items() if word in engine), "")


def _lets_in(engine: Any, version: Any) -> bool:
    """Whether an engine by itself lets clients in without TLS."""
    if not isinstance(engine, str) or not _parameter(engine):
        return False
    numbers = tuple(amount for part in str(version).split(".")[:2] if (amount := number(part)) is not None)
    return not numbers or numbers < BY_DEFAULT.get(engine, (float("inf"),))


RULES = (force_tls,)
