"""Builder: a database in the cluster, one pod with a volume, TLS and probes, closed to all but its connections."""

from __future__ import annotations

from typing import Any

from idp_components.core import labels, naming
from idp_components.core.connection import Connection, SecretValue
from idp_components.core.manifest import Manifest
from idp_components.database import jobs, reach
from idp_components.database.engines import LOGINS
from idp_components.database.jobs import DATABASE_UID, HARDENED, claim_spec, with_volume
from idp_components.database.plan import Plan
from idp_components.database.reach import Server
from idp_components.database.sql import FOLDER
from idp_components.service import network
from idp_components.service.pod import PORT_NAME, Wiring, metadata, objects_of_pod, pod_spec
from idp_components.service.spec import Container, Workload
from idp_components.workload_role.resources import workload_role

DATABASE = "database"
DATA = "/data"
TLS = "/tls"
HBA = f"{FOLDER}/pg_hba.conf"
CERTIFICATE = (
    "umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650"
    f" -subj /CN=database -out {TLS}/tls.crt -keyout {TLS}/tls.key"
)
"""A certificate of the pod's own, new at every start: the way to it is encrypted, as on RDS."""
POSTGRES_COMMAND = (
    "docker-entrypoint.sh",
    "postgres",
    *(f"-c{setting}" for setting in ("ssl=on", f"ssl_cert_file={TLS}/tls.crt", f"ssl_key_file={TLS}/tls.key", f"hba_file={HBA}")),
)
MYSQL_COMMAND = ("docker-entrypoint.sh", "mysqld", f"--datadir={DATA}/mysql", "--require-secure-transport=ON", "--mysqlx=OFF")
"""MySQL makes its certificate by itself when it makes its data."""
ALLOWED = "local all all scram-sha-256\nhostssl all all all scram-sha-256\n"
"""Who may connect to PostgreSQL: nobody without TLS and a password."""
QUESTIONS = {
    "postgres": ["pg_isready", "--quiet", "--host=127.0.0.1"],
    "mysql": ["mysqladmin", "ping", "--silent", "--host=127.0.0.1"],
}
"""Commands that exit 0 once the server answers; neither needs a password."""


def planned(plan: Plan) -> list[Manifest]:
    """All objects, with stand-ins for what is only decided later: they can be judged before anything is registered."""
    server = Server("host", "sg-00000000", "superuser", "arn") if plan.on_rds else reach.in_cluster(plan, "superuser")
    administration = reach.administration(plan, server, dict.fromkeys(LOGINS, "secret"))
    if administration.statements:
        workload_role(
            naming.child(plan.name, jobs.LOGINS_JOB), [administration], plan.context
        )  # raises where the cluster's config lacks it
    owner = reach.connection(plan, server, "owner", "secret")
    found = jobs.logins(plan, administration, "arn" if plan.managed_master else None)
    if plan.spec.migration:
        found += jobs.migration(plan, plan.spec.migration, owner)
    if plan.seed:
        found += jobs.seed(plan, plan.seed, owner)
    if plan.on_rds:
        return found
    return [*in_cluster(plan, server), *found, *(jobs.backup(plan, owner) if plan.backup_days else [])]


def in_cluster(plan: Plan, server: Server) -> list[Manifest]:
    """The server's objects."""
    context, name = plan.context, plan.name
    postgres = plan.engine.name == "postgres"
    spec = Workload(
        image=plan.image,
        resources=plan.spec.in_cluster.resources,
        container=Container(
            command=POSTGRES_COMMAND if postgres else MYSQL_COMMAND,
            user_id=DATABASE_UID,
            writable_paths=("/tmp", "/var/run/postgresql" if postgres else "/var/run/mysqld"),
            files={HBA: ALLOWED} if postgres else {},
        ),
    )
    described = metadata(name, name, context, DATABASE)
    selector = labels.selector(name, DATABASE)
    kept = "Retain" if context.profile.protect_data else "Delete"
    stateful_set = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": described,
        "spec": {
            "replicas": 1,
            "serviceName": name,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": {**described["labels"], **labels.version(plan.image)}},
                "spec": _pod(plan, spec, server),
            },
            "volumeClaimTemplates": [
                {"metadata": {"name": "data", "labels": selector}, "spec": claim_spec(plan.spec.in_cluster.storage_gib)}
            ],
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": kept, "whenScaled": "Retain"},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": described,
        "spec": {"selector": selector, "ports": [{"name": "tcp", "port": plan.engine.port, "targetPort": PORT_NAME, "appProtocol": "tcp"}]},
    }
    return [
        *objects_of_pod(name, spec, context, DATABASE, Wiring()),
        network.network_policy(name, context, DATABASE, uses=()),
        service,
        stateful_set,
    ]


def _pod(plan: Plan, spec: Workload, server: Server) -> dict[str, Any]:
    """The server's pod. The entry point of the image makes the database and its superuser at the first start."""
    password = SecretValue(server.superuser, "password")
    if plan.engine.name == "postgres":
        env = {"PGDATA": f"{DATA}/postgres", "POSTGRES_DB": plan.database, "POSTGRES_PASSWORD": password}
    else:
        env = {"MYSQL_DATABASE": plan.database, "MYSQL_ROOT_PASSWORD": password}
    ask = {"exec": {"command": QUESTIONS[plan.engine.name]}, "timeoutSeconds": 5}
    extra = {
        "ports": [{"name": PORT_NAME, "containerPort": plan.engine.port}],
        "startupProbe": {**ask, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {**ask, "periodSeconds": 10, "failureThreshold": 3},
        "livenessProbe": {**ask, "periodSeconds": 20, "failureThreshold": 6},
    }
    wiring = Wiring((Connection(plan.context.team, plan.name, None, env),))
    pod = with_volume(pod_spec(plan.name, spec, plan.context, wiring, extra=extra), {"name": "data"}, DATA)
    return _with_certificate(pod) if plan.engine.name == "postgres" else pod


def _with_certificate(pod: dict[str, Any]) -> dict[str, Any]:
    found = with_volume(pod, {"name": "tls", "emptyDir": {"medium": "Memory"}}, TLS)
    container = found["containers"][0]
    certificate = {
        "name": "certificate",
        **{key: container[key] for key in ("image", "imagePullPolicy", "resources")},
        "command": ["sh", "-c", CERTIFICATE],
        "securityContext": HARDENED,
        "volumeMounts": [{"name": "tls", "mountPath": TLS}],
    }
    return {**found, "initContainers": [certificate]}
