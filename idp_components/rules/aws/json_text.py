"""JSON within a property, as AWS takes policies and definitions of containers."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from idp_components.rules.field import SecretText

INVALID = object()
"""What a text says that is no JSON."""


def parsed(text: str) -> Any:
    """The value of a JSON text, INVALID where it is none. What comes out of secret text is secret too."""
    value = _parsed(str(text))
    return _secret(value) if isinstance(text, SecretText) else value


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """Nobody changes the value, so that all rules share it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return INVALID


def _secret(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _secret(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_secret(element) for element in value]
    return SecretText(value) if isinstance(value, str) else value
