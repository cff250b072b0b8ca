"""Markdown for a comment on a pull request: one line that says it all, and the rest folded away."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from idp_components.rules.judging import Report
from idp_components.rules.levels import Level
from idp_components.rules.regex import regex
from idp_components.rules.reports.order import Group, counted, groups, remarks, summary, undecided

LIMIT = 65_536
"""Characters of a comment at GitHub."""
TAIL = 200
"""Characters that are kept for the line that says how much was left out."""
_SPECIAL = regex(r"([\\`*_{}\[\]()#+!|~$])")


def report(report: Report, _failing: Level) -> str:
    """The summary first, then a section for each rule, the most urgent first; as much as fits."""
    mark = "❌" if report.count(Level.MANDATORY) else "⚠️" if report.judgements else "✅"
    lines = [f"{mark} **{_safe(summary(report))}**", ""]
    lines += [f"- {_safe(remark)}" for remark in remarks(report)]
    size, shown, total = _size(lines), 0, len(report.judgements) - len(report.undecided)
    for group in groups(report.judgements):
        section, places = _section(group, LIMIT - TAIL - size)
        if not places:
            break
        lines += section
        size += _size(section)
        shown += places
        if places < len(group.judgements):
            break
    lines += _folded("Can't be judged before the update", undecided(report), LIMIT - TAIL - _size(lines))
    if shown < total:
        lines += ["", f"… and {total - shown} more; `idp check` lists all."]
    lines += _folded("Fixed", [f"{known.rule} at {known.resource}" for known in report.fixed], LIMIT - TAIL - _size(lines))
    waived = [f"{judgement.finding.message} ({waiver.id}, {waiver.owner}, until {waiver.expires})" for judgement, waiver in report.waived]
    return "\n".join([*lines, *_folded("Waived", waived, LIMIT - TAIL - _size(lines))])


def _section(group: Group, room: int) -> tuple[list[str], int]:
    """A rule's section, and how many places of it fit."""
    rule = group.rule
    title = f"{group.level} · {rule.severity} · <b>{escape(rule.id)}</b>: {counted(len(group.judgements), 'place')}"
    head = ["", f"<details><summary>{title}</summary>", "", f"{_safe(rule.title)} {_safe(rule.rationale)}", ""]
    head += [f"**Fix:** {_safe(rule.fix)} [Source]({rule.source})", ""]
    lines = list(_fitting((f"- {_code(each.place)} {_safe(each.finding.message)}" for each in group.judgements), room - _size(head) - 12))
    return [*head, *lines, "", "</details>"], len(lines)


def _folded(title: str, items: list[str], room: int) -> list[str]:
    lines = list(_fitting((f"- {_safe(item)}" for item in items), room - TAIL))
    return ["", f"<details><summary>{title}: {len(items)}</summary>", "", *lines, "", "</details>"] if lines else []


def _fitting(lines: Iterator[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _size(lines: list[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _safe(text: str) -> str:
    """Text that is only text: no markup, no HTML, nobody mentioned."""
    return _SPECIAL.sub(r"\\\1", escape(" ".join(text.split()), quote=False)).replace("@", "&#64;")


def _code(text: str) -> str:
    return f"<code>{_safe(text)}</code>"
