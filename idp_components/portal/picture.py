"""The connection graph as a picture: layers from left to right, users before what they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idp_components.graph import Graph, Node

CHARACTER = 7
"""Width of a character, in pixels of the picture."""
HEIGHT, GAP, LAYER_GAP, MARGIN = 44, 16, 90, 12
NARROWEST = 90
SWEEPS = 6
"""How often the order in the layers is improved; more changes little in graphs of this size."""
MOST = 200
"""Components that a picture can hold and still be read."""


@dataclass(frozen=True)
class Box:
    """A component in the picture."""

    key: str
    node: Node
    x: int
    y: int
    width: int


@dataclass(frozen=True)
class Arrow:
    """A connection in the picture."""

    source: str
    target: str
    by: str
    path: str
    """`d` of the SVG's path."""


@dataclass(frozen=True)
class Picture:
    """Everything with its place."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(graph: Graph) -> Picture:
    """The graph with a place for everything; the same graph always looks the same."""
    layers = _ordered(_layers(graph), graph)
    places: dict[str, Box] = {}
    x, tallest = MARGIN, max((len(layer) for layer in layers), default=0)
    for layer in layers:
        width = max(NARROWEST, *(CHARACTER * max(len(graph.nodes[key].name), len(_under(graph.nodes[key]))) + 20 for key in layer))
        top = MARGIN + (tallest - len(layer)) * (HEIGHT + GAP) // 2
        for row, key in enumerate(layer):
            places[key] = Box(key, graph.nodes[key], x, top + row * (HEIGHT + GAP), width)
        x += width + LAYER_GAP
    arrows = tuple(Arrow(edge.source, edge.target, edge.by, _curve(places[edge.source], places[edge.target])) for edge in graph.edges)
    return Picture(max(x - LAYER_GAP + MARGIN, 2 * MARGIN), 2 * MARGIN + tallest * (HEIGHT + GAP), tuple(places.values()), arrows)


def _under(node: Node) -> str:
    return f"{node.team} · {node.kind or 'elsewhere'}"


def _layers(graph: Graph) -> list[list[str]]:
    """Each component in a layer after all that use it. A connection back to where one came from counts for nothing here."""
    uses: dict[str, list[str]] = {key: [] for key in graph.nodes}
    for edge in graph.edges:
        uses[edge.source].append(edge.target)
    order = _users_first(uses)
    position = {key: index for index, key in enumerate(order)}
    depth = dict.fromkeys(order, 0)
    for key in order:
        for target in uses[key]:
            if position[target] > position[key]:
                depth[target] = max(depth[target], depth[key] + 1)
    found: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for key in graph.nodes:
        found[depth[key]].append(key)
    return found


def _users_first(uses: Mapping[str, Sequence[str]]) -> list[str]:
    """All keys, each before what it uses where that is possible: a depth-first search's finishing order, backwards."""
    finished: list[str] = []
    seen: set[str] = set()
    for start in uses:
        pending = [(start, iter(uses[start]))] if start not in seen else []
        seen.add(start)
        while pending:
            key, targets = pending[-1]
            target = next((each for each in targets if each not in seen), None)
            if target is None:
                finished.append(key)
                pending.pop()
            else:
                seen.add(target)
                pending.append((target, iter(uses[target])))
    return finished[::-1]


def _ordered(layers: list[list[str]], graph: Graph) -> list[list[str]]:
    """The layers, each sorted by where its neighbours in the layer before, and then after, are: fewer lines cross."""
    near: dict[str, list[str]] = {key: [] for key in graph.nodes}
    for edge in graph.edges:
        near[edge.source].append(edge.target)
        near[edge.target].append(edge.source)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            rank = {key: index / max(len(each), 1) for each in layers for index, key in enumerate(each)}
            own = {key: rank[key] for key in layer}

            def middle(key: str, rank: Mapping[str, float] = rank, own: Mapping[str, float] = own) -> float:
                others = [rank[other] for other in near[key] if other not in own]
                return sum(others) / len(others) if others else own[key]

            layer.sort(key=middle)
    return layers


def _curve(source: Box, target: Box) -> str:
    """From the right side of a box to the left side of another; round the boxes where that one isn't further right."""
    start, end = source.x + source.width, target.x
    from_y, to_y = source.y + HEIGHT // 2, target.y + HEIGHT // 2
    bend = max(LAYER_GAP // 2, abs(end - start) // 3)
    return f"M{start},{from_y} C{start + bend},{from_y} {end - bend},{to_y} {end - 6},{to_y}"
