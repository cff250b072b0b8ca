"""Builder: a topic, who may not use it, and the alarm of what it could not deliver."""

from __future__ import annotations

from typing import Any

from idp_components.core import naming
from idp_components.core.alarms import alarm
from idp_components.core.aws import Aws, Json, Ref, physical_name, tags
from idp_components.core.context import Context
from idp_components.core.iam import Statement, encrypted_transport_only
from idp_components.topic.spec import TopicSpec

TOPIC = "aws:sns/topic:Topic"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
MAX_TOPIC_NAME = 256
KEY = "alias/aws/sns"
"""The key that AWS keeps for SNS in every account: whoever may publish may use it. A service of AWS could not (SNS, "Data encryption")."""
LEVELS = {"publish": ("sns:Publish",)}
"""Actions by level of access."""


def topic(name: str, spec: TopicSpec, context: Context) -> list[Aws]:
    """The resources of a topic."""
    # SNS takes no wildcard in a topic's own policy; a deny of publishing is what AWS documents ("Enforce encryption of data in transit").
    policy = encrypted_transport_only("sns", Ref(name, "arn"))
    policy["Statement"][0]["Action"] = "sns:Publish"
    return [
        Aws(
            TOPIC,
            name,
            {
                "name": physical_name(context, name, MAX_TOPIC_NAME),
                "kmsMasterKeyId": KEY,
                "tags": tags(name, context),
                **({"displayName": spec.display_name} if spec.display_name else {}),
            },
        ),
        Aws(POLICY, naming.child(name, "policy"), {"arn": Ref(name, "arn"), "policy": Json(policy)}),
        alarm(
            naming.child(name, "can-not-deliver"),
            context,
            metric=("AWS/SNS", "NumberOfNotificationsFailed"),
            dimensions={"TopicName": Ref(name, "name")},
            above=0,
            meaning=f"messages of topic {name} could not be delivered to a queue and wait in its dead-letter queue",
            statistic="Sum",
            periods=1,
        ),
    ]


def statement(access: str, arn: Any) -> Statement:
    """What a consumer at a level of access may do."""
    return Statement(LEVELS[access], (arn,))
