"""Rules about queues and topics: SQS and SNS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.aws.tls_policy import REFUSE, refuses_plain_text, with_policy
from idp_components.rules.aws.ways import below
from idp_components.rules.expect import is_set, may_be_unset_or_true, must_be_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import Owners, companions, judged
from idp_components.rules.model import Options, Resource, Severity, Stack

QUEUE, TOPIC = "sqs/Queue", "sns/Topic"
FAILURES = (
    ("cloudwatch/EventBus", ("deadLetterConfig", "arn")),
    ("cloudwatch/EventTarget", ("deadLetterConfig", "arn")),
    ("lambda/EventSourceMapping", ("destinationConfig", "onFailure", "destinationArn")),
    ("lambda/Function", ("deadLetterConfig", "targetArn")),
    ("lambda/FunctionEventInvokeConfig", ("destinationConfig", "onFailure", "destination")),
    ("pipes/Pipe", ("sourceParameters", "dynamodbStreamParameters", "deadLetterConfig", "arn")),
    ("pipes/Pipe", ("sourceParameters", "kinesisStreamParameters", "deadLetterConfig", "arn")),
    ("scheduler/Schedule", ("target", "deadLetterConfig", "arn")),
    ("sns/TopicSubscription", ("redrivePolicy", "deadLetterTargetArn")),
    (QUEUE, ("redrivePolicy", "deadLetterTargetArn")),
    ("sqs/RedrivePolicy", ("redrivePolicy", "deadLetterTargetArn")),
)
"""What names the queue for what it could not handle, and where."""
PERMISSION, NOBODY = ("redriveAllowPolicy", "redrivePermission"), "denyAll"
"""Who may use a queue as a dead-letter queue, and the permission of one that is none."""


@aws_rule(
    "aws-sqs-encryption",
    QUEUE,
    title="A queue's messages are encrypted.",
    severity=Severity.MEDIUM,
    rationale="Messages wait for days, and carry what customers wrote. SQS encrypts a queue that says nothing; only an explicit false "
    "leaves it in plain text.",
    fix="Use a Queue; otherwise remove sqsManagedSseEnabled or set it to true, or set kmsMasterKeyId.",
    **fsbp("SQS.1"),
)
def sqs_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    if not is_set(resource.root.get("kmsMasterKeyId")):
        yield from may_be_unset_or_true(resource.root.get("sqsManagedSseEnabled"))


@aws_rule(
    "aws-sns-encryption",
    TOPIC,
    title="A topic's messages are encrypted.",
    severity=Severity.MEDIUM,
    rationale="SNS keeps what it could not deliver yet, and that carries what customers wrote.",
    fix="Use a Topic; otherwise set kmsMasterKeyId, for example alias/aws/sns.",
    **fsbp("SNS.1"),
)
def sns_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("kmsMasterKeyId"), "name a key of KMS, for example alias/aws/sns")


@aws_stack_rule(
    "aws-sqs-tls-only",
    title="A queue refuses clients without TLS.",
    severity=Severity.MEDIUM,
    rationale="Over plain HTTP a message crosses the network for everybody to read.",
    fix="Use a Queue; otherwise add a QueuePolicy that denies sqs:* where aws:SecureTransport is false.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    framework=None,
)
def sqs_tls_only(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    yield from _tls_only(stack, QUEUE, "sqs/QueuePolicy", "queueUrl", "sqs", ("sendmessage", "receivemessage"))


@aws_stack_rule(
    "aws-sns-tls-only",
    title="A topic refuses publishers without TLS.",
    severity=Severity.MEDIUM,
    rationale="Over plain HTTP a message crosses the network for everybody to read.",
    fix="Use a Topic; otherwise add a TopicPolicy that denies sns:Publish where aws:SecureTransport is false.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
    framework=None,
)
def sns_tls_only(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    yield from _tls_only(stack, TOPIC, "sns/TopicPolicy", "arn", "sns", ("publish",))


def _tls_only(stack: Stack, kind: str, policy: str, key: str, service: str, actions: Sequence[str]) -> Iterator[tuple[Resource, Problem]]:
    for owner in stack.of(kind):
        inline = owner.root.get("policy")
        if is_set(inline):
            yield from ((owner, problem) for problem in refuses_plain_text(inline, service, actions=actions))
        else:
            found = companions(stack, owner, (policy,), key)
            yield from judged(owner, found, with_policy("policy", service, actions=actions), f"has no policy; {REFUSE}")


@aws_stack_rule(
    "aws-sqs-dead-letter",
    title="A queue puts aside what can't be handled.",
    severity=Severity.LOW,
    rationale="A message that always fails comes back until it expires, and is lost then without a trace.",
    fix="Use a Queue; otherwise set redrivePolicy to a dead-letter queue.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    framework=None,
)
def sqs_dead_letter(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    queues, targets = stack.once(Owners, QUEUE), list(_dead_letter_targets(stack))
    named = {id(queue) for target in targets for queue in queues.called(target)}
    unknown = [target for target in targets if target.value is UNKNOWN]
    # What is no queue's name may be that of one which has none yet.
    nobodys = [Field(UNKNOWN) for target in targets if not queues.called(target)]
    for queue in queues.all:
        allowed = companions(stack, queue, ("sqs/RedriveAllowPolicy",), "queueUrl")
        permissions = [each.value for owner in (queue, *allowed.certain) for each in below(owner.root, PERMISSION)]
        takes_others = (is_set(queue.root.get("redriveAllowPolicy")) or allowed.certain) and NOBODY not in permissions
        if is_set(queue.root.get("redrivePolicy")) or takes_others or id(queue) in named:
            continue
        own = companions(stack, queue, ("sqs/RedrivePolicy",), "queueUrl")
        if not own.certain:
            message = "has no redrivePolicy; name a dead-letter queue"
            others = nobodys if queues.is_nameless(queue) else unknown
            yield queue, queue.root.problem(message, *allowed.possible, *own.possible, *others)


def _dead_letter_targets(stack: Stack) -> Iterator[Field]:
    """The queues, as far as they are known, that take what others could not handle."""
    for kind, way in FAILURES:
        for each in stack.of(kind):
            # A topic or a function may stand there too, with the name of a queue.
            yield from (target for target in below(each.root, way) if target.value is UNKNOWN or ":sqs:" in str(target.value))


RULES = (sqs_encryption, sns_encryption, sqs_tls_only, sns_tls_only, sqs_dead_letter)
