"""Judging: rules over whole targets, with levels, options and waivers, for every gate that is not the engine's own."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from idp_components.rules import ALL
from idp_components.rules.configuration import configured
from idp_components.rules.evaluate import Judge
from idp_components.rules.field import shown
from idp_components.rules.kubernetes.rights import BINDINGS, CLUSTER_ROLE
from idp_components.rules.levels import STRICTEST, Level, environment_of
from idp_components.rules.model import Finding, Resource, Stack
from idp_components.rules.packs import PACKS, Pack, levels
from idp_components.rules.sources.document import Document, Target
from idp_components.rules.waivers import NOTHING, Place, Waiver, Waivers, register, waived

ALONE = {CLUSTER_ROLE, *BINDINGS}
"""Kinds that are judged without what they fit together with: what a ClusterRole may do, and who is bound to one of Kubernetes' own."""


@dataclass(frozen=True)
class Judgement:
    """A finding, how serious it is, where it stands, and what it is known by."""

    finding: Finding
    level: Level
    file: str
    line: int | None
    fingerprint: str
    """The same as long as rule, resource and place are, wherever the lines move."""

    @property
    def place(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Known:
    """A finding of an earlier report, or one that a baseline lists."""

    fingerprint: str
    rule: str
    resource: str
    message: str = ""


@dataclass
class Report:
    """What was looked at, and what was found."""

    judgements: list[Judgement] = field(default_factory=list)
    """What counts."""
    resources: int = 0
    judged: int = 0
    """Resources that at least one rule has something to say about."""
    waived: list[tuple[Judgement, Waiver]] = field(default_factory=list)
    expiring: list[Waiver] = field(default_factory=list)
    """Waivers that hold for some days only."""
    known: list[Judgement] = field(default_factory=list)
    """Found, and known before: on the base branch, or in the baseline. It doesn't count."""
    fixed: list[Known] = field(default_factory=list)
    """Found on the base branch, and no longer."""
    stale: list[Known] = field(default_factory=list)
    """Entries of the baseline that are no longer found."""
    compared_with: str = ""
    """What was known before: `base`, `baseline`, or nothing."""
    notes: list[str] = field(default_factory=list)
    """What couldn't be judged."""

    def count(self, level: Level) -> int:
        """Findings of a level, without those that can't be judged yet."""
        return sum(judgement.level == level and not judgement.finding.undecided for judgement in self.judgements)

    @property
    def undecided(self) -> list[Judgement]:
        """What can't be judged yet."""
        return [judgement for judgement in self.judgements if judgement.finding.undecided]


@dataclass(frozen=True)
class Settings:
    """By what is judged."""

    packs: Sequence[Pack] = PACKS
    environment: str = ""
    """Whose levels apply; by default those of the target's stack, and of the strictest for plain manifests."""
    configuration: Any = field(default_factory=dict)
    """Levels and options, as for --policy-pack-config."""
    waivers: Waivers = NOTHING


def judge(targets: Iterable[Target], settings: Settings, now: datetime) -> Report:
    """Judges each target as a whole. Raises ConfigurationError."""
    report = Report(expiring=settings.waivers.expiring(now))
    seen: Counter[str] = Counter()
    for target in targets:
        _Judging(target, settings, now, report, seen).run()
    return report


class _Judging:
    """One target."""

    def __init__(self, target: Target, settings: Settings, now: datetime, report: Report, seen: Counter[str]) -> None:
        environment = settings.environment or (environment_of(target.stack) if target.stack else STRICTEST)
        rules = [rule for pack in settings.packs for rule in pack.rules]
        self.levels, options = configured(settings.configuration, levels(environment))
        self.judge = Judge((rule for rule in rules if self.levels[rule.id] is not Level.DISABLED), options, now)
        self.target, self.settings, self.now, self.report, self.seen = target, settings, now, report, seen
        self.documents: dict[int, Document] = {}

    def run(self) -> None:
        parts = [part for document in self.target.documents for part in self._parts(document)]
        self.report.resources += len(parts)
        self.report.judged += sum(bool(self.judge.rules_for(part.type)) for part in parts)
        place = Place(self.target.project, self.target.stack)
        verdict = waived(self._found(parts), self.settings.waivers, self.now, place)
        self.report.judgements += map(self._judgement, verdict.standing)
        self.report.waived += [(self._judgement(each.finding), each.waiver) for each in verdict.waived]
        whole = bool(self.target.stack) and not self.target.left_out  # of a part nobody can say what is not used
        written = register(self.settings.waivers, self.now, place, parts, verdict if whole else None, [rule.id for rule in ALL])
        self.report.judgements += map(self._judgement, self.judge.findings(written))

    def _parts(self, document: Document) -> Iterator[Resource]:
        for part in document.resource.parts():
            self.documents[id(part)] = document
            yield part

    def _found(self, parts: list[Resource]) -> Iterator[Finding]:
        for part in parts:
            yield from self.judge.findings(part)
        if self.target.left_out:
            self.report.notes.append(f"{self.target.name}: rules about a whole stack did not judge: {self.target.left_out}")
        elif self.target.stack or len(parts) > 1 or any(part.group_kind in ALONE for part in parts):
            # One object in a file is no stack: what it fits together with is elsewhere.
            yield from self.judge.stack_findings(Stack(parts))

    def _judgement(self, finding: Finding) -> Judgement:
        document = self.documents.get(id(finding.resource)) or Document(finding.resource.name, finding.resource)
        # What isn't known before an update can't fail. What should have been repaired, and wasn't, does.
        level = Level.ADVISORY if finding.undecided else self.levels[finding.rule.id]
        level = Level.MANDATORY if level is Level.REMEDIATE else level
        identity = fingerprint(finding)
        self.seen[identity] += 1
        number = f"-{self.seen[identity]}" if self.seen[identity] > 1 else ""
        return Judgement(finding, level, document.file, document.line(finding.keys), identity + number)


def fingerprint(finding: Finding) -> str:
    """Rule, resource and place, without file and line. Elements of lists count by name, so that a new one moves no other."""
    resource = finding.resource
    value, keys = resource.root.value, finding.keys[len(resource.root.keys) :]
    steps: list[str] = []
    for key in keys:
        value = _below(value, key)
        name = shown(value.get("name")) if isinstance(key, int) and isinstance(value, dict) else ""
        steps.append(name or str(key))
    # A resource of Pulumi may get another random name with every preview; its URN stays.
    where = resource.urn if resource.urn and not resource.origin else f"{_without_version(resource.type)} {resource.label}"
    return hashlib.sha256("\0".join((finding.rule.id, where, *steps)).encode()).hexdigest()[:16]


def _below(value: Any, key: str | int) -> Any:
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return value.get(key) if isinstance(value, Mapping) else None


@lru_cache(1000)
def _without_version(token: str) -> str:
    return re.sub(r"/v\d\w*:", ":", token)
