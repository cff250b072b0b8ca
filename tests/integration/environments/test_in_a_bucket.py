"""Environments whose stacks are in a bucket, as a company's are: the same commands, and nothing of them left in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest
from integration.environments.conftest import Previews

BUCKET = "company-stacks"
NAME = "small-pr-7"
LATER = "2100-01-01T00:00:00Z"


@pytest.fixture
def backend(previews: Previews) -> Iterator[str]:
    """Address of a bucket of the test's own."""
    s3, endpoint = previews.aws("s3"), urlsplit(previews.env["AWS_ENDPOINT_URL"])
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": previews.env["AWS_REGION"]})
    options = {"endpoint": endpoint.netloc, "disableSSL": "true", "s3ForcePathStyle": "true", "region": previews.env["AWS_REGION"]}
    yield f"s3://{BUCKET}?{urlencode(options)}"
    for key in keys(previews):
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)


def keys(previews: Previews) -> list[str]:
    return [found["Key"] for found in previews.aws("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def test_an_environment_is_made_moved_found_and_reaped_from_stacks_in_a_bucket(previews: Previews, backend: str) -> None:
    before, env = previews.everything(), {"PULUMI_BACKEND_URL": backend}
    said = previews.json("create", NAME, "--owner", "alice", "--ttl-hours", "24", **env)
    assert said["stacks"][0]["succeeded"]
    assert [key for key in keys(previews) if f"/{NAME}." in key]
    assert previews.json("list")[0]["state"] == "orphan", "the sandbox's own backend knows nothing of it"
    assert [each["state"] for each in previews.json("list", **env)] == ["running"]
    extended = previews.json("extend", NAME, "--hours", "12", **env)
    assert datetime.fromisoformat(extended["ends_at"]) > datetime.fromisoformat(said["ends_at"])
    assert previews.json("reap", "--now", datetime.now(UTC).isoformat(), "--yes", **env)[0]["became"] == "left"
    assert previews.json("reap", "--now", LATER, "--yes", **env)[0]["became"] == "done"
    assert [key for key in keys(previews) if NAME in key] == []
    assert previews.everything() == before
