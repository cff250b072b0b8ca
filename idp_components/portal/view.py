"""What pages say about the catalogue: pure functions over it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from markupsafe import Markup, escape

from idp_components.backstage.templates import class_name
from idp_components.catalog.model import Catalog, Environment, Item
from idp_components.core.naming import CLUSTER_DOMAIN
from idp_components.graph import Graph, Node, graph_of
from idp_components.schema import SPECS

Health = Literal["well", "trouble", "nothing"]
HIDDEN = "(not shown)"
LONGEST_TEXT = 200
NO_NODES = frozenset({"EphemeralEnvironment", "PipelineIssuer", "PipelineRole", "Team"})
"""Kinds that nothing runs in or uses: they are no part of the connections."""
CLASSES = {class_name(name): spec for name, spec in SPECS.items()}
PASSWORD_IN_URL = re.compile(r"://[^/\s@]+@")


def search(catalog: Catalog, query: str, team: str = "", environment: str = "") -> list[Item]:
    """The items that each word of the query is somewhere in."""
    words = query.casefold().split()
    return [
        item
        for item in catalog.items
        if team in ("", item.team) and environment in ("", item.environment) and all(word in _hay(item) for word in words)
    ]


def _hay(item: Item) -> str:
    return " ".join((item.name, item.kind, item.team, item.environment, item.version, item.url, item.address, *item.uses)).casefold()


def health(item: Item) -> Health:
    """Whether it is well, as far as pods say."""
    if item.pods is None or (item.pods.well and not item.pods.wanted):
        return "nothing"
    return "well" if item.pods.well else "trouble"


def health_text(item: Item) -> str:
    """The same in words, so that colour is never all that says it."""
    if item.pods is None:
        return "no pods known"
    if health(item) == "nothing":
        return "no pods wanted now"
    count = f"{item.pods.ready} of {item.pods.wanted} ready"
    return f"{count}: {', '.join(item.pods.troubles)}" if item.pods.troubles else count


def where(item: Item) -> str:
    """Where it answers."""
    return item.url or item.address.replace(f".{CLUSTER_DOMAIN}", "")


def changes(catalog: Catalog) -> list[Environment]:
    """Stacks by their last change, the newest first."""
    return sorted((each for each in catalog.environments if each.last), key=lambda each: each.last.at if each.last else "", reverse=True)


def connections(catalog: Catalog, environment: str, team: str = "", around: str = "") -> Graph:
    """Who uses what in an environment: of all, of a team and its neighbours, or of one component (`team/name`) and its neighbours."""
    items = [item for item in catalog.items if item.environment == environment and item.kind not in NO_NODES]
    found = graph_of((Node(item.team, item.name, item.kind), item.uses) for item in items)
    if not (team or around):
        return found
    centre = {key for key, node in found.nodes.items() if (around and key == around) or (team and node.team == team)}
    edges = tuple(edge for edge in found.edges if edge.source in centre or edge.target in centre)
    kept = centre | {end for edge in edges for end in (edge.source, edge.target)}
    return Graph({key: node for key, node in found.nodes.items() if key in kept}, edges)


def visible(item: Item) -> dict[str, Any]:
    """Its spec for a page: without values that its class keeps out of messages, and without the inside of long texts."""
    known = CLASSES.get(item.kind)
    fields = known.model_fields if known else {}
    return {key: _short(value, hidden=key in fields and not fields[key].repr) for key, value in item.spec.items()}


def _short(value: Any, *, hidden: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _short(inner, hidden=hidden) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_short(inner, hidden=hidden) for inner in value]
    if hidden:
        return HIDDEN
    return f"{value[:LONGEST_TEXT]}…" if isinstance(value, str) and len(value) > LONGEST_TEXT else value


def environments(catalog: Catalog) -> list[str]:
    """Names of the environments that something is in."""
    return sorted({each.environment for each in catalog.environments if each.environment})


def code(text: str) -> Markup:
    """Text of which what stands in backticks is code; all of it stays text."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(escape(part) if index % 2 == 0 else Markup("<code>{}</code>").format(part) for index, part in enumerate(parts))


def without_passwords(text: str) -> str:
    """Text of a program: an error may quote the backend's address with what it is entered by."""
    return PASSWORD_IN_URL.sub("://…@", text)


def moment(text: str) -> str:
    """A moment for people: `24 Nov 2026, 10:00 UTC`; what is none stays as it is."""
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def counted(number: int, noun: str) -> str:
    """`1 service`, `2 services`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def by_environment(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Items by their environment."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.environment, []).append(item)
    return found
