"""Properties to requests: whatever comes in, botocore's own validator accepts it, or one sentence says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_sandbox.plugins.aws import requests
from idp_sandbox.plugins.aws.kinds import KINDS
from idp_sandbox.plugins.aws.lifecycle import Resource
from idp_sandbox.plugins.aws.shapes import at, from_pairs, property_name, put
from idp_sandbox.plugins.values import UNKNOWN

INPUTS = {token: sorted(requests.inputs_of(kind)) for token, kind in KINDS.items()}  # loads the models, which takes a second
SCALARS = st.none() | st.booleans() | st.integers(-5, 10**6) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6
)


@st.composite
def wild_inputs(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A type, and values of any form for some of its inputs."""
    token = draw(st.sampled_from(sorted(KINDS)))
    names = draw(st.lists(st.sampled_from(INPUTS[token]), max_size=6, unique=True))
    return token, {name: draw(VALUES) for name in names}


@settings(max_examples=400)
@given(wild_inputs())
def test_a_request_has_the_form_that_botocore_wants_or_is_refused_with_its_place(case: tuple[str, dict[str, Any]]) -> None:
    token, inputs = case
    kind = KINDS[token]
    refused = [error for error in requests.check(token, kind, inputs) if "is required by" not in str(error)]
    places = {error.place.split(".")[0].split("[")[0] for error in refused}
    assert places <= {*inputs, "tags"}
    if refused:
        return
    request = requests.request(kind, kind.create, {**inputs, "tagsAll": {"a": "b"}})
    report = ParamValidator().validate(request, requests.operation(kind, kind.create))
    kinds = {what for what, _, _ in report._errors}
    assert not kinds & {"invalid type", "unknown field", "invalid jsonvalue"}, report.generate_report()


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=5))
def test_tags_come_back_as_they_were(tags: dict[str, str]) -> None:
    for token in ("aws:iam/role:Role", "aws:sqs/queue:Queue", "aws:kms/key:Key", "aws:sns/topic:Topic", "aws:s3/bucket:Bucket"):
        kind = KINDS[token]
        assert kind.tags is not None
        members = requests.tag_members(kind, kind.tags.tag, tags)
        value = next(iter(members.values()))
        assert from_pairs(value.get("TagSet", value) if isinstance(value, dict) else value) == tags


@given(st.lists(st.sampled_from(["a", "b", "[0]"]), min_size=1, max_size=5), SCALARS.filter(lambda value: value is not None))
def test_what_is_put_at_a_path_is_found_there(parts: list[str], value: Any) -> None:
    path = "root" + "".join(part if part.startswith("[") else f".{part}" for part in parts)
    target: dict[str, Any] = {}
    put(target, path, value)
    assert at(target, path) == value


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("DBSubnetGroupName", "dbSubnetGroupName"),
        ("QueueUrl", "queueUrl"),
        ("MultiAZ", "multiAZ"),
        ("ARN", "arn"),
        ("KmsKeyId", "kmsKeyId"),
        ("logGroupName", "logGroupName"),
    ],
)
def test_members_have_the_names_of_the_sdk(member: str, name: str) -> None:
    assert property_name(member) == name


def test_unknown_values_pass_through() -> None:
    kind = KINDS["aws:rds/instance:Instance"]
    inputs = {
        "identifier": "orders",
        "engine": UNKNOWN,
        "allocatedStorage": UNKNOWN,
        "vpcSecurityGroupIds": [UNKNOWN],
        "instanceClass": "db.t4g.micro",
    }
    assert not list(requests.check("aws:rds/instance:Instance", kind, inputs))


@pytest.mark.parametrize(
    ("token", "inputs", "sentence"),
    [
        ("aws:sqs/queue:Queue", {"name": "a", "visibilityTimeout": 3}, "visibilityTimeout: is no property of aws:sqs/queue:Queue"),
        ("aws:iam/role:Role", {"name": "a"}, "assumeRolePolicy: is required by iam CreateRole"),
        ("aws:s3/bucket:Bucket", {"bucket": "a", "region": "moon"}, "region: 'moon' is refused: use one of"),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "a", "versioningConfiguration": {"status": "On"}},
            "versioningConfiguration.status: 'On' is refused: use one of Enabled, Suspended",
        ),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "a", "versioningConfiguration": {"state": "Enabled"}},
            "versioningConfiguration.state: is no property of the offline provider; did you mean 'status'?",
        ),
    ],
)
def test_bad_inputs_name_their_place(token: str, inputs: dict[str, Any], sentence: str) -> None:
    found = [str(error) for error in requests.check(token, KINDS[token], inputs)]
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_two_ways_to_write_a_document_are_one() -> None:
    kind = KINDS["aws:iam/policy:Policy"]
    written = json.dumps({"Version": "2012-10-17", "Statement": []}, indent=4)
    assert requests.normal(kind, "policy", written) == requests.normal(kind, "policy", '{"Statement":[],"Version":"2012-10-17"}')


def test_a_wrong_value_is_not_shown_since_it_may_be_a_secret() -> None:
    kind = KINDS["aws:rds/instance:Instance"]
    inputs = {"identifier": "a", "engine": "postgres", "instanceClass": "b", "allocatedStorage": "hunter2"}
    found = [str(error) for error in requests.check("aws:rds/instance:Instance", kind, inputs)]
    assert found == ["allocatedStorage: this text is refused: use a number, for example 10"]


def test_what_a_killed_update_left_without_its_address_is_found_by_its_id():
    queue = Resource(KINDS["aws:sqs/queue:Queue"], lambda *_: {}, "eu-central-1")  # type: ignore[arg-type]
    url = "https://sqs.example.com/123456789012/jobs"
    assert queue.known({"name": "jobs"}, url) == {"name": "jobs", "url": url}
    assert queue.known({"name": "jobs", "url": "its own"}, url)["url"] == "its own"
