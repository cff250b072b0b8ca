"""Builder: a database on RDS, private, encrypted, TLS only, backed up, watched, and kept where the environment keeps data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.core import naming
from idp_components.core.alarms import alarm
from idp_components.core.aws import Aws, Ref, plain_name, tags
from idp_components.core.vpc import security_groups
from idp_components.database.plan import Plan

INSTANCE = "aws:rds/instance:Instance"
MAX_IDENTIFIER = 63
"""Characters of a DB instance's identifier (RDS, "Settings for DB instances"), less the suffix of a replica or final snapshot."""
SUFFIX = len("-final-snapshot")
CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
BACKUP_WINDOW, MAINTENANCE_WINDOW = "01:00-02:00", "sun:03:00-sun:04:00"
"""UTC."""
KEY_WAIT_DAYS = 30
"""Days in which a key can be brought back before what it encrypts is lost (KMS, "Deleting keys")."""
WITHOUT_INSIGHTS = ("micro", "small")
"""Sizes on which MySQL has no Performance Insights (RDS, "DB engine, Region and instance class support for Performance Insights")."""
BYTES_PER_GIB = 1024**3
BUSY_PERCENT = 80
CONNECTIONS = {"micro": 64, "small": 128, "medium": 256, "large": 512}
"""Open connections by size that ask for a pool or a larger class: well below what the memory allows; 1024 above these."""


def database(plan: Plan, password: Any = None) -> list[Aws]:
    """The resources of a database on RDS. `password` is the master's, where RDS can't manage it."""
    name, keep = plan.name, plan.context.profile.protect_data
    key = naming.child(name, "key")
    return [
        Aws(
            "aws:kms/key:Key",
            key,
            {
                "description": f"database {name} of team {plan.context.team} in {plan.context.environment}",
                "enableKeyRotation": True,
                "deletionWindowInDays": KEY_WAIT_DAYS,
                "tags": tags(name, plan.context),
            },
            protect=keep,
            retain=keep,  # the final snapshot can't be read without it
        ),
        Aws("aws:kms/alias:Alias", naming.child(name, "alias"), {"name": f"alias/{identifier(plan)}", "targetKeyId": Ref(key, "keyId")}),
        *_network(plan),
        _parameters(plan),
        _instance(plan, password),
        *(_replica(plan, number) for number in range(1, plan.spec.read_replicas + 1)),
        *_alarms(plan),
    ]


def identifier(plan: Plan) -> str:
    """Name of the instance."""
    return plain_name(plan.context, plan.name, MAX_IDENTIFIER - SUFFIX)


def replica(name: str, number: int) -> str:
    """Logical name of a read replica."""
    return naming.child(name, f"replica-{number}")


def _network(plan: Plan) -> list[Aws]:
    """Private subnets, and who may come in."""
    name, context = plan.name, plan.context
    subnets = {"name": identifier(plan), "description": f"database {name}", "subnetIds": list(context.cluster.subnet_ids)}
    return [
        Aws("aws:rds/subnetGroup:SubnetGroup", naming.child(name, "subnets"), {**subnets, "tags": tags(name, context)}),
        *security_groups(name, "db", plan.engine.port, context, f"database {name}"),
    ]


def _parameters(plan: Plan) -> Aws:
    now, later = plan.engine.parameters, plan.engine.blue_green if plan.spec.blue_green_updates else {}
    return Aws(
        "aws:rds/parameterGroup:ParameterGroup",
        naming.child(plan.name, "parameters"),
        {
            "name": f"{identifier(plan)}-{plan.version.replace('.', '-')}",  # another version needs another group beside the old one
            "description": f"database {plan.name}: TLS for everybody",
            "family": plan.engine.family.format(version=plan.version),
            "parameters": [
                {"name": name, "value": value, "applyMethod": method}
                for method, wanted in (("immediate", now), ("pending-reboot", later))
                for name, value in wanted.items()
            ],
            "tags": tags(plan.name, plan.context),
        },
    )


def _instance(plan: Plan, password: Any) -> Aws:
    spec, profile, name = plan.spec, plan.context.profile, plan.name
    master = {"manageMasterUserPassword": True} if plan.managed_master else {"password": password}
    start: Mapping[str, Any] = {"dbName": plan.database, "username": plan.superuser}
    if spec.restore_from_snapshot:
        start = {"snapshotIdentifier": spec.restore_from_snapshot}
    end: Mapping[str, Any] = {"skipFinalSnapshot": True, "deleteAutomatedBackups": True}
    if profile.protect_data:
        end = {"finalSnapshotIdentifier": f"{identifier(plan)}-final-snapshot", "skipFinalSnapshot": False, "deleteAutomatedBackups": False}
    return Aws(
        INSTANCE,
        name,
        {
            **_common(plan, identifier(plan)),
            **start,
            **master,
            **end,
            "engine": plan.engine.name,
            "engineVersion": plan.version,
            "allocatedStorage": spec.storage_gib,
            "dbSubnetGroupName": Ref(naming.child(name, "subnets"), "name"),
            "storageEncrypted": True,
            "kmsKeyId": Ref(naming.child(name, "key"), "arn"),
            "multiAz": profile.database_multi_az,
            "backupRetentionPeriod": max(plan.backup_days, 1),
            "backupWindow": BACKUP_WINDOW,
            "applyImmediately": not profile.protect_data,
            **({"blueGreenUpdate": {"enabled": True}} if spec.blue_green_updates else {}),
        },
        protect=profile.protect_data,
        decides=("address", "resourceId", *(("masterUserSecrets",) if plan.managed_master else ())),
    )


def _replica(plan: Plan, number: int) -> Aws:
    source = {"replicateSourceDb": Ref(plan.name, "identifier"), "skipFinalSnapshot": True}
    return Aws(
        INSTANCE, replica(plan.name, number), {**_common(plan, f"{identifier(plan)}-replica-{number}"), **source}, decides=("address",)
    )


def _common(plan: Plan, name: str) -> dict[str, Any]:
    """What an instance and its replicas share."""
    instance_class = plan.spec.instance_class or plan.context.profile.database_instance_class
    insights = plan.engine.name != "mysql" or instance_class.rsplit(".", 1)[1] not in WITHOUT_INSIGHTS
    key = Ref(naming.child(plan.name, "key"), "arn")
    return {
        "identifier": name,
        "instanceClass": instance_class,
        "storageType": "gp3",
        **({"maxAllocatedStorage": plan.max_storage_gib} if plan.max_storage_gib else {}),
        "parameterGroupName": Ref(naming.child(plan.name, "parameters"), "name"),
        "vpcSecurityGroupIds": [Ref(naming.child(plan.name, "db"), "id")],
        "publiclyAccessible": False,
        "iamDatabaseAuthenticationEnabled": True,
        "caCertIdentifier": CERTIFICATE_AUTHORITY,
        "autoMinorVersionUpgrade": True,
        "maintenanceWindow": MAINTENANCE_WINDOW,
        "copyTagsToSnapshot": True,
        "deletionProtection": plan.context.profile.protect_data,
        "enabledCloudwatchLogsExports": list(plan.engine.logs),
        "performanceInsightsEnabled": insights,
        **({"performanceInsightsKmsKeyId": key} if insights else {}),
        "tags": tags(plan.name, plan.context),
    }


def _alarms(plan: Plan) -> list[Aws]:
    spec, name = plan.spec, plan.name
    size = (spec.instance_class or plan.context.profile.database_instance_class).rsplit(".", 1)[1]
    connections, low = CONNECTIONS.get(size, 1024), max(spec.storage_gib // 10, 2)

    def watched(role: str, metric: str, statistic: str, meaning: str, *, above: float | None = None, below: float | None = None) -> Aws:
        return alarm(
            naming.child(name, role),
            plan.context,
            metric=("AWS/RDS", metric),
            dimensions={"DBInstanceIdentifier": Ref(name, "identifier")},
            statistic=statistic,
            above=above,
            below=below,
            meaning=f"database {name} {meaning}",
        )

    return [
        watched("storage-is-low", "FreeStorageSpace", "Minimum", f"has less than {low} GiB of storage left", below=low * BYTES_PER_GIB),
        watched("cpu-is-busy", "CPUUtilization", "Average", f"uses more than {BUSY_PERCENT} percent of its CPU", above=BUSY_PERCENT),
        watched("connections-are-many", "DatabaseConnections", "Maximum", f"has more than {connections} clients", above=connections),
    ]
