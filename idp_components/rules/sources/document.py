"""What is read: documents, each one resource and where it stands, and the targets that hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import yaml

from idp_components.rules.model import Resource


class SourceError(Exception):
    """Input that can't be read as resources. The message begins with the file, and the line where there is one."""


@dataclass(frozen=True)
class Document:
    """One resource, and the file that it is from."""

    file: str
    resource: Resource
    locate: Callable[[], yaml.Node | None] | None = None
    """Finds where the YAML parser saw it; none where there is no text that people edit, as with a rendered stack."""

    def line(self, keys: Sequence[str | int]) -> int | None:
        """The line, from 1, of the nearest place that exists on the way to `keys`."""
        if self._node is None:
            return None
        line, node = self._node.start_mark.line, self._node
        for key in keys:
            found = step(node, key)
            if found is None:
                break
            line, node = found
        return int(line) + 1

    @cached_property
    def _node(self) -> yaml.Node | None:
        return self.locate() if self.locate else None


def step(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    """One level down in YAML: the line and the node of a member or an element."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == key:
                return name.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line, node.value[key]
    return None


@dataclass(frozen=True)
class Target:
    """What is judged together, for rules that look at how things fit."""

    name: str
    documents: Sequence[Document]
    stack: str = ""
    """The Pulumi stack that it is of; empty for plain manifests."""
    project: str = ""
    left_out: str = ""
    """Why it is only a part of its stack, so that rules about whole stacks have no say; empty where it is all."""
