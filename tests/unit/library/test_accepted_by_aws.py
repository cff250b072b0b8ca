"""Whatever the platform accepts, AWS' own model takes: names of properties, types, and what is required."""

import json

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.library.test_cache import PASSWORDS, VPC

from idp_components.bucket import resources as bucket
from idp_components.cache import resources as cache
from idp_components.cache.reach import Plan
from idp_components.core.aws import Json, Ref
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.queue import resources as queue
from idp_components.topic import resources as topic
from idp_sandbox.plugins.aws.kinds import KINDS
from idp_sandbox.plugins.aws.naming import named
from idp_sandbox.plugins.aws.requests import check

TOPICS = {"placed": "arn:aws:sns:eu-central-1:123456789012:placed"}
BUILDS = {
    "queue": (strategies.queues, lambda name, spec, context: queue.queue(name, spec, context, {} if spec.fifo else TOPICS)),
    "topic": (strategies.topics, topic.topic),
    "bucket": (strategies.buckets, bucket.bucket),
    "cache": (strategies.caches, lambda name, spec, context: cache.cache(Plan(name, spec, context), PASSWORDS)),
}
contexts = st.sampled_from([*PROFILES, "pr-42"]).map(
    lambda environment: Context.of(f"shop-{environment}", {"domain": "example.com", "log_bucket": "logs-of-the-shop", **VPC})
)


def plain(value):
    """A property as it is once AWS has decided what it refers to."""
    if isinstance(value, Ref):
        return "decided"
    if isinstance(value, Json):
        return json.dumps(plain(value.document))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("path", BUILDS)
@given(data=st.data())
@settings(max_examples=60)
def test_every_accepted_spec_makes_what_aws_takes(path, data):
    specs, build = BUILDS[path]
    built = build(data.draw(strategies.names), data.draw(specs), data.draw(contexts))
    assert len({resource.name for resource in built}) == len(built)
    for resource in built:
        kind = KINDS[resource.type]
        inputs = named(kind, {**kind.defaults, **plain(resource.properties)}, resource.name, {}, b"seed")
        assert [str(problem) for problem in check(resource.type, kind, inputs)] == []


def test_what_aws_does_not_know_is_found():
    kind = KINDS["aws:sqs/queue:Queue"]
    assert [error.place for error in check("aws:sqs/queue:Queue", kind, {"name": "a", "visibilityTimeout": 30})] == ["visibilityTimeout"]
