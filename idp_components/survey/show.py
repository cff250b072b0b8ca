"""The report for people: the same sections on a terminal and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp_components.survey.bottlenecks import Bottleneck
from idp_components.survey.delivery import Measure
from idp_components.survey.numbers import Estimate
from idp_components.survey.plan import Remedy
from idp_components.survey.report import Report
from idp_components.survey.rounds import GENERAL

NOTHING = "–"
SPECIAL = re.compile(r"([\\`*_\[\]#!|~<>&])")
"""Characters with a meaning in Markdown or HTML (CommonMark, "Backslash escapes")."""


@dataclass(frozen=True)
class Section:
    """A heading, a table, and what must be said about it."""

    title: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()


def terminal(report: Report, console: Console) -> None:
    """Print the report."""
    for section in sections(report):
        console.print(f"\n[bold]{escape(section.title)}[/]")
        if section.rows:
            table = Table(*section.columns, box=None, pad_edge=False, header_style="dim")
            for row in section.rows:
                table.add_row(*(escape(cell) for cell in row))
            console.print(table)
        for note in section.notes:
            console.print(f"[dim]{escape(note)}[/]", highlight=False)


def markdown(report: Report) -> str:
    """The report as a page."""
    lines = [f"# {plain_text(report.title)}: {report.round}", ""]
    for section in sections(report):
        lines += [f"## {plain_text(section.title)}", ""]
        if section.rows:
            lines += [f"| {' | '.join(section.columns)} |", "|---" * len(section.columns) + "|"]
            lines += [f"| {' | '.join(plain_text(cell) for cell in row)} |" for row in section.rows]
            lines.append("")
        lines += [*(f"- {plain_text(note)}" for note in section.notes), ""] if section.notes else []
    return "\n".join(lines)


def sections(report: Report) -> Iterator[Section]:
    """What the report says, in its order."""
    yield _said(report)
    if groups := [_groups(each) for each in report.bottlenecks if each.groups]:
        yield Section("Where it hurts which team (hours per person and month)", ("what", "by team"), groups)
    if report.against:
        yield _changes(report)
    yield _help(report)
    yield _assumed(report)
    yield Section(
        "What is measured", ("measure", "value", "unit", "details"), [_measure(each) for each in report.measured], _methods(report.measured)
    )
    if report.comments:
        rows = [("everything" if key == GENERAL else key, text) for key, texts in report.comments.items() for text in texts]
        yield Section("What people wrote", ("about", "comment"), rows)
    if report.problems:
        yield Section("Missing", notes=report.problems)


def plain_text(text: str) -> str:
    """Text that stays text in Markdown."""
    return SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def _said(report: Report) -> Section:
    rows = [
        (
            str(rank),
            each.question.text,
            _interval(each.hours),
            f"{each.affected:.0%}",
            NOTHING if each.pain is None else f"{each.pain:.1f}",
            str(each.hours.answers),
            ", ".join(f"{path} ({share:.0%})" for path, share in report.paths(each).items()) or "none",
        )
        for rank, each in enumerate(report.bottlenecks, 1)
    ]
    total = f"All together: {_interval(report.total)} hours per month for {report.developers} developers." if report.total else ""
    withheld = [f"Withheld, fewer than {report.threshold} answers: {each.text}" for each in report.withheld]
    notes = [note for note in (total, report.method, *withheld) if note]
    title = f"Where the time goes, by {report.answers} answers"
    return Section(title, ("#", "what", "hours", "affected", "pain (1-5)", "answers", "golden paths (share they save)"), rows, notes)


def _groups(each: Bottleneck) -> tuple[str, str]:
    return each.question.id, ", ".join(f"{group.team} {_interval(group.hours)}" for group in each.groups)


def _changes(report: Report) -> Section:
    rows = [
        (
            each.question.id,
            f"{each.change.hours.mean:+.1f} ({each.change.hours.low:+.1f} to {each.change.hours.high:+.1f})",
            each.change.verdict,
        )
        for each in report.bottlenecks
        if each.change
    ]
    uncompared = [f"Asked in one of the rounds only: {', '.join(report.not_compared)}"] if report.not_compared else []
    notes = ["Clear is what the whole interval agrees on; who answers may differ between rounds.", *uncompared]
    return Section(f"Since {report.against} (hours per person and month)", ("what", "change", "verdict"), rows, notes)


def _help(report: Report) -> Section:
    months = report.assumptions.horizon_months
    columns = ("golden path", "hours given back a month", "to build", "to keep, a month", f"net in {months} months", "pays back after")
    return Section(
        f"What would help {report.developers} developers (US dollars)",
        columns,
        [_remedy(each) for each in report.remedies],
        [f"{each.path}: {each.because}" for each in report.remedies],
    )


def _remedy(each: Remedy) -> tuple[str, ...]:
    net = each.net_usd
    return (
        each.path,
        _interval(each.saved_hours_per_month),
        f"{each.build_usd:,.0f}",
        f"{each.keep_usd_per_month:,.0f}",
        f"{net.mean:,.0f} ({net.low:,.0f} to {net.high:,.0f})",
        "never" if each.pays_back_months is None else f"{each.pays_back_months:.1f} months",
    )


def _assumed(report: Report) -> Section:
    columns = (
        "golden path",
        "customisation, h",
        "integration, h",
        "maintenance, h a month",
        "licences, USD a month",
        "running, USD a month",
        "saves",
    )
    rows = [
        (
            name,
            f"{each.customisation_hours:g}",
            f"{each.integration_hours:g}",
            f"{each.maintenance_hours_per_month:g}",
            f"{each.licences_usd_per_month:g}",
            f"{each.running_usd_per_month:g}",
            ", ".join(f"{question} {share:.0%}" for question, share in each.saves.items()),
        )
        for name, each in report.assumptions.paths.items()
    ]
    notes = [
        f"One hour costs {report.assumptions.hour_usd:g} USD; {report.developers} developers; {report.assumptions.horizon_months} months.",
        "The intervals above are of the answers alone: if an assumption is wrong, so is what follows from it. "
        "Yours: idp survey assumptions > assumptions.yaml, edit, idp survey report --assumptions assumptions.yaml",
    ]
    return Section("Assumed", columns, rows, notes)


def _measure(each: Measure) -> tuple[str, ...]:
    value = NOTHING if each.value is None else f"{each.value:.0%}" if each.unit == "share" else f"{each.value:.1f}"
    return each.name, value, each.unit, each.detail


def _methods(measured: Sequence[Measure]) -> list[str]:
    return [f"{each.name}: {each.method}. Source: {each.source}" for each in measured] or ["Nothing: --no-history."]


def _interval(each: Estimate) -> str:
    return f"{each.mean:.1f} ({each.low:.1f} to {each.high:.1f})"
