"""Builder: a queue, its dead-letter queue, who may use it, the topics that it gets messages from, and its alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.core import naming
from idp_components.core.alarms import alarm
from idp_components.core.aws import Aws, Json, Ref, physical_name, tags
from idp_components.core.context import Context
from idp_components.core.iam import Statement, encrypted_transport_only, may_send
from idp_components.core.spec import SpecError
from idp_components.queue.spec import QueueSpec

QUEUE = "aws:sqs/queue:Queue"
POLICY = "aws:sqs/queuePolicy:QueuePolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
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


def queue(name: str, spec: QueueSpec, context: Context, topics: Mapping[str, Any]) -> list[Aws]:
    """The resources of a queue. `topics` are the ARNs of the topics that it subscribes to, by name. Raises SpecError."""
    if spec.fifo and topics:
        place, topic = f"{context.team}.{name}", min(topics)
        raise SpecError(
            f"{place}.subscribes: {topic!r} can't deliver to a queue with fifo=True: SNS keeps no order; "
            f"subscribe a second queue, for example Queue('{name}-2', subscribes=[…])"
        )
    dead = naming.child(name, "dead")
    redrive = Json({"deadLetterTargetArn": Ref(dead, "arn"), "maxReceiveCount": spec.max_receives})
    more = {"visibilityTimeoutSeconds": spec.visibility_seconds, "redrivePolicy": redrive}
    return [
        _queue(dead, spec, context, LONGEST_RETENTION_DAYS),
        _queue(name, spec, context, spec.retention_days, more),
        # Nobody else's failed messages come here.
        Aws(
            "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
            naming.child(dead, "sources"),
            {
                "queueUrl": Ref(dead, "url"),
                "redriveAllowPolicy": Json({"redrivePermission": "byQueue", "sourceQueueArns": [Ref(name, "arn")]}),
            },
        ),
        *(_policy(each, topics) for each in (dead, name)),
        *(_subscription(name, dead, topic, arn) for topic, arn in topics.items()),
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


def _policy(name: str, topics: Mapping[str, Any]) -> Aws:
    """Nobody without TLS; beside roles, only these topics may send. A dead-letter queue gets what SNS could not deliver."""
    document = encrypted_transport_only("sqs", Ref(name, "arn"))
    document["Statement"] += [may_send("sns", "sqs:SendMessage", Ref(name, "arn"), arn) for arn in topics.values()]
    return Aws(POLICY, naming.child(name, "policy"), {"queueUrl": Ref(name, "url"), "policy": Json(document)})


def _subscription(name: str, dead: str, topic: str, arn: Any) -> Aws:
    """A consumer reads what was published, without SNS' envelope."""
    return Aws(
        SUBSCRIPTION,
        naming.child(name, f"from-{topic}"),
        {
            "topic": arn,
            "protocol": "sqs",
            "endpoint": Ref(name, "arn"),
            "rawMessageDelivery": True,
            "redrivePolicy": Json({"deadLetterTargetArn": Ref(dead, "arn")}),
        },
    )
