"""What becomes of each resource of a stack in an environment that is derived from it: both composed by the same file, under mocks."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from accepted import CLUSTER

from idp_components import Bucket, Cache, CacheSpec, Context, Database, DatabaseSpec, Expose, Queue, Service, ServiceSpec, SpecError, Team
from idp_components.cost.estimate import estimate
from idp_components.cost.prices import table
from idp_components.cost.stacks import items_of
from idp_components.environments.carried import Carried, Source
from idp_components.environments.derivation import Derivation, document, parts
from idp_components.environments.inventory import Stack
from idp_components.environments.plan import plan
from idp_components.testing import run

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"
SPEC = ServiceSpec(image="registry.example.com/shop/web:v1.0.0", port=8080, expose=Expose())


def shop(stack, *, only_there=False, only_here=False):
    where = Context.of(stack, CLUSTER)
    orders, jobs = Database("orders", DatabaseSpec(engine="postgres"), context=where), Queue("jobs", context=where)
    carts, images = Cache("carts", CacheSpec(), context=where), Bucket("images", context=where)
    uses = [orders.connection("read-write"), jobs.connection("send", "JOBS"), images.connection("read", "IMAGES")]
    Service(
        "web", SPEC, uses=[*uses, carts.connection("read-write", "CARTS_ADDR")], secrets={"API_KEY": "s3cret-0f-production"}, context=where
    )
    if only_there:
        Service("legacy", SPEC, context=where)
        Team("shop", context=where)
    if only_here:
        Service("fresh", SPEC, context=where)


@pytest.fixture(scope="module")
def derived():
    there = run(lambda: shop("shop-production", only_there=True), stack_name="shop-production")
    here = run(lambda: shop("shop-pr-42", only_here=True), stack_name="shop-pr-42")
    listed = [{"urn": each.urn, "type": each.type, "parent": each.parent, "custom": each.custom, "inputs": {}} for each in there.resources]
    listed.append({"urn": "urn:pulumi:shop-production::idp::aws:sqs/queue:Queue::by-hand", "type": "aws:sqs/queue:Queue", "custom": True})
    source = Source("shop-production", "production", {}, {"deployment": {"resources": listed}})
    carried = Carried(shared={"images": "arn:aws:s3:::x"})
    costs = [estimate(name, items_of(found, name), REGION, table()) for name, found in (("shop-pr-42", here), ("shop-production", there))]
    return listed, Derivation("shop-production", carried, parts(source, carried, here), *costs)


class World:
    """A backend with one stack, and no environment."""

    backend: ClassVar[Any]

    def find(self, _name, *, at_aws):  # noqa: ARG002  the world's own signature
        return None

    def stacks(self):
        return [Stack("idp", "checkout-staging", "organization/idp/checkout-staging", resources=3)]


World.backend = World()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("catalog-dev", r"--from: 'catalog-dev' is refused: name another stack of team checkout"),
        ("checkout-pr-7", r"--from: 'checkout-pr-7' is refused: name another stack of team checkout"),
        ("checkout-dev", r"there is nothing of a stack 'checkout-dev'; stacks of team checkout that are up: checkout-staging"),
        ("nonsense", r"stack 'nonsense': name it <team>-<environment>"),
    ],
)
def test_a_source_that_can_not_be_is_refused_before_anything_is_made(source, message):
    with pytest.raises(SpecError, match=message):
        plan(World(), "checkout-pr-7", {"owner": "alice", "derivedFrom": source}, ROOT)


def test_each_component_has_one_fate_with_a_reason(derived):
    found = {(part.kind, part.name): (part.becomes, part.why) for part in derived[1].parts}
    assert found == {
        ("Bucket", "images"): ("shared", "read only, that of shop-production"),
        ("Cache", "carts"): ("stand-in", "cache on ElastiCache there, pod without a volume here, without its data"),
        ("Database", "orders"): ("stand-in", "database on RDS there, pod with a volume here, without its data"),
        ("Queue", "by-hand"): ("left out", "the team's file has no such thing for environments that end"),
        ("Queue", "jobs"): ("stand-in", "queue there, queue here, without its data"),
        ("Service", "legacy"): ("left out", "the team's file has no such thing for environments that end"),
        ("Service", "web"): ("copied", "declared anew by the team's file"),
        ("Team", "shop"): ("left out", "the team's file has no such thing for environments that end"),
        ("Service", "fresh"): ("new", "shop-production has none"),
    }


def test_each_resource_of_the_source_is_listed_once_and_secrets_are_drawn_anew(derived):
    listed, found = derived
    resources = [each for part in found.parts if part.becomes != "new" for each in part.resources]
    assert sorted((each.type, each.name) for each in resources) == sorted(
        (each["type"], each["urn"].rsplit("::", 1)[1]) for each in listed if each["custom"]
    )
    (web,) = (part for part in found.parts if part.name == "web")
    fates = {each.type.rsplit(":", 1)[1]: each.becomes for each in web.resources}
    assert (fates["Deployment"], fates["HorizontalPodAutoscaler"], fates["Secret"]) == ("copied", "left out", "stand-in")
    (orders,) = (part for part in found.parts if part.name == "orders")
    assert {each.becomes for each in orders.resources if each.type.startswith("random:")} == {"stand-in"}
    assert {each.becomes for each in orders.resources if each.type.startswith("aws:kms")} == {"left out"}


def test_as_plain_data_it_has_the_costs_there_and_here_and_no_value(derived):
    found = document(derived[1])
    costs = {part["name"]: (part["usd_per_month_there"], part["usd_per_month_here"]) for part in found["parts"]}
    assert costs["orders"][0] > costs["orders"][1] > 0
    assert costs["legacy"][0] > 0 == costs["legacy"][1]
    assert costs["fresh"][1] > 0 == costs["fresh"][0]
    assert found["usd_per_month"] == pytest.approx(sum(here - there for there, here in costs.values()), abs=0.1)
    assert "s3cret-0f-production" not in str(found)
