"""`idp check`: judges manifests, stacks, plans and states by the rules."""

from __future__ import annotations

import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from idp_components.rules import baseline as known_findings
from idp_components.rules.baseline import BaselineError
from idp_components.rules.configuration import ConfigurationError
from idp_components.rules.judging import Report, Settings, judge
from idp_components.rules.levels import ENVIRONMENTS, Level
from idp_components.rules.packs import PACKS
from idp_components.rules.reports import FORMATS
from idp_components.rules.reports.order import counted, fails, summary
from idp_components.rules.sources import SourceError, read
from idp_components.rules.waivers import read as read_waivers

NAMES = [pack.name.removeprefix("idp-") for pack in PACKS]
FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
WAIVERS = Path("policies/waivers.yaml")


class InputError(click.ClickException):
    """Something that can't be judged at all."""

    exit_code = 2


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="FILE|FOLDER|-|STACK …")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="Whose levels apply. Default: the stack's; for files production.")
@click.option("--pack", "packs", multiple=True, type=click.Choice(NAMES), help="Judge by this pack; may be repeated. Default: all.")
@click.option("--level", "failing", type=click.Choice(["mandatory", "advisory"]), default="mandatory", help="The lowest level that fails.")
@click.option("--config", type=EXISTING, help="Levels and options, as for --policy-pack-config.")
@click.option("--waivers", type=FILE, default=WAIVERS, show_default=True, help="The file of waivers.")
@click.option("--base", type=EXISTING, help="A JSON report of the base branch: only what is new counts.")
@click.option("--baseline", type=FILE, help="Findings of an old estate that don't count.")
@click.option("--write-baseline", is_flag=True, help="Write the baseline if there is none yet; take out of it what is no longer found.")
@click.option("--yes", is_flag=True, help="Let --write-baseline add findings, too.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", help="What to print.")
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option("--output", type=FILE, help="Write the report to a file.")
def check(targets: tuple[str, ...], failing: str, output: Path | None, form: str, **options: Any) -> None:
    """Judge Kubernetes manifests, what a stack renders, a Pulumi plan or a state by the platform's rules.

    \b
    Exit code 0: nothing found. 1: findings of a level that fails. 2: the input can't be read.
    Examples: idp check deploy/   helm template web ./chart | idp check -   idp check checkout-dev
              pulumi stack export | idp check -   idp check plan.json --format sarif --output idp.sarif
    """
    try:
        report = _report(targets, **options)
        lowest = Level(failing)
        _deliver(FORMATS[form](report, lowest), output, report)
    except (SourceError, ConfigurationError, BaselineError) as error:
        raise InputError(str(error)) from error
    except OSError as error:
        if not error.filename:  # nobody reads on
            raise
        raise InputError(f"{error.filename}: {error.strerror}") from error
    if any(fails(judgement, lowest) for judgement in report.judgements):
        sys.exit(1)


def _report(
    targets: tuple[str, ...],
    *,
    environment: str | None,
    packs: tuple[str, ...],
    config: Path | None,
    waivers: Path,
    base: Path | None,
    baseline: Path | None,
    write_baseline: bool,
    yes: bool,
) -> Report:
    chosen = [pack for pack, name in zip(PACKS, NAMES, strict=True) if not packs or name in packs]
    settings = Settings(chosen, environment or "", _configuration(config), read_waivers(waivers))
    gc.disable()  # all that is read lives until the end: collecting would take a third of the time
    report = judge(map(read, targets), settings, datetime.now(UTC))
    if write_baseline:
        if not baseline:
            raise InputError("--write-baseline needs --baseline FILE")
        _say(known_findings.write(baseline, report, grow=yes), baseline)
    if baseline:
        report.stale += known_findings.set_aside(report, known_findings.read(baseline), "baseline")
    if base:
        report.fixed += known_findings.set_aside(report, known_findings.read(base), "base")
    return report


def _configuration(config: Path | None) -> Any:
    try:
        return json.loads(config.read_text(encoding="utf-8")) if config else {}
    except ValueError as error:
        raise InputError(f"{config}: is not JSON: {error}") from error


def _say(written: known_findings.Written, path: Path) -> None:
    click.echo(f"{path}: {counted(written.added, 'finding')} added, {written.removed} taken out", err=True)
    if written.refused:
        click.echo(
            f"{counted(written.refused, 'finding')} not added, for a baseline only shrinks: mend them, or repeat with --yes", err=True
        )


def _deliver(text: str, output: Path | None, report: Report) -> None:
    if output:
        output.write_text(click.unstyle(text) + "\n", encoding="utf-8")
        click.echo(summary(report), err=True)
    else:
        click.echo(text, color=False if "NO_COLOR" in os.environ else None)
