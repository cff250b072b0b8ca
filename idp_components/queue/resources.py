"""Builder: a queue, its dead-letter queue, who may not use it, and the alarms of both."""

from __future__ import annotations

from typing import Any

from idp_components.core import naming
from idp_components.core.alarms import alarm
from idp_components.core.aws import Aws, Json, Ref, physical_name, tags
from idp_components.core.context import Context
from idp_components.core.iam import Statement, encrypted_transport_only
from idp_components.queue.spec import QueueSpec

QUEUE = "aws:sqs/queue:Queue"
POLICY = "aws:sqs/queuePolicy:QueuePolicy"
MAX_QUEUE_NAME = 75
"""Characters (SQS quotas: 80), less the suffix of a FIFO queue."""
SECONDS_PER_DAY = 86_400
LONGEST_RETENTION_DAYS = 14
"""SQS quotas, "Message retention"."""
LEVELS = {
    "send": ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"),
    "receive": (
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    ),
}
"""Actions by level of access (SQS, "Amazon SQS API permissions")."""


def queue(name: str, spec: QueueSpec, context: Context) -> list[Aws]:
    """The resources of a queue."""
    dead = naming.child(name, "dead")
    redrive = Json({"deadLetterTargetArn": Ref(dead, "arn"), "maxReceiveCount": spec.max_receives})
    more = {"visibilityTimeoutSeconds": spec.visibility_seconds, "redrivePolicy": redrive}
    return [
        _queue(dead, spec, context, LONGEST_RETENTION_DAYS),
        _queue(name, spec, context, spec.retention_days, more),
        *(_policy(each) for each in (dead, name)),
        alarm(
            naming.child(name, "has-dead-messages"),
            context,
            metric=("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
            dimensions={"QueueName": Ref(dead, "name")},
            above=0,
            meaning=f"messages of {name} could not be handled and wait in its dead-letter queue",
        ),
        alarm(
            naming.child(name, "is-behind"),
            context,
            metric=("AWS/SQS", "ApproximateAgeOfOldestMessage"),
            dimensions={"QueueName": Ref(name, "name")},
            above=spec.max_age_minutes * 60,
            meaning=f"the oldest message of {name} waits longer than {spec.max_age_minutes} minutes",
        ),
    ]


def statement(access: str, arn: Any) -> Statement:
    """What a consumer at a level of access may do."""
    return Statement(LEVELS[access], (arn,))


def _queue(name: str, spec: QueueSpec, context: Context, days: int, more: dict[str, Any] | None = None) -> Aws:
    fifo = {"fifoQueue": True, "contentBasedDeduplication": True} if spec.fifo else {}
    return Aws(
        QUEUE,
        name,
        {
            "name": physical_name(context, name, MAX_QUEUE_NAME) + (".fifo" if spec.fifo else ""),
            "messageRetentionSeconds": days * SECONDS_PER_DAY,
            "sqsManagedSseEnabled": True,
            "tags": tags(name, context),
            **fifo,
            **(more or {}),
        },
    )


def _policy(name: str) -> Aws:
    document = Json(encrypted_transport_only("sqs", Ref(name, "arn")))
    return Aws(POLICY, naming.child(name, "policy"), {"queueUrl": Ref(name, "url"), "policy": document})
