"""Cache under mocks: what it makes in each place, that its passwords stay secret, and what its consumers get."""

import pytest

from idp_components import Cache, CacheSpec, Context, QueueSpec, Service, ServiceSpec, SpecError
from idp_components.rules.field import SecretText
from idp_components.testing import MOCK_PASSWORD, plain, run

SPEC = ServiceSpec(image="registry.example.com/shop/api:v1.0.0", port=8080)
VPC = {
    "vpc_id": "vpc-0a1b2c3d",
    "subnet_ids": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "vpc_cidr": "10.20.0.0/16",
    "cluster_security_group": "sg-0a1b2c3d",
}


def context(environment="dev", **config):
    return Context.of(f"shop-{environment}", {"domain": "example.com", **config})


def shop(where, **fields):
    carts = Cache("carts", CacheSpec(**fields), context=where)
    Service("cart", SPEC, uses=[carts.connection("read-write", "REDIS_ADDR")], context=where)
    Service("report", SPEC, uses=[carts.connection("read", "REDIS_URL", form="url")], context=where)
    where.ledger.close()


def env(recording, workload):
    pod = recording.find("Deployment", workload).props["spec"]["template"]["spec"]
    return {each["name"]: each for each in pod["containers"][0]["env"] if each["name"].startswith("REDIS")}


@pytest.mark.parametrize("environment", ["dev", "production"])
@pytest.mark.parametrize("preview", [True, False])
def test_the_same_lines_work_in_both_places_and_please_every_rule(environment, preview):
    recording = run(lambda: shop(context(environment, **VPC)), stack_name=f"shop-{environment}", preview=preview)
    assert recording.findings() == []
    found = env(recording, "cart")
    assert found.keys() == {"REDIS_ADDR", "REDIS_USER", "REDIS_PASSWORD", "REDIS_TLS"}
    assert (found["REDIS_USER"]["value"], found["REDIS_TLS"]["value"]) == ("read-write", "true" if environment == "production" else "false")
    secret = recording.find("Secret", "carts-read-write").props["metadata"]["name"]
    assert found["REDIS_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": secret, "key": "password"}
    secret = recording.find("Secret", "carts-read").props["metadata"]["name"]
    assert env(recording, "report")["REDIS_URL"]["valueFrom"]["secretKeyRef"] == {"name": secret, "key": "url"}
    kinds = {resource.kind for resource in recording.resources}
    assert ("ReplicationGroup" in kinds) == (environment == "production")
    policies = {resource.name for resource in recording.resources if resource.kind == "NetworkPolicy"}
    assert ("cart-to-carts" in policies) == (environment == "dev")


def test_an_address_is_host_and_port_in_both_places():
    assert env(run(lambda: shop(context())), "cart")["REDIS_ADDR"]["value"] == "carts.shop-dev.svc.cluster.local:6379"
    there = run(lambda: shop(context("production", **VPC)))
    assert env(there, "cart")["REDIS_ADDR"]["value"] == "carts.elasticache.example.com:6379"


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_passwords_are_secret_wherever_they_stand(environment):
    recording = run(lambda: shop(context(environment, **VPC)))
    shown = [resource for resource in recording.resources if MOCK_PASSWORD in str(plain(resource.props))]
    assert shown == []
    assert isinstance(recording.find("Secret", "carts-read").props["stringData"]["url"], SecretText)


def test_pods_of_consumers_alone_join_the_group_that_the_cache_lets_in():
    recording = run(lambda: shop(context("production", **VPC)))
    rules = {resource.kind: resource.props for resource in recording.resources if resource.kind.endswith("gressRule")}
    server, clients = ({"securityGroupId": f"carts-{role}-id"} for role in ("cache", "clients"))
    assert server.items() <= rules["SecurityGroupIngressRule"].items()
    assert rules["SecurityGroupIngressRule"]["referencedSecurityGroupId"] == "carts-clients-id"
    assert clients.items() <= rules["SecurityGroupEgressRule"].items()
    groups = {resource.name: resource.props["spec"] for resource in recording.resources if resource.kind == "SecurityGroupPolicy"}
    assert groups.keys() == {"cart", "report"}
    assert all(spec["securityGroups"] == {"groupIds": ["sg-0a1b2c3d", "carts-clients-id"]} for spec in groups.values())


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (lambda: shop(context("production")), r"shop\.carts: needs config idp:vpcId, which is missing: .* For example"),
        (
            lambda: Cache("a", context=context()).connection("own", "A_ADDR"),
            r"shop\.a\.connection: access 'own' is refused: use 'read' or 'read-write'",
        ),
        (lambda: Cache("a", QueueSpec(), context=context()), r"shop\.a: the spec is a QueueSpec: use CacheSpec"),
        (
            lambda: (Service("a", SPEC, context=(c := context())), Cache("a", context=c)),
            r"shop\.a: the name is taken by another Service of this stack",
        ),
    ],
)
def test_bad_input_is_refused_with_its_place(program, sentence):
    with pytest.raises(SpecError, match=sentence):
        run(program)
