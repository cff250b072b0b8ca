"""What an environment may take from the stack that it is derived from: by that stack's own list, and never a secret; pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from idp_components.core.context import NAMESPACE
from idp_components.core.spec import Name, Spec, SpecError
from idp_components.rules.credential_text import is_credential

KEY = f"{NAMESPACE}:previews"
PLACES = (NAMESPACE, "aws", "kubernetes", "pulumi")
"""Namespaces of config that describe a cluster and an account."""
SECURE = "secure"
"""By this key Pulumi's config files have a value that is encrypted."""
BUCKET_TYPE = "idp:index:Bucket"

Becomes = Literal["stand-in", "shared", "copied", "left out", "new"]


class Allowed(Spec):
    """What environments that end may take from a stack: `idp:previews` in its config, where its owners review it."""

    config: tuple[str, ...] = Field(default=(), examples=[["shop:currency"]])
    """Keys of its config that are copied."""
    buckets: tuple[Name, ...] = Field(default=(), examples=[["images"]])
    """Buckets that are read in place of empty ones."""
    seed: Name | None = Field(default=None, examples=["demo"])
    """Data that databases begin with, unless the environment asks for other."""


@dataclass(frozen=True)
class Source:
    """The stack that an environment is derived from."""

    stack: str
    environment: str
    config: Mapping[str, Any]
    """Config of the project's own file."""
    state: Mapping[str, Any]
    """Its exported state."""

    @property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        """What is in it, by URN."""
        listed = (self.state.get("deployment") or {}).get("resources") or ()
        return {resource["urn"]: resource for resource in listed if not resource.get("delete")}


@dataclass(frozen=True)
class Key:
    """What becomes of one key of the source's config."""

    name: str
    becomes: Becomes
    why: str


@dataclass(frozen=True)
class Carried:
    """What goes over to the environment."""

    config: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    """ARNs of buckets by their component's name."""
    seed: str | None = None
    keys: tuple[Key, ...] = ()
    """Every key of the source's config, also those that stay behind."""


def carried(source: Source, own: Mapping[str, Any], host: str) -> Carried:
    """What the source's list lets an environment have, which runs in the cluster of the environment `host`. Raises SpecError.

    `own` is the config that the environment has by itself; it wins.
    """
    allowed = Allowed.parse(source.config.get(KEY) or {}, f"config {KEY} of {source.stack}")
    if unknown := [key for key in allowed.config if key not in source.config]:
        near = difflib.get_close_matches(unknown[0], source.config, n=1)
        raise SpecError(
            f"config {KEY} of {source.stack}: config: {unknown[0]!r} is no key of its config; "
            f"use one that is there{f', for example {near[0]!r}' if near else ''}"
        )
    keys = tuple(_key(key, value, source, allowed, own) for key, value in sorted(source.config.items()) if key != KEY)
    copied = {key.name: source.config[key.name] for key in keys if key.becomes == "copied"}
    return Carried(copied, _shared(source, allowed, host), allowed.seed, keys)


def _key(name: str, value: Any, source: Source, allowed: Allowed, own: Mapping[str, Any]) -> Key:
    if name.partition(":")[0] in PLACES:
        return Key(name, "left out", f"it describes the cluster and the account of {source.stack}")
    if _is_secret(name, value):
        return Key(name, "left out", f"a secret is never carried; give it one of its own: pulumi config set --secret {name}")
    if name in own:
        return Key(name, "left out", "the environment's own config says it")
    if name not in allowed.config:
        return Key(name, "left out", f"not on the list config of {KEY}")
    return Key(name, "copied", "")


def _is_secret(name: str, value: Any) -> bool:
    """Whether a value, or something in it, is encrypted or a credential by its name or looks."""
    if isinstance(value, Mapping):
        return SECURE in value or any(_is_secret(str(key), inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(_is_secret(name, inner) for inner in value)
    return is_credential(name.rpartition(":")[2], value)


def _shared(source: Source, allowed: Allowed, host: str) -> dict[str, str]:
    place = f"config {KEY} of {source.stack}: buckets"
    if allowed.buckets and source.environment != host:
        raise SpecError(
            f"{place}: {allowed.buckets[0]!r} is refused: an environment that ends runs in the account of {host!r}, behind its permission "
            f"boundary, so it can read buckets of {host!r} alone; leave the list empty, and it has empty ones of its own"
        )
    there = {
        urn.rsplit("::", 1)[1]: (found.get("outputs") or {}).get("arn")
        for urn, found in source.resources.items()
        if found["type"] == BUCKET_TYPE
    }
    if missing := [name for name in allowed.buckets if not isinstance(there.get(name), str)]:
        raise SpecError(f"{place}: {missing[0]!r} is no bucket of {source.stack}; it has {', '.join(sorted(there)) or 'none'}")
    return {name: str(there[name]) for name in allowed.buckets}
