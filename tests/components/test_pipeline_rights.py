"""A pipeline's role and what its stacks call at AWS, as the offline provider's table says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp_components import Bucket, Queue, Topic
from idp_components.core.aws import Account
from idp_components.core.context import EXAMPLE_OIDC_PROVIDER, Context
from idp_components.pipeline_role.rights import deploy_policy, preview_policy
from idp_components.render import declared
from idp_components.testing import run
from idp_sandbox.plugins.aws.kind import Call
from idp_sandbox.plugins.aws.kinds import KINDS

ROOT = Path(__file__).parents[2]
CONFIG = {"domain": "example.com", "oidc_provider": EXAMPLE_OIDC_PROVIDER, "log_bucket": "logs-of-the-shop"}
OTHERWISE_CALLED = {
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Operations whose action has another name (Service Authorization Reference, "Actions defined by Amazon S3")."""


@pytest.fixture(scope="module")
def types() -> list[str]:
    """The types of AWS that the platform makes for teams."""

    def others() -> None:
        context = Context.of("shop-production", CONFIG)
        placed = Topic("placed", context=context)
        Queue("mails", subscribes=[placed], context=context)
        Bucket("photos", context=context)

    recordings = [run(others), *(declared(f"{team}-production", ROOT)[0] for team in ("catalog", "checkout"))]
    found = sorted({each.type for recording in recordings for each in recording.resources if each.type.startswith("aws:")})
    assert len(found) > 20
    return found


def missing(calls: Iterator[tuple[str, Call]], document: dict[str, Any]) -> set[str]:
    """The actions of calls that a policy doesn't allow."""
    allowed = {action for statement in document["Statement"] for action in statement["Action"]}
    return {f"{service}:{OTHERWISE_CALLED.get(call.operation, call.operation)}" for service, call in calls} - allowed


def test_a_deploy_role_may_do_every_call_of_every_type(types: list[str]) -> None:
    def calls() -> Iterator[tuple[str, Call]]:
        for kind in (KINDS[each] for each in types):
            tagging = [kind.tags.tag, kind.tags.untag, kind.tags.list] if kind.tags else []
            deleting = [kind.delete] if kind.delete else []
            yield from ((kind.service, call) for call in (kind.create, *kind.read, *kind.update, *deleting, *tagging))

    assert missing(calls(), deploy_policy(Context.of("checkout-production", CONFIG), Account("aws", "123456789012"))) == set()


def test_a_preview_role_may_read_every_type(types: list[str]) -> None:
    def calls() -> Iterator[tuple[str, Call]]:
        for kind in (KINDS[each] for each in types):
            yield from ((kind.service, call) for call in (*kind.read, *([kind.tags.list] if kind.tags else [])))

    assert missing(calls(), preview_policy(Context.of("checkout-production", CONFIG), Account("aws", "123456789012"))) == set()
