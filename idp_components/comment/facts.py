"""What a comment says about an environment, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime, Field

from idp_components.core.spec import Spec
from idp_components.cost.prices import HOURS_PER_MONTH

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
    ends_at: AwareDatetime | None = Field(default=None, examples=["2026-01-04T00:00:00Z"])
    """When it ends."""
    usd_per_month: float | None = Field(default=None, ge=0, examples=[21.65])
    """What is known of its cost, in US dollars for a whole month; none where nothing is known."""
    usd_so_far: float | None = Field(default=None, ge=0, examples=[1.42])
    """What is known of its cost since its creation, in US dollars."""
    unknown_costs: int = Field(default=0, ge=0)
    """How many of its parts cost something that nobody can name."""

    @property
    def usd_per_day(self) -> float | None:
        """US dollars a day."""
        return None if self.usd_per_month is None else self.usd_per_month / HOURS_PER_MONTH * 24


def of_environment(found: Mapping[str, Any]) -> Facts:
    """The comment's part of everything that is known of an environment (`environments.facts`). Raises SpecError."""
    said = {key: found[key] for key in Facts.model_fields if found.get(key) is not None}
    if found.get("kept_until"):  # both are RFC 3339 in UTC, so the later one is the greater text
        said["ends_at"] = max(found["ends_at"], found["kept_until"])
    return Facts.parse(said, found["name"])
