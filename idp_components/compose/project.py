"""What a compose file and a team's file both can say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp_components.service.spec import ServiceSpec, WorkerSpec

MIB = 1024**2
UNITS = {"b": 1, "k": 1024, "kb": 1024, "m": MIB, "mb": MIB, "g": 1024 * MIB, "gb": 1024 * MIB}
SIZE = re.compile(r"([0-9]+)([a-zA-Z]{1,2})")
LONGEST_HOURS = 720
"""Hours after which Uffizzi removes a preview at the latest (uffizzi, config/settings.yml)."""


@dataclass(frozen=True)
class Link:
    """A connection from one service to another: a variable with its address."""

    variable: str
    target: str


@dataclass(frozen=True)
class Project:
    """Services and workers by name, who calls whom, and how long a preview of them stays."""

    workloads: Mapping[str, ServiceSpec | WorkerSpec]
    links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)
    """Connections by the name of what uses them."""
    ttl_hours: int | None = None
    """Hours from the creation of a preview to its end."""

    def address(self, name: str) -> str:
        """`host:port` of a service, as the others reach it."""
        spec = self.workloads[name]
        if not isinstance(spec, ServiceSpec):
            raise TypeError(f"{name} listens nowhere")
        return f"{name}:{spec.ports.container}"


def mebibytes(value: Any) -> int | None:
    """A size in MiB, rounded up; none for what is no size of a compose file."""
    found = SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None or (unit := UNITS.get(found[2].lower())) is None:
        return None
    return max(-(-int(found[1]) * unit // MIB), 1)


def millicores(value: Any) -> int | None:
    """CPU in thousandths of a core; none for what is no number."""
    try:
        found = round(float(value) * 1000)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 1 <= found <= 64_000 else None
