"""Names of resources that the program leaves to the platform."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from idp_sandbox.plugins.aws.kind import Kind, State

HEX_DIGITS = 7
"""Random digits of an automatic name (Pulumi: autonaming)."""


def named(kind: Kind, inputs: State, logical_name: str, old: State, seed: bytes) -> State:
    """The inputs with a name: their own, the one that the resource had, or the logical one with seven hex digits."""
    name = kind.named
    if not name or inputs.get(name) is not None:
        return inputs
    prefix = inputs.pop(f"{name}Prefix", None)
    before: Any = old.get(name)
    if before and str(before).startswith(prefix or f"{logical_name}-"):
        return {**inputs, name: before}
    digits = hashlib.sha256(seed).hexdigest()[:HEX_DIGITS] if seed else secrets.token_hex(4)[:HEX_DIGITS]
    made = f"{prefix or logical_name + '-'}{digits}"
    if kind.lowercase_names:
        made = made.lower()
    suffix = ".fifo" if inputs.get("fifoQueue") or inputs.get("fifoTopic") else ""
    return {**inputs, name: made + suffix}


def is_autonamed(kind: Kind, inputs: State, logical_name: str) -> bool:
    """Whether the name was made here, so that a replacement can stand beside the old resource."""
    return bool(kind.named) and str(inputs.get(kind.named, "")).startswith(f"{logical_name}-")
