"""What a stack's config says about an ephemeral environment, as its spec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from idp_components.core.context import NAMESPACE, Context
from idp_components.core.spec import SpecError
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec

FIELDS = {
    "owner": "owner",
    "sourceUrl": "source_url",
    "ttlHours": "ttl_hours",
    "awake": "awake",
    "sleepAfterHours": "sleep_after_hours",
    "isolation": "isolation",
    "derivedFrom": "derived_from",
    "seed": "seed",
    "shared": "shared",
}
SHARED = "shared"
"""The one setting that is no text: a mapping, which Pulumi hands over as JSON."""
USER = "user-"


def spec_of(context: Context) -> EphemeralEnvironmentSpec:
    """The spec of the stack's environment. The owner of `user-alice` is alice unless the config says otherwise. Raises SpecError."""
    return parse(context.settings, context.environment, context.namespace)


def parse(settings: Mapping[str, str], environment: str, stack: str) -> EphemeralEnvironmentSpec:
    """The same before there is a context. Raises SpecError."""
    said: dict[str, Any] = {FIELDS[key]: _mapping(value) if key == SHARED else value for key, value in settings.items()}
    if environment.startswith(USER):
        said.setdefault("owner", environment.removeprefix(USER))
    if "owner" not in said:
        raise SpecError(
            f"config {NAMESPACE}:owner: is required for {stack!r}: who answers for it, "
            f"for example: pulumi config set {NAMESPACE}:owner alice@example.com"
        )
    return EphemeralEnvironmentSpec.parse(said, f"config {NAMESPACE}")


def _mapping(value: str) -> Any:
    """The decoded value; text that is no JSON stays, for the spec to refuse."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def refuse_settings(settings: Mapping[str, str], context: Context) -> None:
    """Raises SpecError where the config of an environment that stays speaks of one that ends."""
    if settings:
        raise SpecError(
            f"config {NAMESPACE}:{min(settings)}: {context.environment!r} stays and belongs to the whole team; "
            f"use it in the stack of a pull request or a person, for example '{context.team}-pr-42'"
        )
