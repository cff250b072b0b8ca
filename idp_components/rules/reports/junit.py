"""JUnit XML, as Jenkins defines it by usage (`junit-10.xsd` of its xunit plugin): a testcase for each resource and rule."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from idp_components.rules.judging import Judgement, Report
from idp_components.rules.levels import Level
from idp_components.rules.reports.order import fails, summary

_ILLEGAL = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What XML can't hold, not even escaped."""


def report(report: Report, failing: Level) -> str:
    """A suite for each file or stack. What doesn't fail is skipped, with its reason."""
    cases: dict[tuple[str, str, str], list[Judgement]] = {}
    for judgement in report.judgements:
        cases.setdefault((judgement.file, judgement.finding.resource.label, judgement.finding.rule.id), []).append(judgement)
    suites: dict[str, list[Element]] = {}
    for (file, resource, rule), judgements in cases.items():
        suites.setdefault(file, []).append(_case(resource, rule, judgements, failing))
    for judgement, waiver in report.waived:
        case = Element("testcase", _attributes(classname=judgement.finding.resource.label, name=judgement.finding.rule.id, time="0"))
        SubElement(case, "skipped", _attributes(message=f"waived by {waiver.id} of {waiver.owner} until {waiver.expires}"))
        suites.setdefault(judgement.file, []).append(case)
    # Viewers take an empty report for a broken run.
    suites = suites or {"idp check": [Element("testcase", _attributes(classname="idp check", name=summary(report), time="0"))]}
    root = Element("testsuites", _attributes(name="idp check", **_counts(case for suite in suites.values() for case in suite)))
    for name, suite in suites.items():
        SubElement(root, "testsuite", _attributes(name=name, time="0", **_counts(suite))).extend(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}'


def _case(resource: str, rule: str, judgements: list[Judgement], failing: Level) -> Element:
    case = Element("testcase", _attributes(classname=resource, name=rule, time="0"))
    first = next((judgement for judgement in judgements if fails(judgement, failing)), judgements[0])
    message = first.finding.message
    if fails(first, failing):
        failure = SubElement(case, "failure", _attributes(type=first.level, message=message))
        places = [f"{judgement.place}: {judgement.finding.message}" for judgement in judgements]
        failure.text = _legal("\n".join([*places, f"Fix: {first.finding.rule.fix}", first.finding.rule.source]))
    else:
        SubElement(case, "skipped", _attributes(message=f"{first.level}: {message}"))
    return case


def _counts(cases: Iterable[Element]) -> dict[str, str]:
    found = list(cases)
    counts = {"tests": len(found), "failures": 0, "errors": 0, "skipped": 0}
    for case in found:
        counts["failures"] += case.find("failure") is not None
        counts["skipped"] += case.find("skipped") is not None
    return {name: str(count) for name, count in counts.items()}


def _attributes(**values: str) -> dict[str, str]:
    return {name: _legal(value) for name, value in values.items()}


def _legal(text: str) -> str:
    return re.sub(_ILLEGAL, "\N{REPLACEMENT CHARACTER}", text)
