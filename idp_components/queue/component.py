"""Golden path: a queue of messages."""

from __future__ import annotations

import pulumi

from idp_components.core.apply_aws import attribute
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import AWS_API, Connection, access_level
from idp_components.core.context import Context
from idp_components.queue import resources
from idp_components.queue.spec import QueueSpec


class Queue(GoldenPath):
    """An SQS queue: encrypted, TLS only, with a dead-letter queue, and alarms for what is stuck."""

    spec_class = QueueSpec

    url: pulumi.Output[str]
    """URL that clients use."""
    arn: pulumi.Output[str]

    def __init__(self, name: str, spec: QueueSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec or QueueSpec()
        super().__init__(name, spec, list, context=context, opts=opts)
        made = self.create_aws(resources.queue(name, spec, context))
        self.url, self.arn = (attribute(made, Ref(name, what)) for what in ("url", "arn"))
        self.register_outputs({"url": self.url, "arn": self.arn})

    def connection(self, access: str, variable: str) -> Connection:
        """What a workload puts into its `uses`: rights to `send` or `receive`, and the queue's URL in `variable`. Raises SpecError."""
        access_level(f"{self.context.team}.{self.name}", access, resources.LEVELS)
        statements = (resources.statement(access, self.arn),)
        return Connection(self.context.team, self.name, None, {variable: self.url}, access, statements, (AWS_API,))
