"""Golden path: a topic of events."""

from __future__ import annotations

import pulumi

from idp_components.core.apply_aws import attribute
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import AWS_API, Connection, access_level
from idp_components.core.context import Context
from idp_components.topic import resources
from idp_components.topic.spec import TopicSpec


class Topic(GoldenPath):
    """An SNS topic: encrypted, TLS only, with an alarm for what could not be delivered."""

    spec_class = TopicSpec

    arn: pulumi.Output[str]

    def __init__(self, name: str, spec: TopicSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec or TopicSpec()
        super().__init__(name, spec, list, context=context, opts=opts)
        made = self.create_aws(resources.topic(name, spec, context))
        self.arn = attribute(made, Ref(name, "arn"))
        self.register_outputs({"arn": self.arn})

    def connection(self, access: str, variable: str) -> Connection:
        """What a workload puts into its `uses`: the right to `publish`, and the topic's ARN in `variable`. Raises SpecError."""
        access_level(f"{self.context.team}.{self.name}", access, resources.LEVELS)
        statements = (resources.statement(access, self.arn),)
        return Connection(self.context.team, self.name, None, {variable: self.arn}, access, statements, (AWS_API,))

    def subscription(self) -> Connection:
        """What stands in the graph for a queue that gets everything published here; `Queue(…, subscribes=[topic])` makes it."""
        return Connection(self.context.team, self.name, None, {}, "subscribe")
