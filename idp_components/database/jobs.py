"""Builders: the Jobs beside a database, which make its logins, migrate it and back it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.core import labels, naming
from idp_components.core.connection import Connection
from idp_components.core.manifest import Manifest, overridden
from idp_components.database.plan import AWS_CLI, Plan
from idp_components.database.spec import Migration, OwnersJob, Seed
from idp_components.database.sql import BACKUPS, FOLDER, MASTER_FILE, backup_file, logins_files
from idp_components.service import network
from idp_components.service.manifests import once, scheduled_job
from idp_components.service.pod import Wiring, check_registry, metadata, objects_of_pod, pod_spec
from idp_components.service.spec import Container, Resources, ScheduledJobSpec, Workload

LOGINS_JOB, MIGRATION, SEED, BACKUP = "logins", "migration", labels.SEED_JOB, "backup"
DATABASE_UID = 999
"""User of the server and its tools in the official images of PostgreSQL and MySQL."""
SMALL = Resources(cpu_millicores=50, memory_mib=128)
RETRIES = 4
"""A server that just started may still refuse the first attempts."""
FETCH_MASTER = (
    'set -eu; umask 077; aws secretsmanager get-secret-value --secret-id "$MASTER_SECRET_ARN" --query SecretString --output text'
    f" | jq --raw-output .password > {MASTER_FILE}"
)
HARDENED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def logins(plan: Plan, administration: Connection, role_arn: Any = None) -> list[Manifest]:
    """The Job that makes the logins, and what it needs. It runs again when its script or its image changes, and when a password does."""
    name = naming.child(plan.name, LOGINS_JOB)
    workload = Workload(
        image=plan.image,
        resources=SMALL,
        container=Container(command=("sh", f"{FOLDER}/logins.sh"), user_id=DATABASE_UID, files=logins_files(plan)),
    )
    wiring = Wiring((administration,), role_arn=role_arn)
    pod = pod_spec(name, workload, plan.context, wiring)
    if plan.managed_master:
        pod = _with_master_password(plan, pod, administration)
    job = once(
        name,
        LOGINS_JOB,
        workload,
        plan.context,
        said=[workload.model_dump(mode="json"), plan.database],
        pod=pod,
        retries=RETRIES,
        job=plan.name,
    )
    return [*_around(name, workload, plan, LOGINS_JOB, wiring), job]


def migration(plan: Plan, spec: Migration, owner: Connection) -> list[Manifest]:
    """What brings the schema up to date."""
    return _owners_job(plan, MIGRATION, spec, owner, f"{plan.place}.migration")


def seed(plan: Plan, spec: Seed, owner: Connection) -> list[Manifest]:
    """What fills the database. What it wrote last is kept as its message: people read it where the creation fails."""
    place = f"{plan.place}.seeds[{plan.context.seed!r}]"
    return _owners_job(plan, SEED, spec, owner, place, {"terminationMessagePolicy": "FallbackToLogsOnError"})


def _owners_job(
    plan: Plan, role: str, spec: OwnersJob, owner: Connection, place: str, extra: Mapping[str, Any] | None = None
) -> list[Manifest]:
    """The team's own Job, as the owner. Half a migration must be looked at, not repeated; so must half a seed."""
    name = naming.child(plan.name, role)
    wiring = Wiring((owner,))
    pod = pod_spec(name, spec, plan.context, wiring, extra={"command": list(spec.command), **(extra or {})})
    job = once(name, role, spec, plan.context, said=[spec.model_dump(mode="json"), str(owner)], pod=pod, job=plan.name)
    return overridden([*_around(name, spec, plan, role, wiring), job], spec.overrides, place)


def backup(plan: Plan, owner: Connection) -> list[Manifest]:
    """A dump every night, kept on a volume of its own."""
    name = naming.child(plan.name, BACKUP)
    spec = ScheduledJobSpec(
        image=plan.image,
        schedule=f"{_minute(name)} 2 * * *",
        resources=SMALL,
        container=Container(command=("sh", f"{FOLDER}/backup.sh"), user_id=DATABASE_UID, files={f"{FOLDER}/backup.sh": backup_file(plan)}),
    )
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(name, name, plan.context, BACKUP),
        "spec": claim_spec(plan.spec.in_cluster.storage_gib),
    }
    made = scheduled_job(name, spec, plan.context, Wiring((owner,)))
    for manifest in made:
        if manifest["kind"] == "CronJob":
            pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            pod.update(with_volume(pod, {"name": BACKUP, "persistentVolumeClaim": {"claimName": name}}, BACKUPS))
    return [*made, claim]


def claim_spec(gib: int) -> dict[str, Any]:
    """A volume of the cluster's default storage class for one pod at a time."""
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{gib}Gi"}}}


def with_volume(pod: dict[str, Any], volume: dict[str, Any], path: str) -> dict[str, Any]:
    """The pod with one more volume in its container; a claim's volume need not be in the list."""
    container = pod["containers"][0]
    mounts = [*container["volumeMounts"], {"name": volume["name"], "mountPath": path}]
    volumes = [*pod["volumes"], volume] if len(volume) > 1 else pod["volumes"]
    return {**pod, "containers": [{**container, "volumeMounts": mounts}], "volumes": volumes}


def _with_master_password(plan: Plan, pod: dict[str, Any], administration: Connection) -> dict[str, Any]:
    """An init container fetches the password that RDS made; it stays in the pod's memory."""
    folder = MASTER_FILE.rsplit("/", 1)[0]
    found = with_volume(pod, {"name": "master", "emptyDir": {"medium": "Memory"}}, folder)
    container = found["containers"][0]
    fetch = {
        "name": "master-password",
        "image": check_registry(plan.name, f"{plan.context.cluster.image_mirror}{AWS_CLI}", plan.context),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", FETCH_MASTER],
        "env": [{"name": "HOME", "value": folder}, {"name": "MASTER_SECRET_ARN", "value": administration.variables["MASTER_SECRET_ARN"]}],
        "resources": container["resources"],
        "securityContext": HARDENED,
        "volumeMounts": [{"name": "master", "mountPath": folder}],
    }
    return {**found, "initContainers": [fetch]}


def _around(name: str, spec: Workload, plan: Plan, component: str, wiring: Wiring) -> list[Manifest]:
    """What a Job needs beside itself; nobody reaches it."""
    return [
        *objects_of_pod(name, spec, plan.context, component, wiring),
        network.network_policy(name, plan.context, component, uses=wiring.uses),
        *network.connection_policies(name, plan.context, component, wiring.uses),
    ]


def _minute(name: str) -> int:
    """A minute of the hour by name: backups of many databases don't start at once."""
    return sum(name.encode()) % 60
