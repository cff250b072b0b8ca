"""The connection graph of stacks: who uses what, as it was declared or as it was made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from idp_components.core.ledger import Ledger

SHAPES = {
    "Service": "[{}]",
    "Worker": "([{}])",
    "ScheduledJob": "([{}])",
    "Queue": "[[{}]]",
    "Topic": ">{}]",
    "Bucket": "[({})]",
    "Database": "[({})]",
    "Cache": "[({})]",
    "HelmApplication": "[/{}/]",
}
"""Mermaid's shapes by kind ("Flowchart node shapes"); anything else is a box."""


@dataclass(frozen=True)
class Node:
    """A component."""

    team: str
    name: str
    kind: str
    """Kind of golden path; empty for what another stack, which wasn't asked, declares."""


@dataclass(frozen=True)
class Edge:
    """A connection: `source` uses `target`."""

    source: str
    target: str
    by: str
    """Port, or level of access."""


@dataclass(frozen=True)
class Graph:
    """Components by `team/name`, and their connections."""

    nodes: dict[str, Node]
    edges: tuple[Edge, ...]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        nodes = [{"id": key, "team": node.team, "name": node.name, "kind": node.kind or None} for key, node in self.nodes.items()]
        return {"nodes": nodes, "edges": [{"from": edge.source, "to": edge.target, "by": edge.by} for edge in self.edges]}

    def lines(self) -> list[str]:
        """For a terminal: one line per connection."""
        return [
            f"{edge.source} → {edge.target}{'' if not edge.by else f' :{edge.by}' if edge.by[0].isdigit() else f' ({edge.by})'}"
            for edge in self.edges
        ]

    def mermaid(self) -> str:
        """For Markdown: one box per team."""
        lines = ["flowchart LR"]
        for team in sorted({node.team for node in self.nodes.values()}):
            lines.append(f"  subgraph {_key(team)}[{team}]")
            lines += [
                f"    {_key(key)}{SHAPES.get(node.kind, '[{}]').format(node.name)}" for key, node in self.nodes.items() if node.team == team
            ]
            lines.append("  end")
        lines += [f"  {_key(edge.source)} -->|{edge.by}| {_key(edge.target)}" for edge in self.edges]
        return "\n".join(lines) + "\n"


def graph(ledgers: Iterable[Ledger]) -> Graph:
    """The graph of what these stacks declare, sorted."""
    return graph_of(
        (Node(ledger.team, entry.name, entry.kind), [str(use) for use in entry.uses])
        for ledger in ledgers
        for entry in ledger.entries.values()
    )


def graph_of(used: Iterable[tuple[Node, Iterable[str]]]) -> Graph:
    """The graph of components with their connections, each as it is written: `team/name:by`."""
    nodes: dict[str, Node] = {}
    edges: set[Edge] = set()
    for node, uses in used:
        source = f"{node.team}/{node.name}"
        nodes[source] = node
        for use in uses:
            target, _, by = use.partition(":")
            team, _, name = target.partition("/")
            nodes.setdefault(target, Node(team, name, ""))
            edges.add(Edge(source, target, by))
    by_place = sorted(edges, key=lambda edge: (edge.source, edge.target, edge.by))
    return Graph(dict(sorted(nodes.items())), tuple(by_place))


def _key(text: str) -> str:
    """A Mermaid id: letters, digits and `_`."""
    return re.sub(r"[^a-z0-9]", "_", text)
