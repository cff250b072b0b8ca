"""What every rule says of itself, so that each decorator takes the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Required, TypedDict

from idp_components.rules.model import Framework, Options, Resource, Severity


class About(TypedDict, total=False):
    """The fields of `Rule` besides its id and its check."""

    title: Required[str]
    severity: Required[Severity]
    rationale: Required[str]
    fix: Required[str]
    source: Required[str]
    framework: Framework | None
    tags: tuple[str, ...]
    options: Mapping[str, Mapping[str, Any]]


class AboutResource(About, total=False):
    """Of a rule about single resources, which may have a remedy."""

    remedy: Callable[[Resource, Options], dict[str, Any] | None]
