"""The kinds of connection whose rights are proved: one entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.s3.responses import ACTION_MAP

from idp_components.bucket import resources as bucket
from idp_components.queue import resources as queue
from idp_components.topic import resources as topic
from idp_sandbox.plugins.aws.api import model


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


@dataclass(frozen=True)
class Kind:
    """A golden path that grants rights by its connections."""

    component: str
    """Class of the library; of each, two are made: one that is connected, and another one."""
    service: str
    """AWS service, as botocore names it."""
    levels: Mapping[str, tuple[str, ...]]
    """Actions by level of access."""
    members: Callable[[str], Mapping[str, Any]]
    """Members of requests that name a resource, out of its ARN."""
    resource: Callable[[str, str], str] = lambda _, arn: arn
    """The resource that an action is judged by, out of the action and the ARN."""
    operations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Operations that AWS judges by an action, where it isn't the one of the action's name. The first one has to work."""
    prepare: Callable[[Callable[..., Any], Mapping[str, str]], Mapping[str, Any]] = lambda _, __: {}
    """Makes what the granted operations work on, as the administrator, out of both ARNs; more members."""
    misjudged: frozenset[str] = frozenset()
    """Operations that moto's endpoint judges by another action than AWS does: these only its engine is asked about."""

    def name(self, which: str) -> str:
        """Name of the component."""
        return f"{self.component.lower()}-{which}"

    def works_by(self, action: str) -> tuple[str, ...]:
        """The operations of an action."""
        return self.operations.get(action, (action.partition(":")[2],))


def _message(call: Callable[..., Any], arns: Mapping[str, str]) -> Mapping[str, Any]:
    url = _queue(arns["own"])["QueueUrl"]
    call("SendMessage", QueueUrl=url, MessageBody="for a test")
    return {"ReceiptHandle": call("ReceiveMessage", QueueUrl=url)["Messages"][0]["ReceiptHandle"], "VisibilityTimeout": 1}


def _object(call: Callable[..., Any], arns: Mapping[str, str]) -> Mapping[str, Any]:
    for arn in arns.values():  # their own policies refuse whoever comes without TLS, which is everybody here
        call("DeleteBucketPolicy", Bucket=_last(arn))
    names = _bucket(arns["own"])
    call("PutObject", **names, Body=b"for a test")
    return {"UploadId": call("CreateMultipartUpload", **names)["UploadId"]}


def _queue(arn: str) -> Mapping[str, Any]:
    account, name = arn.split(":")[-2:]
    return {"QueueUrl": f"https://sqs.eu-central-1.amazonaws.com/{account}/{name}", "QueueName": name}


def _bucket(arn: str) -> Mapping[str, Any]:
    return {"Bucket": _last(arn), "Key": "a"}


def _misjudged_by_s3() -> frozenset[str]:
    """moto tells operations by the query, and takes those that it doesn't know for the plain one.

    So `GET /bucket?encryption` counts as a listing. Those named here have other reasons: a source that is read too, several objects
    at once, an action of another name, a host of its own.
    """
    found = {"CopyObject", "DeleteObjects", "HeadBucket", "UploadPartCopy", "WriteGetObjectResponse"}
    for name in model("s3").operation_names:
        http = model("s3").operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        known = ACTION_MAP["KEY" if "{Key" in path else "BUCKET"].get(http["method"], {})
        if query and query.partition("=")[0].partition("&")[0] not in (*known, "list-type"):
            found.add(name)
    return frozenset(found)


KINDS = (
    Kind("Queue", "sqs", queue.LEVELS, _queue, prepare=_message),
    Kind("Topic", "sns", topic.LEVELS, lambda arn: {"TopicArn": arn, "Message": "for a test"}),
    Kind(
        "Bucket",
        "s3",
        {level: (*bucket.ON_BUCKET, *actions) for level, actions in bucket.LEVELS.items()},
        _bucket,
        resource=lambda action, arn: arn if action in bucket.ON_BUCKET else f"{arn}/a",
        operations={
            "s3:ListBucket": ("ListObjectsV2", "ListObjects"),
            "s3:GetObject": ("GetObject", "HeadObject"),
            "s3:PutObject": ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
        },
        prepare=_object,
        misjudged=_misjudged_by_s3(),
    ),
)
