"""What a team may say about a queue."""

from __future__ import annotations

from pydantic import Field

from idp_components.core.links import Links
from idp_components.core.spec import Spec


class QueueSpec(Spec):
    """A queue of messages, each handled by one consumer."""

    fifo: bool = False
    """Keep the order, and every message once: at most 300 messages a second (SQS quotas)."""
    visibility_seconds: int = Field(default=30, ge=1, le=43_200, examples=[30])
    """Seconds that a consumer has for a message before another one gets it: longer than the slowest handling."""
    retention_days: int = Field(default=4, ge=1, le=14, examples=[4])
    """Days that a message waits at most. In the dead-letter queue it waits 14."""
    max_receives: int = Field(default=5, ge=1, le=1000, examples=[5])
    """Failed attempts after which a message goes to the dead-letter queue."""
    max_age_minutes: int = Field(default=15, ge=1, le=20_160, examples=[15])
    """Age in minutes of the oldest message that raises an alarm."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/orders"}])
    """Documentation and runbook, shown in the catalogue."""
