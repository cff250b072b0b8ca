"""`idp survey`: ask developers where their time goes, and report what would help."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from idp_components.cli import fail
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import SpecError
from idp_components.survey import answers, box, commits, measuring, plan, questionnaire, rounds, show
from idp_components.survey.delivery import measures
from idp_components.survey.report import report as report_on

FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("survey"), show_default=True, help="Where rounds are stored."
)
THRESHOLD = click.option(
    "--threshold",
    type=click.IntRange(min=rounds.LEAST_THRESHOLD),
    default=rounds.THRESHOLD,
    show_default=True,
    help="The least number of people that a number may be about.",
)
QUESTIONS = click.option(
    "--questions", "asked", type=click.Path(path_type=Path), default=questionnaire.OWN, help="Another questionnaire (YAML)."
)
LASTING = [name for name, profile in PROFILES.items() if not profile.ttl_hours]
"""The environments that stay, and so have deployments."""
LOG_WIDTH = 200
"""Columns of the tables in a pipeline's log."""


class _Group(click.Group):
    """Bad input of any subcommand is its lines, and exit code 2."""

    def invoke(self, ctx: click.Context) -> None:
        try:
            super().invoke(ctx)
        except SpecError as error:
            fail("\nerror: ".join(error.problems))


@click.group(cls=_Group)
def survey() -> None:
    """Ask developers where their time goes; say what would help, what that costs, and whether it did."""


@survey.command()
@QUESTIONS
@click.option("--form", type=click.Choice(["csv", "yaml"]), help="Print what to fill in: the header of a spreadsheet, or one answer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def questions(asked: Path, form: str | None, as_json: bool) -> None:
    """Print the questionnaire as YAML."""
    found = questionnaire.read(asked)
    if form:
        click.echo(answers.form(found) if form == "yaml" else ",".join(answers.columns(found)))
    else:
        click.echo(json.dumps(found.model_dump(mode="json"), indent=2) if as_json else asked.read_text(encoding="utf-8").rstrip())


@survey.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--round", "name", required=True, help="Quarter, half-year, month or year: 2026-Q4, 2026-H2, 2026-11, 2026.")
@QUESTIONS
@FOLDER
@THRESHOLD
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="Leave out what a form adds, such as times and names.")
@click.option("--dry-run", is_flag=True, help="Only say what would be stored.")
@click.option("--yes", is_flag=True, help="Replace a round that is there without asking.")
def import_(
    files: tuple[Path, ...], name: str, asked: Path, folder: Path, threshold: int, ignored: tuple[str, ...], dry_run: bool, yes: bool
) -> None:
    """Store the answers in FILES (.csv, .yaml) as one anonymous round."""
    path, questions = rounds.path_of(name, folder), questionnaire.read(asked)
    found = [each for file in files for each in answers.read(file, questions, ignored)]
    stored = rounds.anonymous(name, questions, found, threshold)
    teams = len({each.team for each in stored.answers} - {""})
    what = f"answers: {len(found)}, teams told apart: {teams}, comments: {sum(map(len, stored.comments.values()))}"
    if dry_run:
        click.echo(f"would {'replace' if path.exists() else 'write'} {path}: {what}")
        return
    if path.exists() and not yes:
        click.confirm(f"Replace {path}?", abort=True)
    rounds.write(stored, folder)
    click.echo(f"{path}: {what}. Delete the files it came from: they hold the order of the answers, and what a form added")


@survey.command()
@click.argument("name", metavar="[ROUND]", required=False)
@click.option(
    "--box", "boxes", type=click.Path(path_type=Path), default=box.FOLDER, show_default=True, help="Where the portal keeps boxes."
)
@FOLDER
@THRESHOLD
@click.option("--dry-run", is_flag=True, help="Only say what would be stored.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def count(name: str | None, boxes: Path, folder: Path, threshold: int, dry_run: bool, yes: bool) -> None:
    """End ROUND, by default the newest with a box, and store what people answered in the portal. It takes no more answers then."""
    if not name and not (name := next(reversed(rounds.names(boxes)), None)):
        raise SpecError(f"{boxes}: has no box yet; people fill it in the portal, on the page Survey")
    found = rounds.read(name, boxes)
    stored = rounds.hidden(found, threshold)
    path, said = (
        rounds.path_of(name, folder),
        f"answers: {len(stored.answers)}, teams told apart: {len({each.team for each in stored.answers} - {''})}",
    )
    if dry_run:
        click.echo(f"would write {path}: {said}")
        return
    if not yes:
        click.confirm(f"Write {path} ({said}), and end the round?", abort=True)
    box.Box(name, found.questionnaire, boxes, folder).count(threshold)
    click.echo(f"{path}: {said}")


@survey.command()
@click.argument("name", metavar="[ROUND]", required=False)
@click.option("--against", metavar="LAST", help="Compare with this round.")
@click.option("--assumptions", "assumed", type=click.Path(path_type=Path), default=plan.OWN, help="Other assumptions (YAML).")
@click.option("--history", "histories", multiple=True, type=click.Path(path_type=Path), help="Measure by this file: see the README.")
@click.option("--no-history", is_flag=True, help="Measure nothing. Default: ask the backend for the histories of all stacks.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back to measure.")
@click.option("--environment", type=click.Choice(LASTING), default="production", show_default=True, help="Whose deployments are measured.")
@FOLDER
@THRESHOLD
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
def report(
    name: str | None,
    against: str | None,
    assumed: Path,
    histories: tuple[Path, ...],
    no_history: bool,
    days: int,
    environment: str,
    folder: Path,
    threshold: int,
    as_json: bool,
    as_markdown: bool,
) -> None:
    """Rank what costs time in ROUND, by default the newest, and say what would help; beside it what the stacks' histories say.

    Exit code 1 where a history couldn't be read; it is named.
    """
    if not name and not (name := next(reversed(rounds.names(folder)), None)):
        raise SpecError(f"{folder}: has no round yet; make one: idp survey import answers.csv --round 2026-Q4")
    this, last = rounds.read(name, folder), rounds.read(against, folder) if against else None
    assumptions = plan.read(assumed)
    facts = measuring.Facts() if no_history else measuring.from_files(histories) if histories else measuring.from_backend()
    git = partial(commits.between, Path.cwd())
    measured = [] if no_history else measures(facts.histories, facts.asked, datetime.now(UTC), days, git, environment)
    found = report_on(this, assumptions, threshold, last, measured, facts.problems)
    if as_json:
        click.echo(json.dumps(found.plain(), indent=2))
    elif as_markdown:
        click.echo(show.markdown(found))
    else:
        console = Console()
        if not console.is_terminal:
            console.width = LOG_WIDTH
        show.terminal(found, console)
    sys.exit(1 if facts.problems else 0)


@survey.command()
def assumptions() -> None:
    """Print the assumptions of the report, to edit them."""
    click.echo(plan.OWN.read_text(encoding="utf-8").rstrip())
