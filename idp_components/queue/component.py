"""Golden path: a queue of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from idp_components.core.apply_aws import attribute
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import AWS_API, Connection, access_level
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.core.spec import SpecError
from idp_components.queue import resources
from idp_components.queue.spec import QueueSpec
from idp_components.topic.component import Topic


class Queue(GoldenPath):
    """An SQS queue: encrypted, TLS only, with a dead-letter queue, and alarms for what is stuck.

    It gets a copy of everything that is published to the topics in `subscribes`.
    """

    spec_class = QueueSpec

    url: pulumi.Output[str]
    """URL that clients use."""
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        spec: QueueSpec | None = None,
        *,
        context: Context,
        subscribes: Sequence[Topic] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        spec = spec or QueueSpec()
        topics = _arns(f"{context.team}.{name}", subscribes)

        def planned() -> list[Manifest]:
            """No objects of Kubernetes; what the queue's resources refuse is refused before anything is registered."""
            resources.queue(name, spec, context, topics)
            return []

        super().__init__(name, spec, planned, context=context, uses=[topic.subscription() for topic in subscribes], opts=opts)
        made = self.create_aws(resources.queue(name, spec, context, topics))
        self.url, self.arn = (attribute(made, Ref(name, what)) for what in ("url", "arn"))
        self.register_outputs({"url": self.url, "arn": self.arn})

    def connection(self, access: str, variable: str) -> Connection:
        """What a workload puts into its `uses`: rights to `send` or `receive`, and the queue's URL in `variable`. Raises SpecError."""
        access_level(f"{self.context.team}.{self.name}", access, resources.LEVELS)
        statements = (resources.statement(access, self.arn),)
        return Connection(self.context.team, self.name, None, {variable: self.url}, access, statements, (AWS_API,))


def _arns(place: str, topics: Sequence[Topic]) -> Mapping[str, Any]:
    """ARNs by the topics' names. Raises SpecError for what is no topic, and for one that stands there twice."""
    found: dict[str, Any] = {}
    for index, topic in enumerate(topics):
        where = f"{place}.subscribes[{index}]"
        if not isinstance(topic, Topic):
            raise SpecError(
                f"{where}: {type(topic).__name__} is no topic; use for example subscribes=[Topic('order-placed', context=context)]"
            )
        if topic.name in found:
            raise SpecError(f"{where}: topic {topic.name!r} is subscribed to already; name it once")
        found[topic.name] = topic.arn
    return found
