"""The closing table of an update, for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from idp_components.core.naming import CLUSTER_DOMAIN
from idp_components.deploy.outcome import UNCHANGED, Component, Outcome
from idp_components.deploy.readiness import Ready
from idp_components.graph import Graph, Node, graph_of

ROOMS = ("Team", "PipelineIssuer", "PipelineRole")
"""Kinds that nothing runs in or uses: they are no part of the connections."""
Readiness = Mapping[tuple[str, str], Ready]
STYLES = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red", UNCHANGED: "dim"}
DONE = {"create": "created", "update": "changed", "replace": "replaced", "delete": "deleted", UNCHANGED: "unchanged"}


def show(outcomes: Sequence[Outcome], ready: Readiness, console: Console, hints: Sequence[tuple[str, str]]) -> None:
    """Print what runs, what changed, what failed, and what to try next."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in ("what", "kind", "ready", "address", "change"):
        table.add_column(heading, justify="right" if heading == "ready" else "left", overflow="fold", no_wrap=heading != "address")
    for outcome in outcomes:
        if outcome.components:
            table.add_row(f"[bold]{outcome.stack}[/]")
        for component in outcome.components:
            table.add_row(
                f"  {component.name}",
                f"[dim]{component.kind}[/]",
                _ready(component, ready),
                component.url or component.address.replace(f".{CLUSTER_DOMAIN}", "") or "[dim]–[/]",
                _changes(component.changes),
            )
            for arn in component.aws:
                if arn != component.address or component.url:
                    table.add_row("", "", "", f"[dim]{_short(arn)}[/]", "")
        table.add_section()
    if table.row_count:
        console.print(table)
    _connections(outcomes, console)
    for outcome in outcomes:
        for error in outcome.errors:
            console.print(f"[bold red]error:[/] [bold]{outcome.stack}[/]: ", end="")
            console.print(error, markup=False, highlight=False)
    _summary(outcomes, console)
    if hints and all(outcome.succeeded for outcome in outcomes):
        console.print("\nnext:")
        for command, purpose in hints:
            console.print(f"  [cyan]{command}[/]  [dim]{purpose}[/]", highlight=False, soft_wrap=True)


def document(outcomes: Sequence[Outcome], ready: Readiness) -> dict[str, Any]:
    """The same as plain data: one entry per stack, and the connections."""
    return {"stacks": _stacks(outcomes, ready), "graph": connections(outcomes).plain()}


def connections(outcomes: Iterable[Outcome]) -> Graph:
    """Who uses what, as the stacks' states have it."""
    components = [component for outcome in outcomes for component in outcome.components if component.kind not in ROOMS]
    return graph_of((Node(component.team, component.name, component.kind), component.uses) for component in components)


def _stacks(outcomes: Sequence[Outcome], ready: Readiness) -> list[dict[str, Any]]:
    return [
        {
            "stack": outcome.stack,
            "succeeded": outcome.succeeded,
            "seconds": round(outcome.seconds, 1),
            "changes": dict(outcome.changes),
            "errors": outcome.errors,
            "components": [
                {
                    "kind": component.kind,
                    "name": component.name,
                    "namespace": component.namespace,
                    "address": component.address,
                    "url": component.url,
                    "aws": list(component.aws),
                    "uses": list(component.uses),
                    "changes": dict(component.changes),
                    **({"ready": pods.ready, "wanted": pods.wanted} if (pods := ready.get((component.namespace, component.name))) else {}),
                }
                for component in outcome.components
            ],
        }
        for outcome in outcomes
    ]


def _short(arn: str) -> str:
    """Service and resource of an ARN; partition, region and account are the same for all."""
    _, _, service, _, _, resource = arn.split(":", 5)
    return f"{service} {resource}"


def _connections(outcomes: Sequence[Outcome], console: Console) -> None:
    if lines := connections(outcomes).lines():
        console.print("[bold]who uses what[/]  [dim](as a flowchart: idp graph)[/]")
        for line in lines:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
        console.print()


def _ready(component: Component, ready: Readiness) -> str:
    pods = ready.get((component.namespace, component.name))
    if pods is None:
        return "[dim]–[/]"
    style = "green" if pods.ready >= pods.wanted > 0 else "red"
    return f"[{style}]{pods.ready}/{pods.wanted}[/]"


def _changes(counted: Mapping[str, int]) -> str:
    """What changed, or that nothing did."""
    changed = [f"[{STYLES[word]}]{count} {DONE[word]}[/]" for word, count in counted.items() if word in DONE and word != UNCHANGED]
    return ", ".join(changed) or f"[{STYLES[UNCHANGED]}]unchanged[/]"


def _summary(outcomes: Sequence[Outcome], console: Console) -> None:
    total = sum((outcome.changes for outcome in outcomes), Counter[str]())
    counts = ", ".join(f"[{STYLES[word]}]{total[word]} {done}[/]" for word, done in DONE.items() if total[word])
    times = ", ".join(f"{outcome.stack} {outcome.seconds:.0f} s" for outcome in outcomes)
    failed = [outcome.stack for outcome in outcomes if not outcome.succeeded]
    verdict = f"[bold red]{len(failed)} of {len(outcomes)} stacks failed[/]: {', '.join(failed)}" if failed else "[bold green]up[/]"
    console.print(f"{verdict}  {counts or 'nothing to do'}  [dim]({times})[/]", highlight=False, soft_wrap=True)
