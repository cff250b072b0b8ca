"""SQS and SNS: queues, topics, who may use them, and subscriptions."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State, Tagging

QUEUE_ATTRIBUTES = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "maxMessageSize": "MaximumMessageSize",
    "delaySeconds": "DelaySeconds",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "policy": "Policy",
    "fifoQueue": "FifoQueue",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
}
TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "fifoTopic": "FifoTopic",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}
SUBSCRIPTION_ATTRIBUTES = {
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "deliveryPolicy": "DeliveryPolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}
NO_POLICY = '{"Version":"2012-10-17","Statement":[]}'


def _attributes(names: dict[str, str]) -> dict[str, str]:
    return {name: f"Attributes.{attribute}" for name, attribute in names.items()}


def _default_policy(api: Caller, state: State, _: State) -> None:
    """A topic always has a policy: without one of its own, nobody but its account may use it."""
    api.call("sns", "SetTopicAttributes", TopicArn=state["arn"], AttributeName="Policy", AttributeValue=NO_POLICY)


QUEUE_KEYS = {"QueueUrl": "url"}
KINDS = {
    "aws:sqs/queue:Queue": Kind(
        "sqs",
        Call("CreateQueue"),
        (Call("GetQueueAttributes", {"AttributeNames": ["All"]}),),
        Call("DeleteQueue"),
        update=(Call("SetQueueAttributes"),),
        identity=("url",),
        id="url",
        members={"name": "QueueName", **_attributes(QUEUE_ATTRIBUTES)},
        keys=QUEUE_KEYS,
        outputs={"url": "QueueUrl", "arn": "Attributes.QueueArn"},
        last={"name": "url"},
        defaults={
            "visibilityTimeoutSeconds": 30,
            "messageRetentionSeconds": 345600,
            "delaySeconds": 0,
            "receiveWaitTimeSeconds": 0,
        },
        fixed=frozenset({"fifoQueue"}),
        documents=frozenset({"policy", "redrivePolicy", "redriveAllowPolicy"}),
        numbers=frozenset(
            {
                "visibilityTimeoutSeconds",
                "messageRetentionSeconds",
                "maxMessageSize",
                "delaySeconds",
                "receiveWaitTimeSeconds",
                "kmsDataKeyReusePeriodSeconds",
            }
        ),
        named="name",
        tags=Tagging(Call("TagQueue"), Call("UntagQueue"), Call("ListQueueTags", answer="Tags || `{}`")),
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Kind(
        "sqs",
        Call("SetQueueAttributes"),
        (Call("GetQueueAttributes", {"AttributeNames": ["Policy"]}, answer="Attributes.Policy && @"),),
        Call("SetQueueAttributes", {"Attributes": {"Policy": ""}}),
        update=(Call("SetQueueAttributes"),),
        identity=("queueUrl",),
        members={"policy": "Attributes.Policy"},
        documents=frozenset({"policy"}),
    ),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": Kind(
        "sqs",
        Call("SetQueueAttributes"),
        (Call("GetQueueAttributes", {"AttributeNames": ["RedriveAllowPolicy"]}, answer="Attributes.RedriveAllowPolicy && @ || `null`"),),
        Call("SetQueueAttributes", {"Attributes": {"RedriveAllowPolicy": ""}}),
        update=(Call("SetQueueAttributes"),),
        identity=("queueUrl",),
        members={"redriveAllowPolicy": "Attributes.RedriveAllowPolicy"},
        documents=frozenset({"redriveAllowPolicy"}),
    ),
    "aws:sns/topic:Topic": Kind(
        "sns",
        Call("CreateTopic"),
        (Call("GetTopicAttributes"),),
        Call("DeleteTopic"),
        update=(Call("SetTopicAttributes", each="Attributes"),),
        identity=("arn",),
        id="arn",
        members=_attributes(TOPIC_ATTRIBUTES),
        keys={"TopicArn": "arn", "ResourceArn": "arn"},
        outputs={"arn": "TopicArn || Attributes.TopicArn", "owner": "Attributes.Owner"},
        last={"name": "arn"},
        fixed=frozenset({"fifoTopic"}),
        documents=frozenset({"policy", "deliveryPolicy"}),
        named="name",
        tags=Tagging(Call("TagResource"), Call("UntagResource"), Call("ListTagsForResource", answer="Tags")),
    ),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        "sns",
        Call("SetTopicAttributes", {"AttributeName": "Policy"}),
        (Call("GetTopicAttributes", answer="Attributes"),),
        None,
        update=(Call("SetTopicAttributes", {"AttributeName": "Policy"}),),
        identity=("arn",),
        members={"arn": "TopicArn", "policy": "AttributeValue"},
        outputs={"policy": "Policy", "owner": "Owner"},
        documents=frozenset({"policy"}),
        before_delete=_default_policy,
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        "sns",
        Call("Subscribe", {"ReturnSubscriptionArn": True}),
        (Call("GetSubscriptionAttributes"),),
        Call("Unsubscribe"),
        update=(Call("SetSubscriptionAttributes", each="Attributes"),),
        identity=("arn",),
        id="arn",
        members={"topic": "TopicArn", **_attributes(SUBSCRIPTION_ATTRIBUTES)},
        keys={"SubscriptionArn": "arn"},
        outputs={
            "arn": "SubscriptionArn || Attributes.SubscriptionArn",
            "topic": "Attributes.TopicArn",
            "protocol": "Attributes.Protocol",
            "endpoint": "Attributes.Endpoint",
            "ownerId": "Attributes.Owner",
        },
        documents=frozenset({"filterPolicy", "redrivePolicy", "deliveryPolicy"}),
    ),
}
