"""An environment derived from production, on the real engine: it stands, has its own data, and no secret of production is anywhere in it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.environments.conftest import Previews

NAME, SOURCE = "store-pr-42", "store-production"
API_KEY = "pr0duction-api-key-4711"
MAIL = "smtp://store:c0rrect-h0rse-battery@mail.example.com"
STORE = """
import pulumi
from idp_components import Context, Database, DatabaseSpec, Scaling, Seed, Service, ServiceSpec

IMAGE = "registry.example.com/store:v1.0.0"
NOWHERE = {"Job": {"spec": {"activeDeadlineSeconds": 1, "template": {"spec": {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}}}}}}


def compose(context: Context) -> None:
    config = pulumi.Config("store")
    seeds = {
        "demo": Seed(image=IMAGE, command=("/app", "seed", "demo")),
        "broken": Seed(image=IMAGE, command=("/app", "seed", "broken"), overrides=NOWHERE),
    }
    orders = Database("orders", DatabaseSpec(engine="postgres", seeds=seeds), context=context)
    key = config.get_secret("apiKey")
    env = {"CURRENCY": config.get("currency") or "none", "BANNER": config.get("banner") or "none"}
    uses = [orders.connection("read-write")]
    scaling = Scaling(min_replicas=1, max_replicas=1)  # an autoscaler would change what the test compares
    Service("web", ServiceSpec(image=IMAGE, port=8080, env=env, scaling=scaling), uses=uses, secrets={"API_KEY": key} if key else None, context=context)
"""
PRODUCTION = """
import importlib.util
from pathlib import Path
from idp_components import Context

spec = importlib.util.spec_from_file_location("store", Path({teams!r}) / "store.py")
store = importlib.util.module_from_spec(spec)
spec.loader.exec_module(store)
store.compose(Context.from_stack())
"""


def run(previews: Previews, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["pulumi", *arguments, "--non-interactive"], cwd=folder, env=previews.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def state(previews: Previews, stack: str, *arguments: str) -> Any:
    return json.loads(run(previews, previews.folder, "stack", "export", "--stack", f"organization/previews/{stack}", *arguments))


@pytest.fixture
def store(previews: Previews, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previews]:
    """The team `store` with production up: a database on RDS, a secret in its config, and a list of what environments may have."""
    (previews.folder / "stacks" / "teams" / "store.py").write_text(STORE)
    folder = tmp_path_factory.mktemp("production")
    project = yaml.safe_load((previews.folder / "Pulumi.yaml").read_text())
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project["name"], "runtime": "python"}))
    (folder / "__main__.py").write_text(PRODUCTION.format(teams=str(previews.folder / "stacks" / "teams")))
    run(previews, folder, "stack", "init", SOURCE)
    run(previews, folder, "config", "set", "--secret", "store:apiKey", API_KEY, "--stack", SOURCE)
    file = folder / f"Pulumi.{SOURCE}.yaml"
    said = yaml.safe_load(file.read_text())
    allowed = {"config": ["store:currency", "store:apiKey", "store:mailUrl"], "seed": "demo"}
    plain = {"store:currency": "EUR", "store:banner": "Production", "store:mailUrl": MAIL, "idp:previews": allowed}
    said["config"] |= {**{key: entry["value"] for key, entry in project["config"].items()}, **network(previews), **plain}
    file.write_text(yaml.safe_dump(said))
    own = previews.folder / "stacks" / "config" / file.name
    own.parent.mkdir()
    own.write_text(file.read_text())
    previews.kubectl("create", "namespace", SOURCE)
    run(previews, folder, "up", "--yes", "--skip-preview", "--stack", SOURCE)
    yield previews
    run(previews, folder, "state", "unprotect", "--all", "--yes", "--stack", SOURCE)
    databases = [each["id"] for each in state(previews, SOURCE)["deployment"]["resources"] if each["type"] == "aws:rds/instance:Instance"]
    for database in databases:
        previews.aws("rds").modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True)
    run(previews, folder, "destroy", "--yes", "--skip-preview", "--stack", SOURCE)
    run(previews, folder, "stack", "rm", "--yes", SOURCE)
    previews.kubectl("delete", "namespace", SOURCE)


def network(previews: Previews) -> dict[str, Any]:
    """Where databases on RDS go: the account's default network."""
    subnets = previews.aws("ec2").describe_subnets()["Subnets"]
    (group,) = previews.aws("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
    return {
        "idp:vpcId": group["VpcId"],
        "idp:subnetIds": [subnet["SubnetId"] for subnet in subnets if subnet["VpcId"] == group["VpcId"]],
        "idp:vpcCidr": "172.31.0.0/16",
        "idp:clusterSecurityGroup": group["GroupId"],
    }


def secrets_of(exported: Any) -> set[str]:
    """Every secret text in a state that was exported with its secrets shown."""
    if isinstance(exported, dict) and "plaintext" in exported:
        return {text for text in texts(json.loads(exported["plaintext"])) if len(text) >= 8}
    inside = exported.values() if isinstance(exported, dict) else exported if isinstance(exported, list) else ()
    return {text for each in inside for text in secrets_of(each)}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(each)


def test_it_stands_in_for_production_and_no_secret_of_production_is_in_it(store: Previews) -> None:
    before, production = store.everything(), state(store, SOURCE)
    plan = store.json("create", NAME, "--owner", "alice", "--from", SOURCE, "--dry-run")
    assert store.everything() == before
    fates = {(part["kind"], part["name"]): part["becomes"] for part in plan["derivation"]["parts"]}
    assert fates == {("Database", "orders"): "stand-in", ("Service", "web"): "copied"}
    assert plan["derivation"]["usd_per_month"] < -100
    keys = {key["name"]: key["becomes"] for key in plan["derivation"]["config"]}
    assert {key for key, becomes in keys.items() if becomes == "copied"} == {"store:currency"}

    said = store.idp("create", NAME, "--owner", "alice", "--from", SOURCE, "--ttl-hours", "24")
    assert "a secret is never carried" in " ".join(said.split())
    shown = store.json("show", NAME)
    assert (shown["derived_from"], shown["state"]) == (SOURCE, "running")
    assert [(seed["job"].rsplit("-", 1)[0], seed["state"]) for seed in shown["seeds"]] == [("orders-seed", "done")]
    comment = store.idp("comment", NAME, "--dry-run")
    assert "**Database**: `orders`" in comment
    deployment = store.kubectl("get", "deployment", "web", "-n", NAME)
    env = {each["name"]: each.get("value") for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert (env["CURRENCY"], env["BANNER"]) == ("EUR", "none")
    assert store.kubectl("get", "statefulset", "orders", "-n", NAME)["spec"]["replicas"] == 1

    theirs = secrets_of(state(store, SOURCE, "--show-secrets"))
    assert API_KEY in theirs
    assert len(theirs) > 4, "the passwords of the database's logins"
    ours = json.dumps(state(store, NAME, "--show-secrets")) + json.dumps(plan) + said + json.dumps(shown) + comment + objects(store)
    assert not [secret for secret in {*theirs, MAIL, "c0rrect-h0rse-battery"} if secret in ours]
    assert state(store, SOURCE) == production

    a_seed_that_fails_fails_the_creation(store)
    store.idp("destroy", NAME, "--yes")
    assert store.everything() == before


def objects(store: Previews) -> str:
    """Everything in the environment's namespace, with its Secrets decoded."""
    listed = store.kubectl("get", "all,configmaps,secrets", "-n", NAME)["items"]
    data = (value for each in listed if each["kind"] == "Secret" for value in (each.get("data") or {}).values())
    return json.dumps(listed) + " ".join(base64.b64decode(value).decode(errors="replace") for value in data)


def a_seed_that_fails_fails_the_creation(store: Previews) -> None:
    said = store.json("create", NAME, "--seed", "broken", code=1)
    assert not said["stacks"][0]["succeeded"]
    assert any("Job was active longer than specified deadline" in error for error in said["stacks"][0]["errors"])
    assert "failed" in [seed["state"] for seed in store.json("show", NAME)["seeds"]]
