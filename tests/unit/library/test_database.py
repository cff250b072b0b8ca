"""A database's plan, its objects and its AWS resources: what every accepted spec yields, and what is refused."""

import json
import re

import pytest
import strategies
from accepted import CLUSTER
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import DatabaseSpec, Migration, SpecError
from idp_components.core.aws import Json, Ref
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.database import manifests, resources
from idp_components.database.engines import ENGINES, LOGINS, login, variable
from idp_components.database.plan import plan
from idp_components.database.sql import POSTGRES_LOGINS, mysql_logins
from idp_components.rules import Resource, findings
from idp_components.rules.packs import active
from idp_sandbox.plugins.aws import requests
from idp_sandbox.plugins.aws.kinds import KINDS

IMAGE = "registry.example.com/shop/api:v1.0.0"


def context(environment="dev", **config):
    return Context.of(f"shop-{environment}", {**CLUSTER, **config})


def planned(environment="dev", name="orders", **spec):
    return plan(name, DatabaseSpec(**{"engine": "postgres", **spec}), context(environment))


contexts = st.sampled_from([*PROFILES, "pr-42"]).map(context)


@given(spec=strategies.databases(), context=contexts, name=strategies.names)
@settings(max_examples=60, deadline=None)
def test_every_accepted_spec_pleases_every_rule_and_has_names_that_fit(spec, context, name):
    built = manifests.planned(plan(name, spec, context))
    assert findings(map(Resource.from_manifest, built), active(context.profile.environment)) == []
    assert {manifest["metadata"]["namespace"] for manifest in built} == {context.namespace}
    assert len({(manifest["kind"], manifest["metadata"]["name"]) for manifest in built}) == len(built)
    assert all(len(manifest["metadata"]["name"]) <= (52 if manifest["kind"] == "CronJob" else 63) for manifest in built)


@given(spec=strategies.databases(), context=contexts, name=strategies.names)
@settings(max_examples=60, deadline=None)
def test_every_accepted_spec_is_what_the_aws_api_takes(spec, context, name):
    for resource in resources.database(plan(name, spec.model_copy(update={"runs_on": "rds"}), context), "password"):
        kind = KINDS[resource.type]
        assert list(requests.check(resource.type, kind, {**kind.defaults, **plain(resource.properties)})) == []
        for key in ("identifier", "finalSnapshotIdentifier"):
            said = resource.properties.get(key)
            if isinstance(said, str) and resource.type == resources.INSTANCE:
                assert re.fullmatch(r"[a-z](-?[a-z0-9])*", said)  # RDS, "Constraints" of DBInstanceIdentifier
                assert len(said) <= 63


def plain(value):
    """Properties with text for what only AWS decides."""
    if isinstance(value, Ref):
        return "decided"
    if isinstance(value, Json):
        return json.dumps(value.document)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_the_profile_decides_where_it_runs_and_the_spec_may_say_otherwise():
    assert [planned(environment).on_rds for environment in PROFILES] == [False, False, True, True]
    assert planned("dev", runs_on="rds").on_rds
    assert not planned("production", runs_on="cluster").on_rds


def test_data_in_the_cluster_stays_where_the_environment_keeps_data():
    def kept(environment):
        built = manifests.planned(planned(environment, runs_on="cluster"))
        (found,) = (manifest for manifest in built if manifest["kind"] == "StatefulSet")
        return found["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"]

    assert [kept(environment) for environment in PROFILES] == ["Delete", "Delete", "Retain", "Retain"]


@pytest.mark.parametrize(("environment", "kept"), [("pr-42", 0), ("dev", 1)])
def test_a_preview_makes_no_backups(environment, kept):
    built = manifests.planned(planned(environment))
    assert len([manifest for manifest in built if manifest["kind"] == "CronJob"]) == kept


def test_a_job_runs_again_when_what_it_runs_changes_and_only_then():
    def jobs(**spec):
        return {m["metadata"]["name"] for m in manifests.planned(planned(**spec)) if m["kind"] == "Job"}

    before = jobs(migration=Migration(image=IMAGE, command=("migrate",)))
    assert jobs(migration=Migration(image=IMAGE, command=("migrate",)), storage_gib=30) == before
    after = jobs(migration=Migration(image=IMAGE.replace("v1", "v2"), command=("migrate",)))
    assert [name.rsplit("-", 1)[0] for name in sorted(before - after)] == ["orders-migration"]
    assert len(jobs(version="16") & before) == 0


def test_rds_manages_the_masters_password_unless_it_cannot():
    def instance(**spec):
        return next(each for each in resources.database(planned("production", **spec), "drawn") if each.name == "orders").properties

    assert instance()["manageMasterUserPassword"] is True
    for spec in ({"read_replicas": 1}, {"blue_green_updates": True}):
        assert (instance(**spec)["password"], "manageMasterUserPassword" in instance(**spec)) == ("drawn", False)


def test_mysql_logins_have_the_rights_of_their_level_on_this_schema_alone_and_need_tls():
    text = mysql_logins("orders_db")
    granted = dict(re.findall(r"GRANT (.+) ON \\`orders\\\\_db\\`\.\* TO '(\w+)'@'%';", text))
    assert granted == {
        "SELECT, SHOW VIEW": "read_only",
        "SELECT, INSERT, UPDATE, DELETE, SHOW VIEW": "read_write",
        "ALL PRIVILEGES": "owner",
    }
    assert text.count("REQUIRE SSL;") == 2 * len(LOGINS)
    assert text.count("GRANT") == len(LOGINS)


def test_the_sql_of_postgres_names_each_login_and_its_password():
    for access in LOGINS:
        assert f"'{login(access)}'" in POSTGRES_LOGINS
        assert f"\\getenv {login(access)}_password {variable(access)}" in POSTGRES_LOGINS


@pytest.mark.parametrize("engine", ENGINES)
def test_no_password_can_stand_in_an_argument(engine):
    for manifest in manifests.planned(planned(engine=engine, migration=Migration(image=IMAGE, command=("migrate",)))):
        for container in containers(manifest):
            for entry in container.get("env", []):
                assert "valueFrom" in entry or not re.search("PASSWORD|PWD|URL", entry["name"])
            assert "PASSWORD" not in " ".join([*container.get("command", []), *container.get("args", [])])


def containers(value):
    """Every container below a manifest."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("containers", "initContainers"):
                yield from item
            else:
                yield from containers(item)
    elif isinstance(value, list):
        for item in value:
            yield from containers(item)


def without(key):
    return {name: value for name, value in CLUSTER.items() if name != key}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: planned(read_replicas=1, blue_green_updates=True),
            r"blue_green_updates with read_replicas is refused: the switch-over leaves the replicas behind .* such as blue_green_updates=False",
        ),
        (
            lambda: planned("dev", restore_from_snapshot="rds:orders-2026-11-20"),
            r"shop\.orders\.restore_from_snapshot: 'rds:orders-2026-11-20' is refused: .* runs in the cluster; add runs_on='rds'",
        ),
        (
            lambda: plan("orders", DatabaseSpec(engine="postgres", backup_days=3), context("production")),
            r"shop\.orders\.backup_days: 3 is refused: production keeps them for 7 or more, for example backup_days=7",
        ),
        (lambda: planned(version="9.6"), r"version='9\.6' of postgres is not offered: use '17' or '16'"),
        (lambda: planned(engine="oracle"), r"DatabaseSpec\.engine: 'oracle' is refused: .* for example engine='postgres'"),
        (lambda: planned(storage_gib=5), r"DatabaseSpec\.storage_gib: 5 is refused: .* 20"),
        (
            lambda: planned(storage_gib=100, max_storage_gib=105),
            r"at least a tenth more than storage_gib=100, for example max_storage_gib=200",
        ),
        (lambda: planned(max_storage=50), r"DatabaseSpec\.max_storage: no such field; did you mean 'max_storage_gib'\?"),
        (
            lambda: planned(name="mysql", engine="mysql"),
            r"shop\.mysql\.database_name: 'mysql' is mysql's own; .*database_name='mysql_data'",
        ),
        (lambda: planned(restore_from_snapshot="a b"), r"DatabaseSpec\.restore_from_snapshot: 'a b' is refused"),
        (lambda: planned(migration={"image": IMAGE}), r"DatabaseSpec\.migration\.command: is required, for example command="),
        (lambda: planned(migration={"image": "app", "command": ["a"]}), r"DatabaseSpec\.migration\.image: .* needs a tag"),
        *(
            (
                lambda key=key: plan("orders", DatabaseSpec(engine="postgres"), Context.of("shop-staging", without(key))),
                rf"shop\.orders: needs config idp:{camel}, which is missing: .* For example .*{example}",
            )
            for key, camel, example in (
                ("vpc_id", "vpcId", "vpc-"),
                ("subnet_ids", "subnetIds", "subnet-"),
                ("vpc_cidr", "vpcCidr", "/16"),
                ("cluster_security_group", "clusterSecurityGroup", "sg-"),
            )
        ),
        (lambda: context(subnet_ids=["subnet-0a1b2c3d"]), r"subnetIds has only 'subnet-0a1b2c3d': use two or more, in different zones"),
        (lambda: context(vpc_id="my-vpc"), r"config of stack 'shop-dev': idp:vpc_id: 'my-vpc' is refused: .* for example"),
        (
            lambda: plan("orders", DatabaseSpec(engine="mysql"), context(registries=["ghcr.io/shop/"])),
            r"idp:imageMirror, 'public\.ecr\.aws/', which idp:registries doesn't allow: .* for example 'ghcr\.io/shop/ecr-public/'",
        ),
        (
            lambda: manifests.planned(plan("orders", DatabaseSpec(engine="mysql"), Context.of("shop-staging", without("oidc_provider")))),
            r"shop\.orders-logins\.uses: needs an IAM role, and config idp:oidcProvider is missing",
        ),
    ],
)
def test_bad_input_is_refused_with_its_place_and_the_way_out(make, sentence):
    with pytest.raises(SpecError, match=sentence):
        make()
