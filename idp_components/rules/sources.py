"""Sources: Kubernetes objects out of manifest files, with the lines that they stand on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SUFFIXES = (".yaml", ".yml", ".json")
EXAMPLE = '"apiVersion: apps/v1" and "kind: Deployment"'

# libyaml reads 10 times faster; a PyYAML that was built without it reads the same.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SourceError(Exception):
    """Input that can't be read as Kubernetes objects. The message begins with file and line."""


@dataclass(frozen=True)
class Document:
    """One object of a file."""

    file: str
    manifest: dict[str, Any]
    node: yaml.Node | None = None
    """Where the YAML parser saw it; nothing for JSON and for rendered stacks."""

    def line(self, keys: Sequence[str | int]) -> int | None:
        """The line, from 1, of the nearest place that exists on the way to `keys`."""
        if self.node is None:
            return None
        line, node = self.node.start_mark.line, self.node
        for key in keys:
            step = _step(node, key)
            if step is None:
                break
            line, node = step
        return int(line) + 1


def in_folder(folder: Path) -> list[Path]:
    """All manifest files below a folder, sorted. Hidden folders are left out."""
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def read(path: Path) -> Iterator[Document | None]:
    """The objects of a file; `None` for a document that is no Kubernetes object. Raises SourceError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    yield from parse(content, str(path))


def parse(content: bytes, name: str) -> Iterator[Document | None]:
    """Like `read`, from what a file holds. A name that ends in `.json` is read as JSON, any other as YAML."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: byte {error.start} is no UTF-8; save the file as UTF-8 text") from error
    if name.endswith(".json"):
        yield from _json(text, name)
    else:
        yield from _yaml(text, name)


def _json(text: str, name: str) -> Iterator[Document | None]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise SourceError(f"{name}:{line}: is not JSON: {getattr(error, 'msg', error)}") from error
    yield Document(name, data) if _is_object(data) else None


def _yaml(text: str, name: str) -> Iterator[Document | None]:
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            if _contains_itself(node):
                raise SourceError(f"{name}:{node.start_mark.line + 1}: an alias leads back to its own anchor; write the object out")
            data = loader.construct_document(node)
            if data is not None:
                yield Document(name, data, node) if _is_object(data) else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(f"{name}:{mark.line + 1 if mark else 1}: is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{name}: is not YAML: {str(error).splitlines()[0]}") from error


def _is_object(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("apiVersion"), str) and isinstance(data.get("kind"), str)


def _contains_itself(root: yaml.Node) -> bool:
    """Whether an alias makes the document endless. Iterative, for documents of any depth."""
    open_nodes: set[int] = set()
    done: set[int] = set()
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            open_nodes.discard(id(node))
            done.add(id(node))
        elif id(node) in open_nodes:
            return True
        elif id(node) not in done and not isinstance(node, yaml.ScalarNode):
            open_nodes.add(id(node))
            stack.append((node, True))
            stack.extend((child, False) for child in _children(node))
    return False


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value)


def _step(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == key:
                return name.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line, node.value[key]
    return None
