"""A cache's builders: where it runs, who may log in, and what its consumers get."""

import hashlib
import re

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import CacheSpec, SpecError
from idp_components.cache import manifests, reach, resources
from idp_components.cache.reach import LEVELS, Plan
from idp_components.core.connection import ADDRESS, SecretValue
from idp_components.core.context import Context
from idp_components.rules import Resource, findings
from idp_components.rules.levels import environment_of
from idp_components.rules.packs import active

VPC = {
    "vpc_id": "vpc-0a1b2c3d",
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "vpc_cidr": "10.20.0.0/16",
    "cluster_security_group": "sg-0a1b2c3d",
}
PASSWORDS = {"read": "secret-of-the-reader", "read-write": "secret-of-the-writer"}
IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def plan(environment="dev", name="carts", **fields):
    return Plan(name, CacheSpec(**fields), Context.of(f"shop-{environment}", {"domain": "example.com", **VPC}))


def in_cluster(**fields):
    return {manifest["kind"]: manifest for manifest in manifests.in_cluster(plan(**fields), "carts-logins")}


def on_elasticache(environment="production", **fields):
    return {resource.name: resource for resource in resources.cache(plan(environment, **fields), PASSWORDS)}


@given(spec=strategies.caches, environment=st.sampled_from(["preview", "dev", "staging", "production", "pr-42"]), name=strategies.names)
@settings(max_examples=100)
def test_every_accepted_spec_builds_in_both_places(spec, environment, name):
    made = Plan(name, spec, plan(environment).context)
    built = manifests.in_cluster(made, "logins")
    assert findings(map(Resource.from_manifest, built), active(environment_of(f"shop-{environment}"))) == []
    assert {manifest["metadata"]["namespace"] for manifest in built} == {made.context.namespace}
    found = {resource.type.rpartition(":")[2]: resource.properties for resource in resources.cache(made, PASSWORDS)}
    for identifier in (found["ReplicationGroup"]["replicationGroupId"], found["User"]["userId"], found["UserGroup"]["userGroupId"]):
        assert IDENTIFIER.fullmatch(identifier)
        assert len(identifier) <= 40
    usable = resources.NODE_TYPES_GIB[found["ReplicationGroup"]["nodeType"]] * 1024 * 0.75
    assert usable >= spec.memory_mib


@pytest.mark.parametrize(
    ("environment", "said", "there"),
    [("pr-7", None, False), ("dev", None, False), ("staging", None, True), ("production", None, True), ("dev", "elasticache", True)],
)
def test_the_profile_says_where_it_runs_unless_the_spec_does(environment, said, there):
    assert plan(environment, runs_on=said).on_elasticache is there


def test_the_server_knows_hashes_alone_and_nobody_gets_in_without_a_password():
    text = manifests.users(PASSWORDS)
    logins = [line.split() for line in text.splitlines()]
    assert not [password for password in PASSWORDS.values() if password in text]
    assert ["user", "default", "off"] in logins
    assert [login[1:] for login in logins if "nopass" in login] == [["health", "on", "nopass", "-@all", "+ping"]]
    for access, password in PASSWORDS.items():
        (login,) = (login for login in logins if login[1] == access)
        assert f"#{hashlib.sha256(password.encode()).hexdigest()}" in login


def test_both_places_let_a_login_do_the_same():
    users = {
        resource.properties["userName"]: resource.properties for resource in on_elasticache().values() if "userName" in resource.properties
    }
    lines = {line.split()[1]: line for line in manifests.users(PASSWORDS).splitlines()}
    assert users.keys() == LEVELS.keys()
    for access, user in users.items():
        assert re.sub(r" #\w+", "", lines[access]) == f"user {access} {user['accessString']}"
        assert user["authenticationMode"] == {"type": "password", "passwords": [PASSWORDS[access]]}


def test_the_pod_has_room_for_what_it_may_hold_and_keeps_nothing():
    found = in_cluster(memory_mib=100, eviction="volatile-ttl")
    deployment = found["Deployment"]["spec"]
    assert deployment["strategy"] == {"type": "Recreate"}
    container = deployment["template"]["spec"]["containers"][0]
    assert container["resources"]["requests"]["memory"] == container["resources"]["limits"]["memory"] == "157Mi"
    configuration = found["ConfigMap"]["data"]["valkey.conf"].splitlines()
    assert {"maxmemory 100mb", "maxmemory-policy volatile-ttl", 'save ""', "appendonly no"} <= set(configuration)
    assert found["NetworkPolicy"]["spec"]["ingress"] == []
    assert container["ports"] == [{"name": "main", "containerPort": 6379}]


@pytest.mark.parametrize(("environment", "nodes", "copies"), [("staging", 1, 1), ("production", 2, 7)])
def test_on_elasticache_it_is_encrypted_private_and_kept(environment, nodes, copies):
    group = on_elasticache(environment)["carts"]
    said = group.properties
    assert group.protect
    assert said["engine"] == "valkey"
    assert said["atRestEncryptionEnabled"]
    assert (said["transitEncryptionEnabled"], said["transitEncryptionMode"]) == (True, "required")
    assert (said["numCacheClusters"], said["automaticFailoverEnabled"], said["multiAzEnabled"]) == (nodes, nodes > 1, nodes > 1)
    assert (said["snapshotRetentionLimit"], said["finalSnapshotIdentifier"]) == (copies, f"shop-{environment}-carts-final")


@pytest.mark.parametrize(
    ("eviction", "watched"),
    [
        ("allkeys-lru", {"cpu-is-busy", "evicts-much"}),
        ("volatile-lru", {"cpu-is-busy", "memory-is-full", "evicts-much"}),
        ("noeviction", {"cpu-is-busy", "memory-is-full"}),
    ],
)
def test_each_node_is_watched(eviction, watched):
    alarms = {name for name, resource in on_elasticache(eviction=eviction).items() if resource.type.endswith(":MetricAlarm")}
    assert alarms == {f"carts-{role}-{node}" for role in watched for node in (1, 2)}


@pytest.mark.parametrize(("environment", "tls"), [("dev", "false"), ("production", "true")])
def test_a_consumer_has_the_same_variables_in_both_places(environment, tls):
    made = reach.connection(plan(environment), "read", "CART_ADDR", "address", address=ADDRESS, secret="s", clients="sg")
    assert made.variables == {
        "CART_ADDR": ADDRESS,
        "CART_USER": "read",
        "CART_PASSWORD": SecretValue("s", "password"),
        "CART_TLS": tls,
    }
    assert (made.port, made.security_groups) == ((6379, ()) if tls == "false" else (None, ("sg",)))
    assert [(way.cidr, way.port) for way in made.egress] == ([] if tls == "false" else [("10.20.0.0/16", 6379)])


@pytest.mark.parametrize("form", ["url", "stackexchange"])
def test_a_client_of_one_variable_gets_everything_in_it_by_reference(form):
    made = reach.connection(plan(), "read", "REDIS", form, address=ADDRESS, secret="s")
    assert made.variables == {"REDIS": SecretValue("s", form)}


@pytest.mark.parametrize(
    ("environment", "url", "options"),
    [
        ("dev", "redis://read:pw@host:6379/0", "host:6379,user=read,password=pw,ssl=false,abortConnect=false"),
        ("production", "rediss://read:pw@host:6379/0", "host:6379,user=read,password=pw,ssl=true,abortConnect=false"),
    ],
)
def test_each_form_carries_the_login(environment, url, options):
    assert reach.written(plan(environment), "host", "read", "pw") == {"password": "pw", "url": url, "stackexchange": options}


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (lambda: CacheSpec(memory_mib=8), r"CacheSpec\.memory_mib: 8 is refused: .* for example memory_mib=512"),
        (lambda: CacheSpec(memory=64), r"CacheSpec\.memory: no such field; did you mean 'memory_mib'\?"),
        (
            lambda: CacheSpec(eviction="lru"),
            r"CacheSpec\.eviction: 'lru' is refused: .*'allkeys-lru'.* for example eviction='volatile-lru'",
        ),
        (lambda: CacheSpec(runs_on="redis"), r"CacheSpec\.runs_on: 'redis' is refused: .* for example runs_on='elasticache'"),
        (
            lambda: reach.connection(plan(), "read", "REDIS", "address", address=ADDRESS, secret="s"),
            r"shop\.carts\.connection: variable 'REDIS' is refused: .* for example 'REDIS_ADDR'",
        ),
        (
            lambda: reach.connection(plan(), "read", "REDIS_URL", "uri", address=ADDRESS, secret="s"),
            r"shop\.carts\.connection: form 'uri' is refused: use 'address' or 'url' or 'stackexchange'",
        ),
    ],
)
def test_bad_input_is_refused_with_its_place(program, sentence):
    with pytest.raises(SpecError, match=sentence):
        program()
