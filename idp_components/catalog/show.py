"""The catalogue for people: a table, Markdown, Mermaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp_components.catalog.model import Catalog, Cost, Environment, Finding, Item, Team
from idp_components.core.naming import CLUSTER_DOMAIN
from idp_components.graph import Graph, Node, graph_of

COLUMNS = ("what", "kind", "version", "pods", "USD a month", "policy", "where", "uses")
NUMBERS = ("pods", "USD a month")
NOTHING = "–"
"""There is none, or nobody knows; what isn't known is named below the table."""


def table(catalog: Catalog, console: Console) -> None:
    """Print it by team and environment, then what is missing from it."""
    shown = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in COLUMNS:
        shown.add_column(heading, overflow="fold", justify="right" if heading in NUMBERS else "left")
    for environment, items in by_environment(catalog):
        whole = (_usd(environment.cost), policy(environment.findings), _facts(environment))
        shown.add_row(f"[bold]{escape(environment.stack)}[/]", "", "", "", *(f"[bold]{escape(text)}[/]" for text in whole), "")
        for item in items:
            where = item.url or item.address.replace(f".{CLUSTER_DOMAIN}", "")
            places = "\n".join([where or NOTHING, *_links(item)])
            texts = map(
                escape, (item.name, item.kind, _version(item), _usd(item.cost), policy(item.findings), places, "\n".join(item.uses))
            )
            name, kind, version, *others = texts
            shown.add_row(f"  {name}", f"[dim]{kind}[/]", version, _pods(item), *others)
        shown.add_section()
    console.print(shown)
    for problem in catalog.problems:
        console.print(f"[yellow]missing:[/] [bold]{escape(problem.place)}[/]: ", end="")
        console.print(problem.what, markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{_counted(len(catalog.items), 'item')} of {_counted(len(catalog.teams), 'team')} in "
        f"{_counted(len(catalog.environments), 'stack')}; {_sum(catalog)}",
        highlight=False,
    )


def markdown(catalog: Catalog) -> str:
    """A page for a repository or a wiki."""
    lines = ["# Catalogue", "", f"What runs, as the stacks and the cluster said at {catalog.at}.", ""]
    for team in catalog.teams:
        lines += [f"## {_cell(team.name)}", "", *_contact(team)]
        for environment, items in by_environment(catalog, team.name):
            lines += [f"### {_cell(environment.stack)}", ""]
            whole = (_facts(environment), f"{_usd(environment.cost)} US dollars a month", *policy(environment.findings).split("\n"))
            lines += [_cell(", ".join(text for text in whole if text not in ("", NOTHING))), ""]
            lines += [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
            for item in items:
                where = ", ".join(text for text in (item.url or item.address, *_links(item)) if text)
                said = policy(item.findings).replace("\n", ", ")
                cells = (item.name, item.kind, _version(item), _count(item), _usd(item.cost), said, where, ", ".join(item.uses))
                lines.append(f"| {' | '.join(_cell(cell) or NOTHING for cell in cells)} |")
            lines.append("")
    lines += [*_findings(catalog), *_waivers(catalog)]
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
    parts = [
        f"until {environment.ends}" if environment.ends else "",
        f"kept until {environment.kept_until}" if environment.kept_until else "",
        f"for {environment.source}" if environment.source else "",
    ]
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
    rollout = [] if item.pods.rollout in ("", "complete") else [item.pods.rollout]
    return " ".join([f"{item.pods.ready}/{item.pods.wanted}", *rollout, *item.pods.troubles])


def _version(item: Item) -> str:
    """What was declared, and what runs where that is something else."""
    running = [each for each in item.pods.versions if each != item.version] if item.pods and item.version else []
    return f"{item.version} (runs {', '.join(running)})" if running else item.version


def _usd(cost: Cost | None) -> str:
    """`12.40`, or `12.40 + ?` where a part of it has no known price."""
    return NOTHING if cost is None else f"{cost.usd_per_month:,.2f}{' + ?' if cost.unknown else ''}"


def policy(findings: Sequence[Finding] | None) -> str:
    """`2 mandatory`, `1 waived`…, a line each."""
    if findings is None:
        return NOTHING
    counted = Counter(each.level if each.counts else "waived" for each in findings)
    return "\n".join(f"{counted[level]} {level}" for level in ("mandatory", "advisory", "waived") if counted[level])


def _links(item: Item) -> list[str]:
    return [f"{what}: {url}" for what, url in (("docs", item.docs), ("runbook", item.runbook)) if url]


def _sum(catalog: Catalog) -> str:
    """What everything costs, and what the rules say."""
    costs = [each.cost for each in catalog.environments if each.cost]
    together = Cost(sum(each.usd_per_month for each in costs), tuple(text for each in costs for text in each.unknown))
    findings = [finding for _, finding in catalog.findings()]
    waived = sum(not each.counts for each in findings)
    return f"{_usd(together)} US dollars a month; {_counted(len(findings) - waived, 'policy finding')}, {waived} more waived"


def _findings(catalog: Catalog) -> list[str]:
    """What the rules say, by rule."""
    by_rule: dict[str, list[str]] = {}
    for stack, each in catalog.findings():
        waived = f" (waived by {each.waiver})" if each.waiver else ""
        by_rule.setdefault(each.rule, []).append(f"- {_cell(stack)}: {_cell(each.message)}{_cell(waived)}")
    lines = ["## Policy", ""] if by_rule else []
    for rule, found in sorted(by_rule.items()):
        known = catalog.rules[rule]
        lines += [f"### {_cell(known.title)} (`{rule}`)", "", f"{_cell(known.why)} {_cell(known.fix)}", "", *found, ""]
    return lines


def _waivers(catalog: Catalog) -> list[str]:
    found = [f"- {_cell(f'{each.id}, {each.owner}, until {each.expires}: {each.reason}')}" for each in catalog.waivers.values()]
    return ["## Waivers", "", *found, ""] if found else []


def _cell(text: str) -> str:
    """Text that stays text in a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ").replace("[", "\\[")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
