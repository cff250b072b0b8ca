"""The report for machines, and for a later run that compares with it (`idp check --base`)."""

from __future__ import annotations

import json
from typing import Any

from idp_components.rules.judging import Judgement, Report
from idp_components.rules.levels import Level


def report(report: Report, _failing: Level) -> str:
    """One JSON object in one line. `findings` count; `known`, `waived` and `fixed` don't."""
    shown: dict[str, Any] = {
        "resources": report.resources,
        "judged": report.judged,
        "findings": [_entry(judgement) for judgement in report.judgements],
        "waived": [_entry(judgement) | {"waiver": waiver.id, "expires": str(waiver.expires)} for judgement, waiver in report.waived],
        "known": [_entry(judgement) for judgement in report.known],
        "fixed": [vars(known) for known in report.fixed],
        "notes": report.notes,
    }
    return json.dumps(shown, ensure_ascii=False)


def _entry(judgement: Judgement) -> dict[str, Any]:
    finding = judgement.finding
    return {
        "rule": finding.rule.id,
        "level": judgement.level,
        "severity": finding.rule.severity,
        "undecided": finding.undecided,
        "fingerprint": judgement.fingerprint,
        "file": judgement.file,
        "line": judgement.line,
        "type": finding.resource.type,
        "urn": finding.resource.urn,
        "resource": finding.resource.label,
        "path": finding.path,
        "message": finding.message,
        "fix": finding.rule.fix,
        "source": finding.rule.source,
    }
