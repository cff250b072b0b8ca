"""AWS resources as plain data: builders return them, `apply_aws` registers them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp_components.core import labels, naming
from idp_components.core.context import Context
from idp_components.core.spec import SpecError


@dataclass(frozen=True)
class Aws:
    """One resource, with the property names of Pulumi's schema. A leaf may be a Ref, a Json or a Pulumi Output."""

    type: str
    """Pulumi's type, such as `aws:sqs/queue:Queue`."""
    name: str
    """Logical name, unique in its component: references go by it."""
    properties: Mapping[str, Any]
    protect: bool = False
    """Whether Pulumi refuses to delete it until somebody says so on purpose."""
    retain: bool = False
    """Whether it stays at AWS when Pulumi forgets it: what outlives its stack may need it."""
    decides: tuple[str, ...] = ()
    """Attributes that AWS decides and the component reads, beside those that other resources refer to."""
    settled: tuple[str, ...] = ()
    """Properties that count when it is made and never again: a later change of them must not make it anew."""


@dataclass(frozen=True)
class Ref:
    """An attribute of another resource of the same component that AWS decides: `Ref("orders", "arn")`."""

    resource: str
    attribute: str
    suffix: str = ""
    """Text after it, such as `/*` for the objects of a bucket."""


@dataclass(frozen=True)
class Json:
    """A document that AWS takes as JSON text."""

    document: Any


@dataclass(frozen=True)
class Account:
    """An AWS account."""

    partition: str
    """`aws`, or one of those apart from it, such as `aws-cn`."""
    number: str

    def arn(self, service: str, resource: str, region: str = "") -> str:
        """ARN of a resource of this account."""
        return f"arn:{self.partition}:{service}:{region}:{self.number}:{resource}"


def known_account(context: Context) -> Account | None:
    """The account that the cluster's config names; none where it names none."""
    provider = (context.cluster.oidc_provider or "").split(":")
    if context.cluster.account:
        return Account(provider[1] if len(provider) > 1 else "aws", context.cluster.account)
    return Account(provider[1], provider[4]) if len(provider) > 1 else None


def account(context: Context, place: str) -> Account:
    """The account that the cluster's config names. Raises SpecError where it names none."""
    found = known_account(context)
    if found is None:
        raise SpecError(f"{place}: needs to know the AWS account, and config idp:account is missing, for example '123456789012'")
    return found


def permissions_boundary(context: Context) -> str | None:
    """ARN of the policy that no role of the team may exceed: the config's, or the one that the team's room brings."""
    if context.cluster.permissions_boundary:
        return context.cluster.permissions_boundary
    found = known_account(context)
    return found.arn("iam", f"policy/{naming.boundary(context.team, context.host_environment)}") if found else None


def tags(name: str, context: Context) -> dict[str, str]:
    """Who owns a resource, with the keys of the labels: cost reports group by them. And when it ends, where its environment does."""
    hours = context.ttl_hours or context.profile.ttl_hours
    end = {labels.EXPIRES_AFTER: str(hours)} if hours else {}
    return {labels.TEAM: context.team, labels.ENVIRONMENT: context.environment, labels.NAME: name, **end}


def physical_name(context: Context, name: str, limit: int) -> str:
    """`<namespace>-<name>` in at most `limit` characters; what is too long keeps its start and eight digits of the whole."""
    whole = f"{context.namespace}-{name}"
    if len(whole) <= limit:
        return whole
    return f"{whole[: limit - 9]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def plain_name(context: Context, name: str, limit: int) -> str:
    """The same for services that take no two hyphens in a row."""
    whole = f"{context.namespace}-{name}"
    if len(whole) <= limit and "--" not in whole:
        return whole
    return re.sub("-+", "-", f"{whole[: limit - 9]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}")
