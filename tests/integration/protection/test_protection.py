"""What holds data outlives its stack where the profile says so, until somebody lets it go on purpose; previews go at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from integration.conftest import Project

PROGRAM = """
import pulumi
from idp_components import Bucket, Context

context = Context.of({stack!r}, {{"domain": "example.com"}})
options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=old) for old in {aliases!r}])
made = Bucket({name!r}, context=context, opts=options)
pulumi.export("bucket", made.bucket)
"""


class Photos:
    """A project with one bucket, which holds a file."""

    def __init__(self, project: Callable[..., Project], environment: str) -> None:
        self.stack = f"test-{uuid.uuid4().hex[:8]}-{environment}"
        self.project = project(self.named("photos"))
        env = self.project.env
        self.s3 = boto3.client(
            "s3",
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )
        self.project.up()
        self.bucket = self.project.outputs()["bucket"]
        self.call("PutBucketPolicy", Policy='{"Version": "2012-10-17", "Statement": []}')  # the real one refuses us, who come without TLS
        self.call("PutObject", Key="cat", Body=b"meow")

    def named(self, name: str, *aliases: str) -> str:
        return PROGRAM.format(stack=self.stack, name=name, aliases=aliases)

    def call(self, operation: str, **members: Any) -> Any:
        return self.s3._make_api_call(operation, {"Bucket": self.bucket, **members})

    def is_whole(self) -> bool:
        """Whether the file is there, and the walls around it."""
        closed = self.call("GetPublicAccessBlock")["PublicAccessBlockConfiguration"]
        encrypted = self.call("GetBucketEncryption")["ServerSideEncryptionConfiguration"]["Rules"]
        versioned = self.call("GetBucketVersioning")["Status"]
        return (
            self.call("GetObject", Key="cat")["Body"].read() == b"meow"
            and all(closed.values())
            and bool(encrypted)
            and versioned == "Enabled"
        )

    def empty(self) -> None:
        for version in self.call("ListObjectVersions").get("Versions", ()):
            self.call("DeleteObject", Key=version["Key"], VersionId=version["VersionId"])


def test_production_keeps_its_data_until_it_is_let_go_on_purpose(project: Callable[..., Project]) -> None:
    photos = Photos(project, "production")
    run = photos.project.pulumi
    resources = photos.project.resources()
    for options in (("--yes",), ("--yes", "--skip-preview")):
        refused = run("destroy", *options, check=False)
        assert refused.returncode != 0
        assert "because it is protected" in refused.stdout + refused.stderr
        assert "pulumi state unprotect" in refused.stdout + refused.stderr
        assert photos.project.resources().keys() == resources.keys()
        assert photos.is_whole()

    photos.project.write(photos.named("pictures"))
    refused = run("up", "--yes", check=False)
    assert refused.returncode != 0
    assert "because it is protected" in refused.stdout + refused.stderr
    assert photos.project.resources().keys() == resources.keys()

    photos.project.write(photos.named("pictures", "photos"))
    photos.project.up()
    assert photos.project.outputs()["bucket"] == photos.bucket
    assert {name.rsplit(" ", 1)[-1].split("-")[0] for name in photos.project.resources()} >= {"pictures"}
    photos.project.up("--expect-no-changes")
    photos.project.pulumi("state", "unprotect", "--all", "--yes")
    refused = run("destroy", "--yes", check=False)
    assert "BucketNotEmpty" in refused.stdout + refused.stderr
    assert photos.call("GetObject", Key="cat")["Body"].read() == b"meow"
    photos.empty()
    run("destroy", "--yes", "--skip-preview")
    with pytest.raises(photos.s3.exceptions.ClientError, match="NoSuchBucket"):
        photos.call("ListObjectsV2")


def test_a_preview_goes_without_asking(project: Callable[..., Project]) -> None:
    photos = Photos(project, "pr-7")
    photos.project.pulumi("destroy", "--yes", "--skip-preview")
    with pytest.raises(photos.s3.exceptions.ClientError, match="NoSuchBucket"):
        photos.call("ListObjectsV2")
