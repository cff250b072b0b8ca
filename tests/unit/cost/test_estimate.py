"""What resources use, what that costs, and what nobody knows."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp_components import Bucket, Cache, CacheSpec, Context, Database, DatabaseSpec, Queue, QueueSpec, Topic
from idp_components.core.quantity import quantity
from idp_components.core.spec import SpecError
from idp_components.cost.cluster import pods
from idp_components.cost.estimate import difference, estimate
from idp_components.cost.exported import exported_items, of_state, region_of
from idp_components.cost.prices import HOURS_PER_MONTH, MEMORY, VCPU, table
from idp_components.cost.usage import Item
from idp_components.testing import plain, run

REGION = "eu-central-1"
NETWORK = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "subnet_ids": ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
    "vpc_cidr": "10.20.0.0/16",
    "cluster_security_group": "sg-0a1b2c3d4e5f60718",
    "oidc_provider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE",
}


def container(cpu=None, memory=None, limits=None, **more):
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"name": "c", "resources": {"requests": requests, "limits": limits or {}}, **more}


def workload(kind="Deployment", name="web", pod=None, **spec):
    inner = {"template": {"spec": pod or {"containers": [container("250m", "512Mi")]}}}
    said = {"jobTemplate": {"spec": inner}} if kind == "CronJob" else inner
    return obj(kind, name, {**said, **spec})


def obj(kind, name, spec):
    return Item(f"kubernetes:apps/v1:{kind}", name, name, {"kind": kind, "metadata": {"name": name, "namespace": "shop-dev"}, "spec": spec})


def aws(kind, name="it", owner="shop", **properties):
    return Item(f"aws:{kind}", name, owner, properties)


def estimated(*items):
    return estimate("shop-dev", items, REGION, table())


def made(program, environment="production"):
    recording = run(lambda: program(Context.of(f"shop-{environment}", {"domain": "example.com", **NETWORK})))
    return [Item(r.type, r.name, "shop", plain(r.props)) for r in recording.resources if r.custom]


def used(*items):
    return {line.usage.key: line.usage.quantity for line in estimated(*items).lines}


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", 0.25), ("2", 2), ("1.5Gi", 1.5 * 1024**3), ("2e3", 2000), ("1E", 1e18), (".5", 0.5), ("100M", 1e8), (3, 3), (0.5, 0.5)],
)
def test_quantities_are_read_as_kubernetes_reads_them(text, number):
    assert quantity(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "Gi", "1e3Gi", "1 Gi", "[unknown]", None, True, {}])
def test_what_is_no_quantity_is_unknown(text):
    assert quantity(text) is None


@given(st.integers(0, 10**9))
def test_milli_and_whole_agree(number):
    assert Decimal(str(quantity(f"{number}m"))) == pytest.approx(Decimal(number) / 1000)


def test_a_deployment_costs_what_its_pods_ask_for():
    keys = used(workload(replicas=2))
    assert keys == {VCPU: 2 * 0.25 * HOURS_PER_MONTH, MEMORY: 2 * 0.5 * HOURS_PER_MONTH}
    found = estimated(workload(replicas=2))
    expected = sum(table().price(REGION, key).usd * amount for key, amount in keys.items())
    assert found.usd_per_month == pytest.approx(expected)
    assert found.usd(HOURS_PER_MONTH / 2) == pytest.approx(expected / 2)


def test_an_autoscaler_counts_scaled_in_and_says_how_far_it_may_go():
    target = {"kind": "Deployment", "name": "web"}
    scaler = obj("HorizontalPodAutoscaler", "web", {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 10})
    found = estimated(workload(), scaler)
    assert {line.usage.quantity for line in found.lines if line.usage.key == VCPU} == {3 * 0.25 * HOURS_PER_MONTH}
    assert {line.usage.note for line in found.lines} == {"scaled in; at most 10 pods"}
    assert found.demand.pods == 3


def test_a_pod_asks_for_its_containers_or_for_the_greediest_that_runs_before_them():
    (found,) = pods([workload(pod={"containers": [container("100m")] * 2, "initContainers": [container("500m")]})], table().assumptions)
    assert found.cores == 0.5
    beside = container("300m", restartPolicy="Always")
    (found,) = pods([workload(pod={"containers": [container("100m")] * 2, "initContainers": [beside]})], table().assumptions)
    assert found.cores == pytest.approx(0.5)


def test_a_container_that_asks_for_nothing_gets_its_limit_or_the_rooms_default():
    (found,) = pods([workload(pod={"containers": [container(limits={"cpu": "1"})]})], table().assumptions)
    assert (found.cores, found.memory_gib) == (1, 0.125)


def test_jobs_count_the_hours_that_are_assumed():
    assumed = table().assumptions
    assert used(workload("CronJob"))[VCPU] == 0.25 * assumed.job_hours
    assert used(workload("Job"))[VCPU] == 0.25 * assumed.once_hours


def test_nobody_knows_how_many_nodes_a_daemon_set_has():
    found = estimated(workload("DaemonSet"))
    assert {line.why_unknown for line in found.unknown} == {"one pod on each node"}
    assert found.usd_per_month == 0


def test_volumes_count_wherever_they_are_claimed():
    claim = {"spec": {"resources": {"requests": {"storage": "5Gi"}}}}
    assert used(obj("PersistentVolumeClaim", "data", claim["spec"]))["ebs/gp3"] == 5
    found = estimated(workload("StatefulSet", replicas=3, volumeClaimTemplates=[claim]))
    assert {line.usage.quantity for line in found.lines if line.usage.key == "ebs/gp3"} == {15}
    assert found.demand.storage_gib == 15


def test_a_database_in_two_zones_costs_twice_and_its_backups_are_unknown():
    def alone(where):
        Database("orders", DatabaseSpec(engine="postgres", storage_gib=100), context=where)

    found = estimated(*made(alone))
    amounts = {line.usage.key: line.usage.quantity for line in found.lines}
    assert (amounts["rds/db.m7g.large"], amounts["rds/gp3"], amounts["secretsmanager/secret"]) == (2 * HOURS_PER_MONTH, 200, 1)
    assert {line.usage.key for line in found.unknown} == {"rds/backup", "cloudwatch/logs"}
    staging = {line.usage.key: line.usage.quantity for line in estimated(*made(alone, "staging")).lines}
    assert (staging["rds/db.t4g.medium"], staging["rds/gp3"]) == (HOURS_PER_MONTH, 100)


def test_a_replica_has_the_storage_of_what_it_copies():
    def declare(where):
        Database("orders", DatabaseSpec(engine="postgres", storage_gib=50, read_replicas=1), context=where)

    found = estimated(*made(declare, "staging"))
    assert [line.usage.quantity for line in found.lines if line.usage.key == "rds/gp3"] == [50, 50]


def test_a_cache_costs_each_of_its_nodes():
    found = estimated(*made(lambda where: Cache("carts", CacheSpec(memory_mib=256), context=where)))
    assert {line.usage.quantity for line in found.lines if line.usage.key == "elasticache/valkey/cache.t4g.micro"} == {2 * HOURS_PER_MONTH}


def test_the_golden_paths_make_nothing_whose_cost_was_forgotten():
    def everything(where):
        Database("orders", DatabaseSpec(engine="mysql", read_replicas=1), context=where)
        Cache("carts", CacheSpec(), context=where)
        Queue("jobs", QueueSpec(fifo=True), context=where)
        Topic("placed", context=where)
        Bucket("photos", context=where)

    items = made(everything)
    assert {item.type for item in items} > {"aws:s3/bucketPolicy:BucketPolicy", "aws:sqs/queue:Queue", "aws:sns/topic:Topic"}
    assert [line.usage.what for line in estimated(*items).lines if line.usage.key.startswith("aws:")] == []


@given(st.from_regex(r"(gcp|azure-native|aws):[a-z]{3,8}/[a-z]{3,8}x:[A-Z][a-z]{2,8}", fullmatch=True))
def test_a_type_that_nobody_knows_is_listed_and_never_free(token):
    found = estimated(Item(token, "thing", "shop", {}))
    assert [(line.usd, line.why_unknown) for line in found.unknown] == [(None, f"no price of {token}")]


def test_a_class_without_a_price_is_listed_and_no_part_of_the_sum():
    found = estimated(aws("rds/instance:Instance", instanceClass="db.x2g.large", engine="postgres", allocatedStorage=20, storageType="gp3"))
    assert [line.why_unknown for line in found.unknown] == ["no price of rds/db.x2g.large"]
    assert found.usd_per_month == pytest.approx(20 * table().price(REGION, "rds/gp3").usd)


def test_a_value_that_is_not_known_yet_is_unknown_and_not_zero():
    found = estimated(aws("elasticache/replicationGroup:ReplicationGroup", nodeType="cache.t4g.micro", engine="valkey"))
    assert len(found.unknown) == 1


def test_a_region_without_prices_is_refused_with_those_that_there_are():
    with pytest.raises(SpecError, match="region 'mars-north-1': the price table has none of its prices; it has eu-central-1, us-east-1"):
        estimate("shop-dev", [], "mars-north-1", table())


def test_the_region_is_the_stacks_then_that_of_its_cluster_then_the_shells():
    issuer = {"idp:oidcProvider": NETWORK["oidc_provider"].replace("eu-central-1", "us-east-1")}
    assert region_of({"aws:region": "eu-west-1", **issuer}, {}) == "eu-west-1"
    assert region_of(issuer, {"AWS_REGION": "eu-west-1"}) == "us-east-1"
    assert region_of({}, {"AWS_REGION": "eu-west-1"}) == "eu-west-1"
    assert region_of({}, {}) == "eu-central-1"


sizes = st.dictionaries(st.sampled_from(["web", "api", "jobs"]), st.integers(1, 9))


@given(sizes, sizes)
def test_a_difference_adds_up_and_is_the_opposite_seen_from_the_other_side(ours, theirs):
    here, there = (estimated(*(workload(name=name, replicas=count) for name, count in said.items())) for said in (ours, theirs))
    changes = difference(here, there)
    assert sum(change.more for change in changes) == pytest.approx(here.usd_per_month - there.usd_per_month)
    assert {change.owner: change.more for change in changes} == {
        change.owner: pytest.approx(-change.more) for change in difference(there, here)
    }


def test_exported_state_counts_what_is_there_and_not_what_is_being_deleted():
    stack, component = "urn:pulumi:shop-dev::idp::pulumi:pulumi:Stack::idp-shop-dev", "urn:pulumi:shop-dev::idp::idp:index:Queue::orders"
    queue = {"type": "aws:sqs/queue:Queue", "custom": True, "inputs": {"fifoQueue": True}, "parent": component}
    state = {
        "deployment": {
            "resources": [
                {"urn": stack, "type": "pulumi:pulumi:Stack"},
                {"urn": component, "type": "idp:index:Queue", "parent": stack},
                {"urn": f"{component}$aws:sqs/queue:Queue::orders", **queue},
                {"urn": f"{component}$aws:sqs/queue:Queue::old", **queue, "delete": True},
            ]
        }
    }
    (item,) = exported_items(state)
    assert (item.owner, item.name) == ("orders", "orders")
    assert used(item) == {"sqs/fifo": table().assumptions.sqs_requests}


def test_a_chart_in_a_state_is_listed_since_the_state_does_not_say_what_it_makes():
    found = estimated(Item("kubernetes:helm.sh/v3:Release", "search", "search", {"chart": "search", "values": {}}))
    assert [line.why_unknown for line in found.unknown] == ["a state doesn't say what a chart makes; the stack's name does"]


def test_a_state_says_in_which_region_it_is():
    provider = {"urn": "urn:pulumi:shop-dev::idp::pulumi:providers:aws::default", "type": "pulumi:providers:aws", "custom": True}
    state = {"deployment": {"resources": [{**provider, "inputs": {"region": "us-east-1"}}]}}
    assert of_state("shop-dev", state, table()).region == "us-east-1"
    assert of_state("shop-dev", state, table(), REGION).region == REGION


def test_uffizzis_virtual_cluster_costs_its_volume_and_what_nobody_knows():
    found = estimated(obj("UffizziCluster", "pr-42", {"storage": {"size": "5Gi"}}))
    assert [(line.usage.key, line.usage.quantity) for line in found.lines] == [("ebs/gp3", 5), (VCPU, None)]
