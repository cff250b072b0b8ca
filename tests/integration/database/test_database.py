"""One program with a database, as a dev stack in the cluster and as a production stack on RDS: real engine, real API server, the sandbox's AWS."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from integration.aws.cases import World
from integration.conftest import Project

from idp_components.database.engines import ENGINES, LOGINS, login
from idp_sandbox.plugins.aws.api import Api

PROGRAM = """
import json
from idp_components import Context, Database, DatabaseSpec, Migration, Service, ServiceSpec, Team

context = Context.of({stack!r}, json.loads({config!r}))
context = context.waiting_for(Team(context.team, context=context))
image = "registry.example.com/shop/api:v1.0.0"
migration = Migration(image=image, command=("/app", "migrate"), url="DATABASE_URL")
orders = Database({name!r}, DatabaseSpec(engine={engine!r}, migration=migration, {more}), context=context)
for access in ("read-only", "read-write", "owner"):
    uses = [orders.connection(access, url="DATABASE_URL")]
    Service(f"app-{{access}}", ServiceSpec(image=image, port=8080), uses=uses, context=context)
context.ledger.close()
"""
CONFIG = {
    "domain": "example.com",
    "oidc_provider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SANDBOX",
}


@dataclass
class Shop:
    """What is up, and where."""

    project: Project
    namespace: str
    config: dict[str, Any]
    engine: str
    api: Api
    kubectl: Callable[..., Any]

    def write(self, name: str = "orders", **more: Any) -> None:
        """Change the program."""
        said = ", ".join(f"{key}={value!r}" for key, value in more.items())
        text = PROGRAM.format(stack=self.namespace, config=json.dumps(self.config), name=name, engine=self.engine, more=said)
        self.project.write(text)

    def get(self, *what: str) -> Any:
        """An object of the namespace."""
        return self.kubectl("get", *what, "-n", self.namespace)

    def variables(self, workload: str) -> dict[str, Any]:
        """Environment of a workload's pods."""
        pod = self.get("deployment", workload)["spec"]["template"]["spec"]
        return {entry["name"]: entry.get("value") or entry["valueFrom"]["secretKeyRef"] for entry in pod["containers"][0]["env"]}

    def instance(self, suffix: str = "") -> dict[str, Any]:
        """The database at AWS."""
        found = self.api.call("rds", "DescribeDBInstances", DBInstanceIdentifier=f"{self.namespace}-orders{suffix}")
        return dict(found["DBInstances"][0])

    def secrets(self) -> set[str]:
        """Every secret value that the namespace holds, decoded."""
        named = "go-template={{range .items}}{{range .data}}{{.}} {{end}}{{end}}"
        said = self.kubectl("--namespace", self.namespace, "get", "secrets", "--output", named)
        return {base64.b64decode(value).decode() for value in said.split()}


@pytest.fixture
def shop(project: Callable[..., Project], api: Api, kubectl: Callable[..., Any]) -> Any:
    """Makes stacks, in namespaces of the test's own."""

    made: list[Shop] = []

    def make(environment: str, engine: str, **more: Any) -> Shop:
        world = World(api)
        subnets = world.subnets()
        vpc = world.api.call("ec2", "DescribeSubnets", SubnetIds=subnets)["Subnets"][0]["VpcId"]
        group = world.api.call("ec2", "CreateSecurityGroup", GroupName=world.name, Description="nodes", VpcId=vpc)["GroupId"]
        network = {"vpc_id": vpc, "subnet_ids": subnets, "vpc_cidr": "10.20.0.0/16", "cluster_security_group": group}
        namespace = f"test-{uuid.uuid4().hex[:8]}-{environment}"
        found = Shop(project(""), namespace, {**CONFIG, **network}, engine, world.api, kubectl)
        made.append(found)
        found.write(**more)
        return found

    yield make
    for each in made:
        if any(resource.get("protect") for resource in each.project.resources().values()):
            release(each)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_dev_stack_has_its_database_in_the_cluster(shop: Any, engine: str) -> None:
    dev = shop("dev", engine)
    said = dev.project.up()
    dev.project.up("--expect-no-changes")
    stateful_set = dev.get("statefulset", "orders")
    assert stateful_set["status"]["readyReplicas"] == 1
    assert stateful_set["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"
    consumers_find_it(dev, f"orders.{dev.namespace}.svc.cluster.local")
    only_connections_open_it(dev)
    no_password_is_told(dev, said)

    dev.write(in_cluster={"resources": {"memory_mib": 640}})
    dev.project.up()
    container = dev.get("statefulset", "orders")["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"]["requests"]["memory"] == "640Mi"
    dev.project.pulumi("destroy", "--yes", "--skip-preview")
    assert dev.project.resources() == {}


def test_a_database_in_the_cluster_too_is_kept_where_the_environment_keeps_data(shop: Any) -> None:
    staging = shop("staging", "postgres", runs_on="cluster")
    staging.project.up()
    refused = staging.project.pulumi("destroy", "--yes", check=False)
    assert refused.returncode != 0
    assert "protect" in refused.stdout + refused.stderr
    protected = {name for name, resource in staging.project.resources().items() if resource.get("protect")}
    kept = {"StatefulSet orders", "PersistentVolumeClaim orders-backup", "RandomPassword orders-superuser-password"}
    assert protected == {*kept, f"Namespace {staging.namespace}"}
    staging.project.pulumi("state", "unprotect", "--all", "--yes")
    staging.project.pulumi("destroy", "--yes", "--skip-preview")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_production_stack_has_its_database_on_rds_and_keeps_it(shop: Any, engine: str) -> None:
    production = shop("production", engine)
    said = production.project.up()
    production.project.up("--expect-no-changes")
    instance = production.instance()
    consumers_find_it(production, instance["Endpoint"]["Address"])
    only_clients_reach_it(production)
    it_is_what_security_and_operations_ask_for(production)
    only_the_logins_job_reads_the_masters_password(production)
    no_password_is_told(production, said)
    it_outlives_a_destroy_and_a_new_name(production)
    it_goes_on_purpose_and_leaves_a_snapshot_to_start_from(production)


def release(shop: Shop) -> None:
    """The way on purpose, as the golden path's page says it."""
    shop.api.call("rds", "ModifyDBInstance", DBInstanceIdentifier=f"{shop.namespace}-orders", DeletionProtection=False)
    shop.project.pulumi("state", "unprotect", "--all", "--yes")


def consumers_find_it(shop: Shop, host: str) -> None:
    """The same variables in both places."""
    engine = ENGINES[shop.engine]
    names = engine.variables
    for access in LOGINS:
        found = shop.variables(f"app-{access}")
        said = {"host": host, "port": str(engine.port), "database": "orders", "user": login(access)}
        assert {names[what]: value for what, value in said.items()}.items() <= found.items()
        secret = found[names["password"]]["name"]
        assert found[names["password"]] == {"name": secret, "key": "password"}
        assert found["DATABASE_URL"] == {"name": secret, "key": "url"}
        assert secret.startswith(f"orders-{access}-")
        assert set(found) == {*names.values(), *engine.settled, "DATABASE_URL", "PORT"}
    jobs = {job["metadata"]["name"]: job["status"].get("succeeded") for job in shop.get("jobs")["items"]}
    assert sorted(name.rsplit("-", 1)[0] for name in jobs) == ["orders-logins", "orders-migration"]
    assert set(jobs.values()) == {1}


def only_connections_open_it(shop: Shop) -> None:
    opened = set()
    for policy in shop.get("networkpolicies")["items"]:
        if policy["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name") == "orders":
            for rule in policy["spec"].get("ingress", []):
                assert rule["ports"] == [{"port": "main", "protocol": "TCP"}]
                opened |= {peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]}
    assert opened == {*(f"app-{access}" for access in LOGINS), "orders-logins", "orders-migration", "orders-backup"}


def only_clients_reach_it(shop: Shop) -> None:
    clients = set()
    for policy in shop.get("securitygrouppolicies")["items"]:
        cluster, group = policy["spec"]["securityGroups"]["groupIds"]
        assert cluster == shop.config["cluster_security_group"]
        clients.add(group)
        name = policy["metadata"]["name"]
        outside = [peer for rule in shop.get("networkpolicy", name)["spec"]["egress"] for peer in rule["to"] if "ipBlock" in peer]
        assert {"ipBlock": {"cidr": "10.20.0.0/16"}} in outside
    assert len(clients) == 1
    (server,) = (group["VpcSecurityGroupId"] for group in shop.instance()["VpcSecurityGroups"])
    rules = shop.api.call("ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [server]}])["SecurityGroupRules"]
    (rule,) = rules
    port = ENGINES[shop.engine].port
    assert (rule["IsEgress"], rule["FromPort"], rule["ToPort"]) == (False, port, port)
    assert {rule["ReferencedGroupInfo"]["GroupId"]} == clients


def it_is_what_security_and_operations_ask_for(shop: Shop) -> None:
    instance = shop.instance()
    wanted = {
        "StorageEncrypted": True,
        "MultiAZ": True,
        "PubliclyAccessible": False,
        "DeletionProtection": True,
        "BackupRetentionPeriod": 30,
        "IAMDatabaseAuthenticationEnabled": True,
        "CopyTagsToSnapshot": True,
        "MaxAllocatedStorage": 40,
    }
    assert {key: instance.get(key) for key in wanted} == wanted
    group = instance["DBParameterGroups"][0]["DBParameterGroupName"]
    parameters = shop.api.call("rds", "DescribeDBParameters", DBParameterGroupName=group, Source="user")["Parameters"]
    assert {parameter["ParameterName"]: parameter["ParameterValue"] for parameter in parameters} == ENGINES[shop.engine].parameters
    alarms = shop.api.call("cloudwatch", "DescribeAlarms", AlarmNamePrefix=f"{shop.namespace}-orders")["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {"FreeStorageSpace", "CPUUtilization", "DatabaseConnections"}
    assert {alarm["Dimensions"][0]["Value"] for alarm in alarms} == {f"{shop.namespace}-orders"}


def only_the_logins_job_reads_the_masters_password(shop: Shop) -> None:
    roles = [role["RoleName"] for role in shop.api.call("iam", "ListRoles")["Roles"] if role["RoleName"].startswith(shop.namespace)]
    assert roles == [f"{shop.namespace}-orders-logins"]
    document = shop.api.call("iam", "GetRolePolicy", RoleName=roles[0], PolicyName="connections")["PolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    assert statement["Resource"] == [shop.instance()["MasterUserSecret"]["SecretArn"]]


def no_password_is_told(shop: Shop, said: str) -> None:
    """Searched for by value, in what Pulumi keeps and says, and in everything of the namespace but its Secrets."""
    passwords = shop.secrets()
    assert len({value for value in passwords if len(value) == 32}) >= len(LOGINS)
    kinds = "deployments,jobs,statefulsets,cronjobs,pods,configmaps,networkpolicies,serviceaccounts,events"
    for where in (
        said,
        shop.project.pulumi("stack", "export").stdout,
        shop.project.preview(),
        shop.kubectl("--namespace", shop.namespace, "get", kinds, "--output", "yaml"),
    ):
        assert len(where) > 100
        assert [value for value in passwords if value in where] == []


def it_outlives_a_destroy_and_a_new_name(shop: Shop) -> None:
    refused = shop.project.pulumi("destroy", "--yes", check=False)
    assert refused.returncode != 0
    assert "protect" in refused.stdout + refused.stderr
    assert shop.instance()["DBInstanceStatus"] == "available"
    shop.write("bookings")
    assert "protect" in shop.project.preview(check=False)
    assert shop.instance()["DBInstanceStatus"] == "available"
    shop.write()
    shop.project.up("--expect-no-changes")


def it_goes_on_purpose_and_leaves_a_snapshot_to_start_from(shop: Shop) -> None:
    release(shop)
    shop.project.pulumi("destroy", "--yes", "--skip-preview")
    snapshot = f"{shop.namespace}-orders-final-snapshot"
    (kept,) = shop.api.call("rds", "DescribeDBSnapshots", DBSnapshotIdentifier=snapshot)["DBSnapshots"]
    assert kept["Encrypted"]
    shop.namespace = shop.namespace.replace("production", "dev")
    shop.write(runs_on="rds", restore_from_snapshot=snapshot, read_replicas=1)
    shop.project.up()
    shop.project.up("--expect-no-changes")
    assert shop.instance("-replica-1")["DBInstanceStatus"] == "available"
    shop.project.pulumi("destroy", "--yes", "--skip-preview")
    assert shop.project.resources() == {}
