"""Golden path: a private bucket."""

from __future__ import annotations

import pulumi

from idp_components.bucket import resources
from idp_components.bucket.spec import BucketSpec
from idp_components.core.apply_aws import attribute
from idp_components.core.aws import Ref
from idp_components.core.component import GoldenPath
from idp_components.core.connection import AWS_API, Connection, access_level
from idp_components.core.context import Context
from idp_components.core.spec import SpecError


class Bucket(GoldenPath):
    """An S3 bucket: private, encrypted, versioned, TLS only; protected where the environment keeps data.

    In an environment that shares another one's it makes nothing, and its connections read that one.
    """

    spec_class = BucketSpec

    bucket: pulumi.Output[str]
    """The bucket's name."""
    arn: pulumi.Output[str]

    def __init__(self, name: str, spec: BucketSpec | None = None, *, context: Context, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec or BucketSpec()
        super().__init__(name, spec, list, context=context, opts=opts)
        if shared := context.shared.get(name):
            known = (shared.rpartition(":")[2], shared, f"{shared}/*")
            self.bucket, self.arn, self._objects = map(pulumi.Output.from_input, known)
        else:
            made = self.create_aws(resources.bucket(name, spec, context))
            self.bucket, self.arn, self._objects = (attribute(made, Ref(name, *what)) for what in (("bucket",), ("arn",), ("arn", "/*")))
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})

    def connection(self, access: str, variable: str) -> Connection:
        """What a workload puts into its `uses`: rights to `read`, `write` or `read-write`, and the bucket's name in `variable`."""
        place = f"{self.context.team}.{self.name}"
        access_level(place, access, resources.LEVELS)
        if self.name in self.context.shared and access != "read":
            raise SpecError(
                f"{place}.connection: access {access!r} is refused: it is another environment's bucket, which this one shares and only "
                "reads; use 'read', or let it have one of its own: take it off config idp:previews.buckets"
            )
        statements = resources.statements(access, self.arn, self._objects)
        return Connection(self.context.team, self.name, None, {variable: self.bucket}, access, statements, (AWS_API,))
