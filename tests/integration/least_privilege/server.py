"""The sandbox's AWS endpoint, whose every endpoint tells IAM which resource a request is about: some of moto's own say `*` (run as a program)."""

from __future__ import annotations

from moto.server import main
from moto.sns.responses import SNSResponse
from moto.sqs.responses import SQSResponse

from idp_sandbox.aws_endpoint import complete

_resource_of_queue_url = SQSResponse._determine_resource


def topic(response: SNSResponse) -> str:
    """The topic of a request (Service Authorization Reference, "Actions defined by Amazon SNS")."""
    return str(response._get_param("TopicArn") or response._get_param("ResourceArn") or "*")


def queue(response: SQSResponse) -> str:
    """The queue of a request, by name too."""
    name = response._get_param("QueueName")
    known = response.sqs_backend.queues.get(name)
    return known.queue_arn if known else _resource_of_queue_url(response)


SNSResponse._determine_resource = topic
SQSResponse._determine_resource = queue

if __name__ == "__main__":
    complete()
    main()
