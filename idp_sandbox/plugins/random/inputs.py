"""Reading a resource's inputs: each value is as it has to be, or BadInput says what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LARGEST = 2**53
"""The largest whole number that the protocol carries exactly (it has IEEE 754 doubles)."""

Values = dict[str, Any]


class BadInput(Exception):
    """An input that can't be: `place` is the property, the message says what is allowed."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def whole(inputs: Mapping[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    """A whole number."""
    value, example = inputs.get(name, default), max(low, min(16, high))
    if value is None:
        raise BadInput(name, f"is required: a whole number from {low} to {high}, for example {example}")
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(name, f"{value!r} is refused: use a whole number from {low} to {high}, for example {example}")
    return value


def flag(inputs: Mapping[str, Any], name: str, default: bool) -> bool:
    """True or false."""
    value = inputs.get(name, default)
    if not isinstance(value, bool):
        raise BadInput(name, f"{value!r} is refused: use true or false, for example {str(default).lower()}")
    return value


def check_texts(inputs: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Inputs that are text where they are given; an example for each."""
    for name, example in names.items():
        if name in inputs and not isinstance(inputs[name], str):
            raise BadInput(name, f"{inputs[name]!r} is refused: use text, for example {example!r}")


def keepers(inputs: Mapping[str, Any]) -> Values:
    """The inputs, with keepers that are text: numbers and booleans are written as the SDK's schema has them."""
    found = inputs.get("keepers", {})
    plain = isinstance(found, Mapping) and all(isinstance(value, str | bool | int | float) for value in found.values())
    if not plain:
        raise BadInput("keepers", "is refused: use a map of texts, for example {'version': '1'}")
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in found.items()}
    return {**inputs, **({"keepers": texts} if texts else {})}
