"""The catalogue for people: a table, Markdown, Mermaid."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp_components.catalog.model import Catalog, Environment, Item, Team
from idp_components.core.naming import CLUSTER_DOMAIN
from idp_components.graph import Graph, Node, graph_of

COLUMNS = ("what", "kind", "version", "pods", "where", "uses")
NOTHING = "–"


def table(catalog: Catalog, console: Console) -> None:
    """Print it by team and environment, then what is missing from it."""
    shown = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in COLUMNS:
        shown.add_column(heading, overflow="fold", justify="right" if heading == "pods" else "left")
    for environment, items in by_environment(catalog):
        shown.add_row(f"[bold]{escape(environment.stack)}[/]", "", "", "", escape(_facts(environment)), "")
        for item in items:
            where = item.url or item.address.replace(f".{CLUSTER_DOMAIN}", "")
            texts = [escape(text) for text in (item.name, item.kind, item.version, where or NOTHING, "\n".join(item.uses))]
            shown.add_row(f"  {texts[0]}", f"[dim]{texts[1]}[/]", texts[2], _pods(item), *texts[3:])
        shown.add_section()
    console.print(shown)
    for problem in catalog.problems:
        console.print(f"[yellow]missing:[/] [bold]{escape(problem.place)}[/]: ", end="")
        console.print(problem.what, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{_counted(len(catalog.items), 'item')} of {_counted(len(catalog.teams), 'team')} in "
        f"{_counted(len(catalog.environments), 'stack')}",
        highlight=False,
    )


def markdown(catalog: Catalog) -> str:
    """A page for a repository or a wiki."""
    lines = ["# Catalogue", "", f"What runs, as the stacks and the cluster said at {catalog.at}.", ""]
    for team in catalog.teams:
        lines += [f"## {_cell(team.name)}", "", *_contact(team)]
        for environment, items in by_environment(catalog, team.name):
            lines += [f"### {_cell(environment.stack)}", ""]
            if facts := _facts(environment):
                lines += [_cell(facts), ""]
            lines += [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
            for item in items:
                cells = (item.name, item.kind, item.version, _count(item), item.url or item.address, ", ".join(item.uses))
                lines.append(f"| {' | '.join(_cell(cell) or NOTHING for cell in cells)} |")
            lines.append("")
    if catalog.problems:
        lines += ["## Missing", "", *(f"- {_cell(problem.place)}: {_cell(problem.what)}" for problem in catalog.problems), ""]
    return "\n".join(lines)


def graph(catalog: Catalog, environment: str) -> Graph:
    """Who uses what in one environment."""
    items = (item for item in catalog.items if item.environment == environment)
    return graph_of((Node(item.team, item.name, item.kind), item.uses) for item in items if item.kind != "EphemeralEnvironment")


def by_environment(catalog: Catalog, team: str = "") -> Iterable[tuple[Environment, list[Item]]]:
    """Each stack with its items, those of other teams in it (rooms, pipeline roles) too."""
    items = {stack: list(found) for stack, found in groupby(sorted(catalog.items, key=lambda item: item.stack), lambda item: item.stack)}
    for environment in catalog.environments:
        if team in ("", environment.team):
            yield environment, items.get(environment.stack, [])


def _facts(environment: Environment) -> str:
    """When it ends, and what happened to it last."""
    parts = [f"until {environment.ends}" if environment.ends else "", f"for {environment.source}" if environment.source else ""]
    if last := environment.last:
        who = last.pipeline or last.author
        parts.append(f"{last.kind} {last.result} {last.at}{f' by {who}' if who else ''}")
    return ", ".join(part for part in parts if part)


def _contact(team: Team) -> list[str]:
    facts = ", ".join(_cell(fact) for fact in (team.email, team.slack_channel, team.cost_centre) if fact)
    return [facts, ""] if facts else []


def _pods(item: Item) -> str:
    if item.pods is None:
        return f"[dim]{NOTHING}[/]"
    return f"[{'green' if item.pods.well else 'red'}]{escape(_count(item))}[/]"


def _count(item: Item) -> str:
    if item.pods is None:
        return ""
    return " ".join([f"{item.pods.ready}/{item.pods.wanted}", *item.pods.troubles])


def _cell(text: str) -> str:
    """Text that stays text in a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ").replace("[", "\\[")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
