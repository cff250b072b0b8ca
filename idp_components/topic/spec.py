"""What a team may say about a topic."""

from __future__ import annotations

from pydantic import Field

from idp_components.core.links import Links
from idp_components.core.spec import Spec


class TopicSpec(Spec):
    """Events that any number of queues get a copy of."""

    display_name: str | None = Field(default=None, min_length=1, max_length=100, examples=["Orders"])
    """Name that people see."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/orders"}])
    """Documentation and runbook, shown in the catalogue."""
