"""The rule that a database of RDS refuses connections without TLS: by its parameter group, or by its engine's own default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import security_hub
from idp_components.rules.aws.rds import is_replica
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true, number

PARAMETERS = {
    "postgres": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
}
"""The parameter that forces TLS, by a word in the engine's name."""
BY_DEFAULT = {"postgres": 15, "aurora-postgresql": 17}
"""Major version from which an engine forces TLS unless told otherwise (RDS, "Requiring an SSL connection")."""


@aws_rule(
    "aws-rds-force-tls",
    "rds/ParameterGroup",
    "rds/ClusterParameterGroup",
    "rds/Instance",
    title="A database refuses connections without TLS.",
    severity=Severity.HIGH,
    rationale="A client that doesn't ask for TLS sends its password and all rows in plain text, and nobody notices.",
    fix="Use a Database; otherwise a parameter group with rds.force_ssl (PostgreSQL, SQL Server) or require_secure_transport (MySQL) at 1.",
    **security_hub("RDS.38", "RDS.39", "RDS.41", "RDS.44"),
)
def force_tls(resource: Resource, _options: Options) -> Iterator[Problem]:
    return _instance(resource) if resource.aws == "rds/Instance" else _group(resource.root)


def _instance(resource: Resource) -> Iterator[Problem]:
    """An instance with a group of its own is judged by that group; AWS' default groups leave everything at its default."""
    group, engine, version = (resource.root.get(key) for key in ("parameterGroupName", "engine", "engineVersion"))
    has_own = is_set(group) and not (isinstance(group.value, str) and group.value.startswith("default."))
    if not has_own and not is_replica(resource) and (engine.value is UNKNOWN or _lets_in(engine.value, version.value)):
        yield group.problem("leaves TLS to the clients; name a parameter group that forces it", engine, version)


def _group(root: Field) -> Iterator[Problem]:
    family, parameters = root.get("family"), root.get("parameters")
    engine, version = _parts(family.value)
    wanted = _parameter(engine)
    if not wanted and family.value is not UNKNOWN:
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
    major = number(str(version).partition(".")[0])
    return major is None or major < BY_DEFAULT.get(engine, float("inf"))


RULES = (force_tls,)
