"""What a comment says about an environment, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field

from idp_components.core import labels
from idp_components.core.spec import Spec
from idp_components.cost.exported import of_state
from idp_components.cost.prices import HOURS_PER_MONTH, Table
from idp_components.deploy.outcome import components
from idp_components.testing import STACK_TYPE

NAMESPACE = "kubernetes:core/v1:Namespace"
NAME_PATTERN = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"


class Part(Spec):
    """One component of an environment."""

    kind: str = Field(max_length=100, examples=["Service"])
    """Kind of golden path."""
    name: str = Field(max_length=100, examples=["frontend"])
    """Name."""


class Facts(Spec):
    """Everything that the comment of one environment says."""

    name: str = Field(pattern=NAME_PATTERN, max_length=80, examples=["checkout-pr-42"])
    """Name of its stack."""
    state: str = Field(max_length=40, examples=["running"])
    """How it is: `running`, `asleep`, `kept`, `expired` and so on."""
    owner: str = Field(default="", max_length=200)
    """Who answers for it."""
    urls: dict[str, str] = Field(default_factory=dict, examples=[{"frontend": "https://frontend.shop-pr-42.example.com/"}])
    """Addresses from outside, by the component that answers there."""
    components: tuple[Part, ...] = ()
    """What is inside."""
    created_at: AwareDatetime | None = Field(default=None, examples=["2026-01-01T00:00:00Z"])
    """When it was made."""
    ends_at: AwareDatetime | None = Field(default=None, examples=["2026-01-04T00:00:00Z"])
    """When it ends."""
    usd_per_month: float | None = Field(default=None, ge=0, examples=[21.65])
    """What is known of its cost, in US dollars for a whole month; none where nothing is known."""
    unknown_costs: int = Field(default=0, ge=0)
    """How many of its parts cost something that nobody can name."""

    @property
    def usd_per_day(self) -> float | None:
        """US dollars a day."""
        return None if self.usd_per_month is None else self.usd_per_month / HOURS_PER_MONTH * 24

    def usd_until(self, now: datetime) -> float | None:
        """US dollars from its creation to a moment, or to its end."""
        if self.usd_per_month is None or self.created_at is None:
            return None
        until = min(now, self.ends_at) if self.ends_at else now
        return self.usd_per_month / HOURS_PER_MONTH * max((until - self.created_at) / timedelta(hours=1), 0)


def of_exported(name: str, state: Mapping[str, Any], table: Table, now: datetime, region: str | None = None) -> Facts:
    """The facts that a stack's exported state has. Raises SpecError."""
    resources = (state.get("deployment") or {}).get("resources") or ()
    outputs = next((each.get("outputs") or {} for each in resources if each["type"] == STACK_TYPE), {})
    said = next((_annotations(each) for each in resources if each["type"] == NAMESPACE and _annotations(each).get(labels.OWNER)), {})
    end, hours = outputs.get("expires_at"), said.get(labels.EXPIRES_AFTER)
    ends_at = datetime.fromisoformat(str(end).replace("Z", "+00:00")).astimezone(UTC) if isinstance(end, str) else None
    cost = of_state(name, state, table, region)
    urls = outputs.get("urls")
    return Facts.parse(
        {
            "name": name,
            "state": "expired" if ends_at and ends_at <= now else "running",
            "owner": said.get(labels.OWNER, ""),
            "urls": urls if isinstance(urls, dict) else {},
            "components": [{"kind": each.kind, "name": each.name} for each in components(state, {}) if each.kind != "EphemeralEnvironment"],
            "created_at": ends_at - timedelta(hours=int(hours)) if ends_at and hours and hours.isdecimal() else None,
            "ends_at": ends_at,
            "usd_per_month": round(cost.usd_per_month, 4),
            "unknown_costs": len(cost.unknown),
        },
        name,
    )


def _annotations(resource: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = ((resource.get("inputs") or {}).get("metadata") or {}).get("annotations") or {}
    return found
