"""What a team may say about a cache."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from idp_components.core.links import Links
from idp_components.core.spec import Spec

LARGEST_MIB = 65_536


class CacheSpec(Spec):
    """A cache of keys and values that speaks Redis' protocol: Valkey, on ElastiCache or in the cluster."""

    memory_mib: int = Field(default=128, ge=32, le=LARGEST_MIB, examples=[512])
    """Memory for keys and values in MiB. On ElastiCache the smallest node type that has it is taken."""
    eviction: Literal["allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl", "noeviction"] = Field(
        default="allkeys-lru", examples=["volatile-lru"]
    )
    """What goes when the memory is full (Valkey, "Key eviction"); `noeviction` refuses writes instead: for what must not be lost."""
    runs_on: Literal["cluster", "elasticache"] | None = Field(default=None, examples=["elasticache"])
    """Where it runs; by default what the profile says: `preview` and `dev` in the cluster, `staging` and `production` on ElastiCache."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/carts"}])
    """Documentation and runbook, shown in the catalogue."""
