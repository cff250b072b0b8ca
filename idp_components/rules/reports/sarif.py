"""SARIF 2.1.0, as the code scanning of GitHub and GitLab reads it.

https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from idp_components.rules.judging import Judgement, Report
from idp_components.rules.levels import Level
from idp_components.rules.model import Rule, Severity
from idp_components.rules.packs import PACKS
from idp_components.rules.reports.order import groups

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "idpRuleResourcePlace/v1"
MAX_RESULTS = 25_000
"""GitHub refuses a run with more."""
MAX_TAGS = 20
"""GitHub refuses a rule with more."""
SECURITY_SEVERITY = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
"""A number within the range that GitHub shows under this name."""


def report(report: Report, _failing: Level) -> str:
    """One run. What is known before or waived is told as such, so that code scanning does not call it fixed."""
    from importlib.metadata import version  # here: it takes as long to load as a file to judge

    counting = [judgement for group in groups(report.judgements) for judgement in group.judgements]
    everything = [*counting, *report.undecided, *report.known, *(judgement for judgement, _ in report.waived)]
    rules = list(dict.fromkeys(judgement.finding.rule for judgement in everything))
    index = {rule: number for number, rule in enumerate(rules)}
    compared = bool(report.compared_with)
    results = [
        *(_result(judgement, index) | ({"baselineState": "new"} if compared else {}) for judgement in (*counting, *report.undecided)),
        *(_result(judgement, index) | {"baselineState": "unchanged"} for judgement in report.known),
        *(_result(judgement, index) | {"suppressions": [_suppression(waiver)]} for judgement, waiver in report.waived),
    ]
    driver = {
        "name": "idp check",
        "semanticVersion": version("idp-components"),
        "rules": [_rule(rule, everything) for rule in rules],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results[:MAX_RESULTS]}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: Rule, judgements: Iterable[Judgement]) -> dict[str, Any]:
    pack = next((pack.name.removeprefix("idp-") for pack in PACKS if rule in pack.levels), "")
    level = min((each.level for each in judgements if each.finding.rule is rule and not each.finding.undecided), default=Level.ADVISORY)
    properties: dict[str, Any] = {"tags": [pack, *rule.tags][:MAX_TAGS], "precision": "high", "problem.severity": _severity(level)}
    if pack == "security":
        properties["security-severity"] = SECURITY_SEVERITY[rule.severity]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.rationale},
        "help": {
            "text": f"{rule.rationale}\n\nFix: {rule.fix}\n\nSource: {rule.source}",
            "markdown": f"{rule.rationale}\n\n**Fix:** {rule.fix}\n\n[Source]({rule.source})",
        },
        "helpUri": rule.source,
        "defaultConfiguration": {"level": "error" if level is Level.MANDATORY else "warning"},
        "properties": properties,
    }


def _severity(level: Level) -> str:
    return "error" if level is Level.MANDATORY else "warning"


def _result(judgement: Judgement, index: dict[Rule, int]) -> dict[str, Any]:
    finding = judgement.finding
    resource = finding.resource
    physical = {"artifactLocation": _artifact(judgement.file), "region": {"startLine": judgement.line or 1}}
    logical = {"fullyQualifiedName": resource.urn or resource.label, "kind": "resource"}
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": index[finding.rule],
        "level": "note" if finding.undecided else "error" if judgement.level is Level.MANDATORY else "warning",
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
        "partialFingerprints": {FINGERPRINT: judgement.fingerprint},
    }


def _artifact(file: str) -> dict[str, str]:
    """A file below the current folder, which is the repository's in a pipeline, by its relative URI; another one in full."""
    path = Path(file)
    if path.is_absolute() or ".." in path.parts:
        resolved = path.resolve()
        if not resolved.is_relative_to(Path.cwd()):
            return {"uri": resolved.as_uri()}
        path = resolved.relative_to(Path.cwd())
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _suppression(waiver: Any) -> dict[str, str]:
    justification = f"{waiver.id} of {waiver.owner} until {waiver.expires}: {waiver.reason}"
    return {"kind": "external", "status": "accepted", "justification": justification}
