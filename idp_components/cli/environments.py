"""How `idp env` shows environments and what became of them, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp_components.environments.reaper import Outcome

LOG_WIDTH = 140
"""Columns of a table in a pipeline's log."""
STATES = {"running": "green", "asleep": "blue", "kept": "cyan", "expired": "yellow", "orphan": "magenta", "broken": "bold red"}
BECAME = {"done": "green", "planned": "yellow", "left": "dim", "gone": "dim", "busy": "yellow"}
BAD = "bold red"


def console(*, stderr: bool = False) -> Console:
    """Where tables go."""
    found = Console(stderr=stderr)
    if not found.is_terminal:
        found.width = LOG_WIDTH
    return found


def listed(environments: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print one line per environment."""
    if as_json:
        click.echo(json.dumps(environments, indent=2))
        return
    rows = [
        (_styled(each["state"], STATES), each["name"], each.get("owner") or "–", each.get("ends_at") or "–", escape(_remark(each)))
        for each in environments
    ]
    _table(("state", "name", "owner", "ends", ""), rows)


def shown(environment: Mapping[str, Any], *, as_json: bool) -> None:
    """Print everything that is known of one environment."""
    if as_json:
        click.echo(json.dumps(environment, indent=2))
        return
    for key, value in environment.items():
        lines = [_plain(line) for line in (value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value])]
        if lines and value is not None:
            click.echo(f"{key.replace('_', ' '):<20} {f'{chr(10):<22}'.join(lines)}")


def reported(outcomes: Sequence[Outcome], *, as_json: bool, err: bool = False) -> None:
    """Print what became, or will become, of each environment."""
    if as_json:
        click.echo(json.dumps([vars(outcome) for outcome in outcomes], indent=2))
        return
    rows = [(_styled(each.became, BECAME), each.name, each.action, escape(each.error or each.reason)) for each in outcomes]
    _table(("", "name", "decision", "why"), rows, err=err)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, err: bool = False) -> None:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading == "name")
    for row in rows:
        table.add_row(*row)
    if table.row_count:
        console(stderr=err).print(table)
    else:
        click.echo("there is none", err=err)


def _plain(value: Any) -> str:
    """A value of a list as one line: `Service web`."""
    return " ".join(map(str, value.values())) if isinstance(value, Mapping) else str(value)


def _styled(word: str, styles: Mapping[str, str]) -> str:
    style = styles.get(word, BAD)
    return f"[{style}]{word}[/]"


def _remark(environment: Mapping[str, Any]) -> str:
    if environment["state"] == "broken":
        return str(environment["broken"])
    if environment["state"] == "kept":
        return f"until {environment['kept_until']}: {environment['kept_because']}"
    if environment["state"] == "orphan":
        left = environment.get("left_at_aws")
        return (
            " and ".join(filter(None, (environment["namespace"] and "a namespace", left and f"{left} resources of AWS")))
            + " without a stack"
        )
    if environment["namespace"] is None:
        return "a stack without a namespace"
    return f"since {environment['asleep_since']}" if environment["state"] == "asleep" else ""
