"""An estimate: what a stack uses, each with its price, and what has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from idp_components.core.spec import SpecError
from idp_components.cost import aws, cluster
from idp_components.cost.cluster import Demand
from idp_components.cost.prices import HOURS_PER_MONTH, Price, Table
from idp_components.cost.usage import Item, Usage


@dataclass(frozen=True)
class Line:
    """One use, and what it costs."""

    usage: Usage
    price: Price | None

    @property
    def usd(self) -> float | None:
        """US dollars a month; none where the price or the quantity isn't known."""
        return None if self.price is None or self.usage.quantity is None else self.price.usd * self.usage.quantity

    @property
    def why_unknown(self) -> str:
        """What isn't known: the price, or how much there is of it."""
        if self.usage.quantity is None:
            return self.usage.note or "the amount isn't known"
        return f"no price of {self.usage.key}" if self.price is None else ""


@dataclass(frozen=True)
class Estimate:
    """What a stack costs."""

    name: str
    region: str
    lines: tuple[Line, ...]
    demand: Demand
    """What its namespace must have room for."""

    @cached_property
    def usd_per_month(self) -> float:
        """What is known of it, in US dollars for an average month."""
        return sum(line.usd or 0 for line in self.lines)

    @property
    def unknown(self) -> list[Line]:
        """What costs something that nobody can name; no part of the sum."""
        return [line for line in self.lines if line.usd is None]

    @property
    def owners(self) -> dict[str, float]:
        """US dollars a month by component, the dearest first."""
        found: dict[str, float] = {}
        for line in self.lines:
            found[line.usage.owner] = found.get(line.usage.owner, 0) + (line.usd or 0)
        return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))

    def usd(self, hours: float) -> float:
        """What so many hours of it cost."""
        return self.usd_per_month * hours / HOURS_PER_MONTH


def estimate(name: str, items: Sequence[Item], region: str, table: Table) -> Estimate:
    """What the items cost in a region. Raises SpecError for a region that the table knows nothing of."""
    if region not in table.regions:
        raise SpecError(
            f"region {region!r}: the price table has none of its prices; it has {', '.join(table.regions)}; "
            "add them in a table of your own: idp cost --prices FILE"
        )
    used: Iterable[Usage] = (*cluster.usage(items, table.assumptions), *aws.usage(items, table.assumptions))
    lines = tuple(Line(usage, table.price(region, usage.key)) for usage in used)
    return Estimate(name, region, lines, cluster.demand(items, table.assumptions))


@dataclass(frozen=True)
class Change:
    """What one component costs here and there."""

    owner: str
    usd: float
    against: float

    @property
    def more(self) -> float:
        """US dollars a month that it costs more here."""
        return self.usd - self.against


def difference(here: Estimate, there: Estimate) -> list[Change]:
    """What the components of two stacks cost, the greatest difference first."""
    ours, theirs = here.owners, there.owners
    changes = [Change(owner, ours.get(owner, 0), theirs.get(owner, 0)) for owner in {**ours, **theirs}]
    return sorted(changes, key=lambda change: (-abs(change.more), change.owner))
