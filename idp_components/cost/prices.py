"""The price table: what a thing costs in a region, who says so, and as of when."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from idp_components.core.spec import Spec, SpecError

OWN_TABLE = Path(__file__).with_name("prices.yaml")
HOURS_PER_MONTH = 730
"""Hours of an average month, as AWS' own calculator has it."""
VCPU, MEMORY = "cluster/vcpu", "cluster/memory"
"""An hour of a core, and of a GiB of memory, in the cluster."""

Unit = Literal["hour", "month", "gib-month", "gib", "request"]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Source(Spec):
    """Where a price stands."""

    title: str
    """What it is, and how it was read."""
    url: str = Field(pattern=r"^https://\S+$", examples=["https://aws.amazon.com/rds/postgresql/pricing/"])
    """Address."""
    date: datetime.date = Field(examples=["2026-09-01"])
    """Day as of which its prices hold."""


class Prices(Spec):
    """Prices of one source and unit."""

    source: str = Field(examples=["infracost"])
    """Its key in `sources`."""
    regions: tuple[str, ...] = Field(min_length=1, examples=[["eu-central-1"]])
    """Regions of AWS that they hold for."""
    unit: Unit
    """What one costs so much."""
    usd: dict[str, Usd] = Field(examples=[{"rds/db.t4g.micro": 0.019}])
    """US dollars by key."""


class Node(Spec):
    """An instance type of the cluster's nodes."""

    type: str = Field(examples=["m7g.large"])
    """Name; its price is `ec2/linux/<name>`."""
    vcpu: int = Field(ge=1, examples=[2])
    """Cores."""
    memory_gib: float = Field(gt=0, examples=[8])
    """Memory in GiB."""


class Nodes(Spec):
    """Two types that differ in memory alone: their difference is the price of memory, and what is left that of a core."""

    lean: Node
    """The one with less memory."""
    rich: Node
    """The one with more."""


class Assumptions(Spec):
    """What nobody can know beforehand, per thing and month."""

    sqs_requests: Usd = Field(examples=[1_000_000])
    """Requests to a queue."""
    sns_publishes: Usd = Field(examples=[1_000_000])
    """Messages published to a topic."""
    s3_gib: Usd = Field(examples=[10])
    """GiB in a bucket."""
    s3_writes: Usd = Field(examples=[100_000])
    """Objects written and listed."""
    s3_reads: Usd = Field(examples=[1_000_000])
    """Objects read."""
    nat_gib: Usd = Field(examples=[100])
    """GiB through a NAT gateway."""
    job_hours: Usd = Field(examples=[30])
    """Hours that a scheduled job runs."""
    once_hours: Usd = Field(examples=[1])
    """Hours that a job runs that runs once, such as a migration."""


class PriceFile(Spec):
    """The file of a price table."""

    sources: dict[str, Source]
    """Sources by key."""
    prices: tuple[Prices, ...]
    """Prices; a later entry wins over an earlier one."""
    nodes: Nodes
    """What the cluster's nodes are."""
    assumptions: Assumptions
    """What nobody can know beforehand."""


@dataclass(frozen=True)
class Price:
    """What one unit costs."""

    usd: float
    unit: str
    source: Source


@dataclass(frozen=True)
class Table:
    """Prices by region and key."""

    prices: Mapping[tuple[str, str], Price]
    assumptions: Assumptions

    def price(self, region: str, key: str) -> Price | None:
        """What it costs there; none where no source says so."""
        return self.prices.get((region, key))

    @property
    def regions(self) -> list[str]:
        """Regions that it has prices of."""
        return sorted({region for region, _ in self.prices})


@cache
def table(path: Path = OWN_TABLE) -> Table:
    """The table in a file. Raises SpecError."""
    try:
        loaded = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
    except (OSError, yaml.YAMLError) as error:
        raise SpecError(f"{path}: can't be read as a price table: {error}") from error
    file = PriceFile.parse(loaded, path.name)
    found: dict[tuple[str, str], Price] = {}
    for index, group in enumerate(file.prices):
        if group.source not in file.sources:
            raise SpecError(
                f"{path.name}.prices[{index}].source: {group.source!r} is not in sources; there are: {', '.join(sorted(file.sources))}"
            )
        for region in group.regions:
            found |= {(region, key): Price(usd, group.unit, file.sources[group.source]) for key, usd in group.usd.items()}
    for region in {region for region, _ in found}:
        found |= _cluster(file.nodes, region, found)
    return Table(found, file.assumptions)


def _cluster(nodes: Nodes, region: str, prices: Mapping[tuple[str, str], Price]) -> dict[tuple[str, str], Price]:
    """Prices of a core and a GiB in the cluster; none where those of the nodes aren't known. Raises SpecError."""
    lean, rich = nodes.lean, nodes.rich
    if lean.vcpu != rich.vcpu or lean.memory_gib >= rich.memory_gib:
        raise SpecError(
            f"nodes: {lean.type} and {rich.type} must have as many cores as each other, and the second more memory, "
            "for example m7g.large (2 cores, 8 GiB) and r7g.large (2 cores, 16 GiB)"
        )
    less, more = (prices.get((region, f"ec2/linux/{node.type}")) for node in (lean, rich))
    if less is None or more is None:
        return {}
    memory = (more.usd - less.usd) / (rich.memory_gib - lean.memory_gib)
    core = (less.usd - memory * lean.memory_gib) / lean.vcpu
    return {(region, MEMORY): Price(memory, "hour", less.source), (region, VCPU): Price(core, "hour", less.source)}
