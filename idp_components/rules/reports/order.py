"""Order: findings by what to do first, and the words that all reports for people share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idp_components.rules.judging import Judgement, Report
from idp_components.rules.levels import Level
from idp_components.rules.model import Rule, Severity

LEVELS = (Level.MANDATORY, Level.ADVISORY)
"""The more serious first."""
SEVERITIES = tuple(reversed(Severity))


@dataclass(frozen=True)
class Group:
    """All that one rule found at one level: one thing to learn, and one to do."""

    rule: Rule
    level: Level
    judgements: list[Judgement]


def groups(judgements: Iterable[Judgement]) -> list[Group]:
    """By level, severity and rule. What can't be judged yet is left out: there is nothing to do about it."""
    found: dict[tuple[Level, Rule], list[Judgement]] = {}
    for judgement in judgements:
        if not judgement.finding.undecided:
            found.setdefault((judgement.level, judgement.finding.rule), []).append(judgement)
    by_urgency = sorted(found, key=lambda key: (LEVELS.index(key[0]), SEVERITIES.index(key[1].severity), key[1].id))
    return [Group(rule, level, found[level, rule]) for level, rule in by_urgency]


def undecided(report: Report) -> list[str]:
    """What can't be judged yet, a line for each resource."""
    found: dict[tuple[str, str], list[str]] = {}
    for judgement in report.undecided:
        found.setdefault((judgement.place, judgement.finding.resource.label), []).append(judgement.finding.rule.id)
    return [f"{place}  {resource}: {', '.join(sorted(rules))}" for (place, resource), rules in found.items()]


def fails(judgement: Judgement, failing: Level) -> bool:
    """Whether a judgement is of a level that fails. What can't be judged yet never is."""
    return not judgement.finding.undecided and LEVELS.index(judgement.level) <= LEVELS.index(failing)


def summary(report: Report) -> str:
    """How much was judged, and what it came to, in one line."""
    seen = counted(report.resources, "resource")
    if not report.judged and not report.judgements:
        return f"Nothing judged: no rule applies to the {seen} found."
    judged = f"{counted(report.judged, 'resource')} judged" + (f" of {report.resources}" if report.judged < report.resources else "")
    new = "new " if report.compared_with else ""
    if not report.judgements:
        return f"{judged}: nothing {new}found{_aside(report)}."
    affected = len(
        {(judgement.file, judgement.finding.resource.urn or judgement.finding.resource.label) for judgement in report.judgements}
    )
    counts = [counted(report.count(level), f"{new}{level} finding") for level in LEVELS if report.count(level)]
    counts += [f"{len(report.undecided)} that can't be judged yet"] if report.undecided else []
    return f"{judged}: {', '.join(counts)} in {counted(affected, 'resource')}{_aside(report)}."


def _aside(report: Report) -> str:
    """What doesn't count."""
    counts = {"fixed": len(report.fixed), "known before": len(report.known), "waived": len(report.waived)}
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f" ({said})" if said else ""


def remarks(report: Report) -> list[str]:
    """What else people should know, a sentence each."""
    expiring = [f"Waiver {waiver.id} of {waiver.owner} ends on {waiver.expires}: {waiver.reason}" for waiver in report.expiring]
    stale = [
        f"The baseline lists {counted(len(report.stale), 'finding')} no longer found; take "
        f"{'it' if len(report.stale) == 1 else 'them'} out with --write-baseline."
    ]
    return [*report.notes, *expiring, *(stale if report.stale else [])]


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
