"""The table: every resource type that the offline provider serves."""

from __future__ import annotations

from collections.abc import Mapping

from idp_sandbox.plugins.aws.kind import Kind
from idp_sandbox.plugins.aws.kinds import cache, data, iam, messaging, network, observability, s3, secrets

KINDS: Mapping[str, Kind] = {
    **iam.KINDS,
    **messaging.KINDS,
    **s3.KINDS,
    **secrets.KINDS,
    **network.KINDS,
    **data.KINDS,
    **cache.KINDS,
    **observability.KINDS,
}
