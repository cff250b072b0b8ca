"""Options of rules: the JSON Schema of what a pack's owner may configure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def whole_number(default: int, description: str) -> Mapping[str, Any]:
    """A whole number."""
    return {"type": "integer", "default": default, "description": description}


def texts(default: Sequence[str], description: str) -> Mapping[str, Any]:
    """A list of texts."""
    return {"type": "array", "items": {"type": "string"}, "default": list(default), "description": description}
