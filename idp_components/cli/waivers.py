"""`idp waivers`: which exceptions from the rules hold, for how long, and whether their file is in order."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from idp_components.project import find_root
from idp_components.rules import ALL
from idp_components.rules.evaluate import Judge
from idp_components.rules.organisation import waivers as rules
from idp_components.rules.waivers import SOON_DAYS, Waiver, Waivers, read, register

DEFAULT = Path("policies") / "waivers.yaml"
FILE = click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=f"Default: {DEFAULT} of this repository.")
COLUMNS = ("expires", "id", "rules", "match", "owner", "reason")
COLOURS = {"active": "green", "expires soon": "yellow", "expired": "red", "not yet": None}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def waivers() -> None:
    """The exceptions from the platform's rules that its owners have reviewed."""


@waivers.command("list")
@FILE
@click.option("--json", "as_json", is_flag=True, help="Print them for machines.")
def show(file: Path | None, as_json: bool) -> None:
    """List the waivers, the next to end first."""
    found, now = _read(file), datetime.now(UTC)
    if found.error:
        raise click.ClickException(f"{found.source}: {found.error}")
    entries = sorted(found.entries, key=lambda waiver: (waiver.expires, waiver.id))
    if as_json:
        click.echo(json.dumps([_plain(waiver, _state(waiver, found, now)) for waiver in entries], indent=2, ensure_ascii=False))
        return
    rows = [(_state(waiver, found, now), _cells(waiver)) for waiver in entries]
    widths = [max((len(cells[column]) for _, cells in rows), default=0) for column in range(len(COLUMNS))]
    for state, cells in rows:
        aligned = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        click.echo(f"{click.style(f'{state:12}', fg=COLOURS[state])}  {aligned}")
    click.echo(f"{len(found.active(now))} active, {len(found.expiring(now))} of them for {SOON_DAYS} days at most.")


@waivers.command()
@FILE
def check(file: Path | None) -> None:
    """Judge the file itself: exit code 1 where an entry is invalid, expired, too wide, or for what can't be waived."""
    found = _read(file)
    known = [rule.id for rule in ALL]
    findings = list(Judge(rules.RULES).findings(register(found, datetime.now(UTC), known=known)))
    for finding in findings:
        click.echo(f"{finding.rule.id}  {finding.message}\n    Fix: {finding.rule.fix}")
    if findings:
        sys.exit(1)
    click.echo(f"{found.source}: {len(found.entries)} waivers, nothing found.")


def _read(file: Path | None) -> Waivers:
    return read(file or find_root(Path.cwd()) / DEFAULT)


def _state(waiver: Waiver, found: Waivers, now: datetime) -> str:
    if waiver.is_expired(now):
        return "expired"
    if not waiver.is_active(now):
        return "not yet"
    return "expires soon" if waiver in found.expiring(now) else "active"


def _cells(waiver: Waiver) -> tuple[str, ...]:
    """What a line of the table says, by COLUMNS."""
    named = {name: pattern for name, pattern in vars(waiver.match).items() if pattern != "*"}
    if waiver.container:
        named["container"] = waiver.container
    match = " ".join(f"{name}={value}" for name, value in named.items())
    return (waiver.expires.isoformat(), waiver.id, ", ".join(waiver.rules), match, waiver.owner, waiver.reason)


def _plain(waiver: Waiver, state: str) -> dict[str, Any]:
    return {
        "id": waiver.id,
        "state": state,
        "rules": list(waiver.rules),
        "match": vars(waiver.match),
        "container": waiver.container,
        "owner": waiver.owner,
        "reason": waiver.reason,
        "created": waiver.created.isoformat(),
        "expires": waiver.expires.isoformat(),
    }
