"""How `idp env create` shows what it would make, for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp_components.cost import report
from idp_components.environments.derivation import Derivation, Part
from idp_components.environments.plan import Plan

STYLES = {"stand-in": "green", "shared": "cyan", "copied": "blue", "left out": "dim", "new": "yellow"}


def show_plan(plan: Plan, console: Console) -> None:
    """Print what would be made, and what it costs."""
    if plan.derivation:
        show_derivation(plan.derivation, console)
    elif plan.estimate:
        report.show([plan.estimate], console)
    console.print(f"{plan.wanted.name} would end {plan.wanted.hours} hours after its creation; nothing was changed", highlight=False)


def show_derivation(found: Derivation, console: Console) -> None:
    """Print what becomes of each component and config key of the source, and the costs there and here."""
    here, there = found.here, found.there
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in ("", "what", "why", there.name, here.name):
        numbers = heading in (there.name, here.name)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold", no_wrap=numbers)
    for part in found.parts:
        costs = (estimate.owners.get(part.name, 0) for estimate in (there, here))
        table.add_row(_word(part.becomes), f"{part.kind} {part.name}", escape(_why(part)), *(f"{usd:,.2f}" for usd in costs))
    for key in found.carried.keys:
        table.add_row(_word(key.becomes), escape(f"config {key.name}"), escape(key.why))
    table.add_section()
    more = here.usd_per_month - there.usd_per_month
    totals = (f"{there.usd_per_month:,.2f}", f"{here.usd_per_month:,.2f}")
    table.add_row("", "[bold]US dollars a month[/]", f"[bold]{more:+,.2f}[/]", *totals)
    console.print(table)
    report.show_unknown([there, here], console)


def _word(becomes: str) -> str:
    return f"[{STYLES[becomes]}]{becomes}[/]"


def _why(part: Part) -> str:
    """The reason, and which of its resources have no counterpart."""
    missing = sorted({each.type.rsplit(":", 1)[1] for each in part.resources if each.becomes == "left out"})
    return f"{part.why}; without {', '.join(missing)}" if missing and part.becomes != "left out" else part.why
