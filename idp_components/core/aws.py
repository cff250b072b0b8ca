"""AWS resources as plain data: builders return them, `apply_aws` registers them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp_components.core.context import Context


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


def tags(name: str, context: Context) -> dict[str, str]:
    """Who owns a resource, with the keys of the labels: cost reports group by them."""
    return {"idp/team": context.team, "idp/environment": context.environment, "app.kubernetes.io/name": name}


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
