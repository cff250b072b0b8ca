"""`idp check`: judges manifest files, folders, standard input and stacks by the rules."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from idp_components.rules import ALL, Finding, Options, Resource
from idp_components.rules.configuration import ConfigurationError, configured
from idp_components.rules.evaluate import Judge
from idp_components.rules.levels import ENVIRONMENTS, STRICTEST, Level, environment_of
from idp_components.rules.packs import levels
from idp_components.rules.sources import EXAMPLE, SUFFIXES, Document, SourceError, in_folder, parse, read

COLOURS = {Level.MANDATORY: "red", Level.ADVISORY: "yellow"}


class InputError(click.ClickException):
    """Something that can't be judged at all."""

    exit_code = 2


@dataclass(frozen=True)
class Judgement:
    """A finding, how serious it is, and where it stands."""

    finding: Finding
    level: Level
    file: str
    line: int | None

    @property
    def place(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass
class Report:
    """What was looked at, and what was found."""

    judgements: list[Judgement] = field(default_factory=list)
    resources: int = 0
    judged: int = 0
    """Resources that at least one rule has something to say about."""

    def count(self, level: Level) -> int:
        return sum(judgement.level == level for judgement in self.judgements)


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="FILE|FOLDER|-|STACK …")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="Whose levels apply. Default: the stack's; for files production.")
@click.option("--level", "failing", type=click.Choice(["mandatory", "advisory"]), default="mandatory", help="The lowest level that fails.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Levels and options, as for --policy-pack-config."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings for machines.")
def check(targets: tuple[str, ...], environment: str | None, failing: str, config: Path | None, as_json: bool) -> None:
    """Judge Kubernetes manifests, or what a stack renders, by the platform's rules.

    \b
    Exit code 0: nothing found. 1: findings of a level that fails. 2: the input can't be read.
    Examples: idp check deploy/   helm template web ./chart | idp check -   idp check checkout-dev
    """
    settings = _settings(config)
    report = Report()
    for target in targets:
        _judge(target, environment, settings, report)
    click.echo(_as_json(report) if as_json else _as_text(report), color=False if "NO_COLOR" in os.environ else None)
    if report.count(Level.MANDATORY) or (failing == "advisory" and report.judgements):
        sys.exit(1)


def _settings(config: Path | None) -> Any:
    if config is None:
        return {}
    try:
        return json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{config}: is not JSON: {error}") from error


def _judge(target: str, environment: str | None, settings: Any, report: Report) -> None:
    is_stack = target != "-" and not Path(target).exists()
    effective = environment or (environment_of(target) if is_stack else STRICTEST)
    try:
        chosen, options = configured(settings, levels(effective))
        documents = _rendered(target) if is_stack else _documents(target)
        _add(documents, chosen, options, report)
    except (SourceError, ConfigurationError) as error:
        raise InputError(str(error)) from error


def _add(documents: Iterator[Document], chosen: Mapping[str, Level], options: Mapping[str, Options], report: Report) -> None:
    judge = Judge((rule for rule in ALL if chosen[rule.id] is not Level.DISABLED), options)
    for document in documents:
        for resource in Resource.from_manifest(document.manifest).parts():
            report.resources += 1
            report.judged += bool(judge.rules_for(resource.type))
            for finding in judge.findings(resource):
                # What isn't known before an update can't fail a file.
                level = Level.ADVISORY if finding.undecided else chosen[finding.rule.id]
                report.judgements.append(Judgement(finding, level, document.file, document.line(finding.keys)))


def _documents(target: str) -> Iterator[Document]:
    """The objects of a file, a folder or standard input. A file that is named must hold objects; others in a folder may not."""
    path, found = Path(target), 0
    if target == "-":
        streams = [parse(sys.stdin.buffer.read(), "stdin")]
    else:
        streams = [read(file) for file in (in_folder(path) if path.is_dir() else [path])]
    for stream in streams:
        for document in stream:
            if document is not None:
                found += 1
                yield document
            elif not path.is_dir():
                raise SourceError(f"{target}: a document is no Kubernetes object: it needs {EXAMPLE}")
    if not found:
        raise SourceError(f"{target}: holds no Kubernetes object; name a file or a folder with manifests ({', '.join(SUFFIXES)})")


def _rendered(stack: str) -> Iterator[Document]:
    if "/" in stack or stack.endswith(SUFFIXES):
        raise SourceError(f"{stack}: there is no such file or folder")
    # Imported here: rendering a stack needs the whole library, judging a file doesn't.
    from idp_components.core.spec import SpecError
    from idp_components.render import render

    try:
        manifests = render(stack)
    except SpecError as error:
        raise SourceError(f"{stack}: is no file, and as a stack: {error}") from error
    yield from (Document(stack, manifest) for manifest in manifests)


def _as_text(report: Report) -> str:
    lines: list[str] = []
    explained: set[str] = set()
    previous: tuple[str, str] | None = None
    for judgement in report.judgements:
        finding = judgement.finding
        group = (judgement.file, finding.resource.label)
        if group != previous:
            lines += ["", click.style(finding.resource.label, bold=True) + f"  {judgement.file}"]
            previous = group
        lines.append(f"  {_badge(judgement)} {finding.rule.id}  {judgement.place}")
        lines.append(f"    {finding.message.removeprefix(f'{finding.resource.label}: ')}")
        if finding.rule.id not in explained:
            explained.add(finding.rule.id)
            lines.append(click.style(f"    Fix: {finding.rule.fix}", dim=True))
    return "\n".join([*lines, "", _summary(report)] if lines else [_summary(report)]).lstrip("\n")


def _badge(judgement: Judgement) -> str:
    return click.style(f"{judgement.level:9} {judgement.finding.rule.severity:8}", fg=COLOURS[judgement.level])


def _summary(report: Report) -> str:
    seen = _counted(report.resources, "resource")
    if not report.judged:
        return f"Nothing judged: no rule applies to the {seen} found."
    judged = f"{_counted(report.judged, 'resource')} judged" + (f" of {report.resources}" if report.judged < report.resources else "")
    if not report.judgements:
        return click.style(f"{judged}: nothing found.", fg="green")
    affected = len({(judgement.file, id(judgement.finding.resource)) for judgement in report.judgements})
    counts = ", ".join(_counted(report.count(level), f"{level} finding") for level in COLOURS if report.count(level))
    return click.style(f"{judged}: {counts} in {_counted(affected, 'resource')}.", bold=True)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _as_json(report: Report) -> str:
    found = [
        {
            "rule": judgement.finding.rule.id,
            "level": judgement.level,
            "severity": judgement.finding.rule.severity,
            "undecided": judgement.finding.undecided,
            "file": judgement.file,
            "line": judgement.line,
            "type": judgement.finding.resource.type,
            "resource": judgement.finding.resource.label,
            "path": judgement.finding.path,
            "message": judgement.finding.message,
            "fix": judgement.finding.rule.fix,
            "source": judgement.finding.rule.source,
        }
        for judgement in report.judgements
    ]
    return json.dumps({"resources": report.resources, "judged": report.judged, "findings": found}, indent=2, ensure_ascii=False)
