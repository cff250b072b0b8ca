"""Known findings: an old estate's baseline, which may only shrink, and the report of the branch that a change is compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp_components.rules.judging import Judgement, Known, Report

VERSION = 1


class BaselineError(Exception):
    """A file of known findings that can't be read; the message begins with its name."""


def read(path: Path) -> dict[str, Known]:
    """Known findings by fingerprint, from a baseline or from a report in JSON. Raises BaselineError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        # A report's own known findings are still there, and its waived ones may come back.
        entries = [entry for key in ("findings", "known", "waived") for entry in data.get(key, ())]
        return {entry["fingerprint"]: _known(entry) for entry in entries}
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"{path}: is neither a baseline nor a report of `idp check --json`: {error}") from error


def _known(entry: Mapping[str, Any]) -> Known:
    return Known(*(str(entry.get(name, "")) for name in ("fingerprint", "rule", "resource", "message")))


def set_aside(report: Report, known: Mapping[str, Known], what: str) -> list[Known]:
    """Moves findings that are known out of what counts; returns those known ones that are no longer found."""
    found = {judgement.fingerprint for judgement in _everything(report)}
    report.known += [judgement for judgement in report.judgements if judgement.fingerprint in known]
    report.judgements = [judgement for judgement in report.judgements if judgement.fingerprint not in known]
    report.compared_with = report.compared_with or what
    return [entry for fingerprint, entry in known.items() if fingerprint not in found]


def _everything(report: Report) -> list[Judgement]:
    return [*report.judgements, *report.known, *(judgement for judgement, _ in report.waived)]


@dataclass(frozen=True)
class Written:
    """What writing a baseline changed."""

    added: int
    removed: int
    refused: int
    """Findings that aren't in it and were not let in."""


def write(path: Path, report: Report, grow: bool) -> Written:
    """Writes what is found now. A baseline that exists only loses entries, unless it may `grow`. Raises BaselineError.

    What can't be judged yet never fails, and is not in it.
    """
    before = read(path) if path.exists() else None
    found = {judgement.fingerprint: judgement for judgement in _everything(report) if not judgement.finding.undecided}
    kept = {key: judgement for key, judgement in found.items() if before is None or grow or key in before}
    entries = [
        {"fingerprint": key, "rule": each.finding.rule.id, "resource": each.finding.resource.label, "message": each.finding.message}
        for key, each in sorted(kept.items(), key=lambda item: (item[1].finding.rule.id, item[1].finding.resource.label, item[0]))
    ]
    path.write_text(json.dumps({"version": VERSION, "findings": entries}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    known = before or {}
    return Written(len(kept.keys() - known.keys()), len(known.keys() - kept.keys()), len(found.keys() - kept.keys()))
