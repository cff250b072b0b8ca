"""An estimate for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from idp_components.cost.estimate import Change, Estimate, Line
from idp_components.cost.prices import Source

CENTS = 2


def show(estimates: Sequence[Estimate], console: Console) -> None:
    """Print what each stack costs, by component, what isn't known, and how old the prices are."""
    table = _table("what", "US dollars a month", "stands on")
    for found in estimates:
        table.add_row(f"[bold]{found.name}[/]", f"[bold]{found.usd_per_month:,.2f}[/]", f"[dim]{found.region}[/]")
        for owner, usd in found.owners.items():
            table.add_row(f"  {owner}", f"{usd:,.2f}", "")
            for line in (line for line in found.lines if line.usage.owner == owner and line.usd is not None):
                table.add_row(f"    [dim]{line.usage.what}[/]", f"[dim]{line.usd:,.2f}[/]", f"[dim]{line.usage.note}[/]")
        table.add_section()
    console.print(table)
    if len(estimates) > 1:
        console.print(f"together: [bold]{sum(found.usd_per_month for found in estimates):,.2f}[/] US dollars a month\n")
    show_unknown(estimates, console)
    for source in sources(estimates):
        console.print(f"[dim]prices of {source.date}: {source.title}, {source.url}[/]", highlight=False, soft_wrap=True)


def show_difference(here: Estimate, there: Estimate, changes: Sequence[Change], console: Console) -> None:
    """Print what two stacks cost, component by component."""
    table = _table("what", here.name, there.name, "difference")
    for change in changes:
        table.add_row(change.owner, f"{change.usd:,.2f}", f"{change.against:,.2f}", f"{change.more:+,.2f}")
    table.add_section()
    more = here.usd_per_month - there.usd_per_month
    table.add_row("[bold]together[/]", f"{here.usd_per_month:,.2f}", f"{there.usd_per_month:,.2f}", f"[bold]{more:+,.2f}[/]")
    console.print(table)
    console.print("US dollars a month\n")
    show_unknown([here, there], console)


def document(found: Estimate) -> dict[str, Any]:
    """An estimate as plain data."""
    return {
        "stack": found.name,
        "region": found.region,
        "usd_per_month": round(found.usd_per_month, CENTS),
        "components": {owner: round(usd, CENTS) for owner, usd in found.owners.items()},
        "lines": [_line(line) for line in found.lines if line.usd is not None],
        "unknown": [{"component": line.usage.owner, "what": line.usage.what, "why": line.why_unknown} for line in found.unknown],
        "demand": {
            "cores": found.demand.cores,
            "memory_gib": found.demand.memory_gib,
            "storage_gib": found.demand.storage_gib,
            "pods": found.demand.pods,
        },
        "sources": [source.model_dump(mode="json") for source in sources([found])],
    }


def difference_document(here: Estimate, there: Estimate, changes: Sequence[Change]) -> dict[str, Any]:
    """A difference as plain data."""
    return {
        "stack": document(here),
        "against": document(there),
        "usd_per_month": round(here.usd_per_month - there.usd_per_month, CENTS),
        "components": {
            change.owner: {"usd": round(change.usd, CENTS), "against": round(change.against, CENTS), "more": round(change.more, CENTS)}
            for change in changes
        },
    }


def sources(estimates: Sequence[Estimate]) -> list[Source]:
    """Where the prices of the estimates stand, the oldest first."""
    used = {line.price.source for found in estimates for line in found.lines if line.price is not None}
    return sorted(used, key=lambda source: (source.date, source.url))


def _line(line: Line) -> dict[str, Any]:
    price = line.price
    return {
        "component": line.usage.owner,
        "what": line.usage.what,
        "key": line.usage.key,
        "quantity": line.usage.quantity,
        "unit": price.unit if price else None,
        "unit_usd": price.usd if price else None,
        "usd_per_month": line.usd,
        "assumption": line.usage.note or None,
    }


def show_unknown(estimates: Sequence[Estimate], console: Console) -> None:
    """Print what the sums lack."""
    found = [(estimate.name, line) for estimate in estimates for line in estimate.unknown]
    if found:
        console.print("[bold yellow]not in the sums[/], since nobody knows what it costs:")
        for name, line in found:
            console.print(f"  {name}  {line.usage.owner}  {line.usage.what}  [dim]{line.why_unknown}[/]", highlight=False, soft_wrap=True)
        console.print()


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for index, heading in enumerate(headings):
        numbers = heading != "stands on" and index > 0
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold", no_wrap=numbers)
    return table
