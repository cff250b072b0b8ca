"""The report for people: what to do first, one fix per rule, and below it the places."""

from __future__ import annotations

from collections.abc import Iterator

from click import style

from idp_components.rules.judging import Report
from idp_components.rules.levels import Level
from idp_components.rules.reports.order import Group, counted, groups, remarks, summary, undecided

COLOURS = {Level.MANDATORY: "red", Level.ADVISORY: "yellow"}
PLACES = 20
"""Places that are shown of one rule; a report of thousands is read by nobody."""


def report(report: Report, _failing: Level) -> str:
    """For a terminal."""
    lines: list[str] = []
    for group in groups(report.judgements):
        lines += [*_group(group), ""]
    if report.undecided:
        heading = style("can't be judged yet", fg="yellow") + "  A value that decides is only known after the update."
        lines += [heading, *(f"  {line}" for line in undecided(report)), ""]
    if report.waived:
        lines += [style("waived", bold=True), *_waived(report), ""]
    if report.fixed:
        lines += [style("fixed", fg="green"), *(f"  {known.rule}  {known.resource}" for known in report.fixed), ""]
    lines += remarks(report)
    clean = not report.judgements and report.judged
    return "\n".join([*lines, style(summary(report), **({"fg": "green"} if clean else {"bold": bool(report.judgements)}))])


def _group(group: Group) -> Iterator[str]:
    rule = group.rule
    badge = style(f"{group.level:9} {rule.severity:8}", fg=COLOURS[group.level])
    yield f"{badge} {style(rule.id, bold=True)}  {rule.title}"
    yield style(f"  Fix: {rule.fix}", dim=True)
    for judgement in group.judgements[:PLACES]:
        yield f"  {judgement.place}  {judgement.finding.message}"
    if (more := len(group.judgements) - PLACES) > 0:
        yield f"  and {counted(more, 'more place')}; --format json lists all"


def _waived(report: Report) -> Iterator[str]:
    for judgement, waiver in report.waived:
        where = f"{judgement.finding.rule.id}  {judgement.finding.resource.label}"
        yield f"  {where}  by {waiver.id} of {waiver.owner} until {waiver.expires}: {waiver.reason}"
