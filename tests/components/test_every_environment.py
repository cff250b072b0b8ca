"""The golden paths that make data on AWS, together in one stack of each environment, please every rule that counts there."""

import pytest
from accepted import CLUSTER

from idp_components import Bucket, Cache, CacheSpec, Context, Database, DatabaseSpec, Queue, Topic
from idp_components.testing import run

ENVIRONMENTS = ["dev", "staging", "production", "pr-42", "user-alice"]


def shop(environment):
    where = Context.of(f"shop-{environment}", CLUSTER)
    Database("orders", DatabaseSpec(engine="postgres", runs_on="rds", read_replicas=1), context=where)
    Database("users", DatabaseSpec(engine="mysql", runs_on="rds"), context=where)
    Cache("carts", CacheSpec(), context=where)
    for name in ("placed", "sent"):
        Queue(name, context=where)
        Topic(f"{name}-topic", context=where)
        Bucket(f"{name}-photos", context=where)
    where.ledger.close()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_found_in_what_there_is(environment):
    recording = run(lambda: shop(environment), stack_name=f"shop-{environment}")
    assert [finding.message for finding in recording.findings()] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_preview_only_waits_for_policies_that_name_what_they_belong_to(environment):
    recording = run(lambda: shop(environment), stack_name=f"shop-{environment}", preview=True)
    assert [finding.message for finding in recording.findings() if not finding.undecided] == []
    assert {finding.path.partition(".")[0] for finding in recording.findings()} <= {"policy", "assumeRolePolicy"}


def test_what_a_preview_makes_at_aws_says_how_long_it_stays():
    tags = [resource.props["tags"] for resource in run(lambda: shop("pr-42")).resources if "tags" in resource.props]
    assert {each["idp/expires-after-hours"] for each in tags} == {"72"}
    assert not [each for each in run(lambda: shop("dev")).resources if "idp/expires-after-hours" in each.props.get("tags", {})]
