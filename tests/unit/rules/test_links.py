"""Which companion belongs to which resource, before an update and after it."""

import pytest

from idp_components.rules import UNKNOWN
from idp_components.rules.links import companions
from idp_components.rules.model import Resource, Stack

BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
PATH = "urn:pulumi:shop-dev::idp::idp:index:Bucket$"


def bucket(name, urn="", **props):
    return Resource(BUCKET, name, props, urn and f"{urn}{BUCKET}::{name}")


def policy(name, reference, urn=""):
    return Resource(POLICY, name, {"bucket": reference}, urn and f"{urn}{POLICY}::{name}")


def found(owner, *resources):
    seen = companions(Stack([owner, *resources]), owner, ("s3/BucketPolicy",), "bucket")
    return [each.name for each in seen.certain], len(seen.possible)


@pytest.mark.parametrize("reference", ["shop-1", "arn:aws:s3:::shop-1"])
def test_a_known_name_decides(reference):
    owner = bucket("shop", bucket="shop-1")
    assert found(owner, bucket("logs", bucket="logs-1"), policy("mine", reference), policy("other", "logs-1")) == (["mine"], 0)


def test_the_only_owner_has_what_is_made_with_it():
    assert found(bucket("shop"), policy("mine", UNKNOWN)) == (["mine"], 0)


def test_among_several_nobody_knows():
    assert found(bucket("shop"), bucket("logs"), policy("shop-policy", UNKNOWN)) == ([], 1)


def test_inside_golden_paths_the_name_tells():
    owner, others = bucket("shop", PATH), [bucket("shop-logs", PATH), policy("shop-logs-policy", UNKNOWN, PATH)]
    assert found(owner, *others, policy("shop-policy", UNKNOWN, PATH)) == (["shop-policy"], 0)


def test_what_is_inside_a_golden_path_belongs_to_nobody_outside():
    assert found(bucket("raw", "urn:pulumi:shop-dev::idp::"), bucket("shop", PATH), policy("shop-policy", UNKNOWN, PATH)) == ([], 0)


def test_a_reference_that_nobody_has_may_be_to_the_name_that_pulumi_gives():
    assert found(bucket("shop"), policy("mine", "shop-4f2a1b9")) == (["mine"], 0)
    assert found(bucket("shop"), bucket("logs"), policy("one", "logs-4f2a1b9")) == ([], 1)


def test_the_whole_reference_goes_before_its_last_word_and_the_name_at_aws_before_the_programs():
    owner, other = bucket("logs", bucket="acme/one"), bucket("one", bucket="logs")
    assert found(owner, other, policy("mine", "acme/one"), policy("other", "logs")) == (["mine"], 0)
    assert found(other, owner, policy("mine", "acme/one"), policy("other", "logs")) == (["other"], 0)


def test_a_reference_may_stand_in_a_list():
    owners = bucket("shop", id="shop-1"), bucket("logs", id="logs-1")
    several = Resource(POLICY, "several", {"rules": [{"buckets": ["mail-1"]}, {"buckets": ["logs-1"]}]})
    seen = [companions(Stack([*owners, several]), owner, ("s3/BucketPolicy",), "rules", "buckets") for owner in owners]
    assert [[each.name for each in companion.certain] for companion in seen] == [[], ["several"]]
