"""What would help: golden paths by the time that they give back, and what building and keeping them costs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from idp_components.core.spec import Spec, SpecError
from idp_components.survey import source
from idp_components.survey.bottlenecks import weighted
from idp_components.survey.numbers import Estimate
from idp_components.survey.rounds import Round

OWN = Path(__file__).with_name("assumptions.yaml")
ROUNDING = 1e-9
"""Ten shares of a tenth are 1, whatever a float says."""
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class Assumption(Spec):
    """What one golden path is assumed to cost and to save."""

    because: str = Field(min_length=1, examples=["an environment per pull request, that ends by itself"])
    """Why it would help."""
    customisation_hours: Amount
    """Once: making it fit the organisation."""
    integration_hours: Amount
    """Once: connecting it with what is there."""
    maintenance_hours_per_month: Amount
    """Upgrades, questions, repairs."""
    licences_usd_per_month: Amount
    """Licences and support contracts."""
    running_usd_per_month: Amount
    """Machines that it needs by itself."""
    saves: dict[str, Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]] = Field(examples=[{"wait_environment": 0.6}])
    """Share of a question's lost time that goes away, by the question's id."""


class Assumptions(Spec):
    """What a report can't know."""

    developers: int | None = Field(default=None, ge=1, le=1_000_000, examples=[120])
    """Whom the answers speak for; by default only those who answered."""
    hour_usd: Amount = Field(examples=[90])
    """One working hour with everything that the employer pays."""
    horizon_months: int = Field(ge=1, le=120, examples=[24])
    """How long a golden path should be worth it."""
    paths: dict[str, Assumption]
    """By golden path."""


@dataclass(frozen=True)
class Remedy:
    """A golden path, what it gives back and what it costs."""

    path: str
    because: str
    saves: dict[str, float]
    """Share by question, of those questions that enough people answered."""
    saved_hours_per_month: Estimate
    """Of all developers together."""
    build_usd: float
    """Once: customisation and integration."""
    keep_usd_per_month: float
    """Maintenance, licences, machines."""
    net_usd: Estimate
    """Over the horizon: time given back, less building, less keeping. Below zero: not worth it."""
    pays_back_months: float | None
    """Until it is worth what it cost, by the mean; None for one that costs more per month than it saves."""


def read(path: Path = OWN) -> Assumptions:
    """The assumptions in a file. Raises SpecError."""
    return parse(source.parsed(source.text(path), str(path)), str(path))


def parse(data: Any, place: str) -> Assumptions:
    """The assumptions in decoded data. Raises SpecError, also where the shares of one question are more than all of it."""
    said = source.mapping(data, place, "hour_usd: 90")
    paths = source.mapping(said.get("paths"), f"{place}: paths", "ephemeral-environment: {because: …, saves: {wait_environment: 0.6}}")
    # Each by itself: an error inside a mapping of mappings would not know its place.
    parsed = {name: Assumption.parse(each, f"{place}: paths.{name}") for name, each in paths.items()}
    for question in {key for each in parsed.values() for key in each.saves}:
        shares = {name: each.saves[question] for name, each in parsed.items() if question in each.saves}
        if sum(shares.values()) > 1 + ROUNDING:
            listed = ", ".join(f"{name} {share:g}" for name, share in sorted(shares.items()))
            raise SpecError(
                f"{place}: paths save more than all time lost to {question} ({listed}); lower the shares until their sum is at most 1"
            )
    return Assumptions.parse({**said, "paths": parsed}, place)


def remedies(this: Round, told: Collection[str], assumptions: Assumptions) -> list[Remedy]:
    """The golden paths that address a question in `told`, the most worthwhile first."""
    found = [_remedy(name, each, this, told, assumptions) for name, each in assumptions.paths.items()]
    return sorted((each for each in found if each), key=lambda each: (-each.net_usd.mean, each.path))


def developers(this: Round, assumptions: Assumptions) -> int:
    """Whom the answers speak for."""
    return assumptions.developers or len(this.answers)


def unasked(this: Round, assumptions: Assumptions) -> list[str]:
    """Questions that the assumptions name and the round didn't ask."""
    named = {key for each in assumptions.paths.values() for key in each.saves}
    return sorted(named - {each.id for each in this.questionnaire.questions})


def _remedy(name: str, each: Assumption, this: Round, told: Collection[str], assumptions: Assumptions) -> Remedy | None:
    saves = {key: share for key, share in each.saves.items() if key in told and share}
    per_person = weighted(this, saves)
    if per_person is None:
        return None
    saved = per_person.times(developers(this, assumptions))
    build = (each.customisation_hours + each.integration_hours) * assumptions.hour_usd
    keep = each.maintenance_hours_per_month * assumptions.hour_usd + each.licences_usd_per_month + each.running_usd_per_month

    def net(hours: float) -> float:
        return (hours * assumptions.hour_usd - keep) * assumptions.horizon_months - build

    left = saved.mean * assumptions.hour_usd - keep
    return Remedy(
        path=name,
        because=each.because,
        saves=saves,
        saved_hours_per_month=saved,
        build_usd=build,
        keep_usd_per_month=keep,
        net_usd=Estimate(net(saved.mean), net(saved.low), net(saved.high), saved.answers),
        pays_back_months=build / left if left > 0 else None,
    )
