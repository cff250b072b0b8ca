"""Texts: objects out of YAML and JSON, with the places that they stand at."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import yaml

from idp_components.rules.regex import regex
from idp_components.rules.sources.document import SourceError, step

# libyaml reads 10 times faster; a PyYAML that was built without it reads the same.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 5000
"""Levels that libyaml reads without running out of its stack."""
_COMPACT = regex(rf"(?:[-?] ){{{_DEEPEST}}}")
_TEXT, _LIST, _OBJECT = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


class _Loader(_Safe):  # type: ignore[misc]
    """Remembers which texts are numbers, truth values and so on: manifests repeat the same few words."""

    resolve = staticmethod(lru_cache(10_000)(yaml.resolver.Resolver().resolve))
    # PyYAML tells both of every node, for tags by path: nobody has registered any, and a fifth of the time goes into the calls.
    descend_resolver = staticmethod(operator.is_)
    ascend_resolver = staticmethod(tuple)


@dataclass(frozen=True)
class Entry:
    """One document of a text, and what finds the place that it stands at."""

    data: Any
    locate: Callable[[], yaml.Node | None]


def parse(content: bytes, name: str) -> Iterator[Entry]:
    """The documents of a text, empty ones left out. JSON may be a list of them. Raises SourceError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: byte {error.start} is no UTF-8; save the file as UTF-8 text") from error
    if name.endswith(".json"):
        yield from _json(text, name)
    elif text.lstrip()[:1] in ("{", "["):
        try:
            yield from _json(text, name)
        except SourceError:  # YAML may begin like JSON
            yield from _yaml(text, name)
    else:
        yield from _yaml(text, name)


def _json(text: str, name: str) -> Iterator[Entry]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise SourceError(f"{name}:{line}: is not JSON: {getattr(error, 'msg', error)}") from error
    if isinstance(data, list):
        for index, element in enumerate(data):
            yield Entry(element, partial(_located, text, index))
    else:
        yield Entry(data, partial(_located, text))


def _located(text: str, *keys: int) -> yaml.Node | None:
    """Where a document of a JSON text stands. Only asked for where something was found: it parses a second time."""
    try:
        node: yaml.Node | None = None if _is_deep(text) else yaml.compose(text, _Loader)
    except (yaml.YAMLError, RecursionError):
        return None
    for key in keys:
        found = step(node, key) if node else None
        node = found[1] if found else None
    return node


def _is_deep(text: str) -> bool:
    """Whether a text may have more levels than libyaml, which would take the whole process with it, can read."""
    depth = 0
    if text.count("[") + text.count("{") > _DEEPEST:
        for bracket in re.finditer(r"[\[{}\]]", text):
            depth += 1 if bracket[0] in "[{" else -1
            if depth > _DEEPEST:
                return True
    return _COMPACT.search(text) is not None


def _yaml(text: str, name: str) -> Iterator[Entry]:
    if _is_deep(text):
        raise SourceError(f"{name}: has more than {_DEEPEST} levels; write plain manifests")
    try:
        loader = _Loader(text)
        build = loader.construct_document if "&" in text else partial(_built, loader)
        while loader.check_node():
            node = loader.get_node()
            if "&" in text and _contains_itself(node):
                raise SourceError(f"{name}:{node.start_mark.line + 1}: an alias leads back to its own anchor; write the object out")
            data = build(node)
            if data is not None:
                yield Entry(data, partial(_same, node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(f"{name}:{mark.line + 1 if mark else 1}: is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{name}: is not YAML: {str(error).splitlines()[0]}") from error


def _built(loader: Any, node: yaml.Node) -> Any:
    """The same as `construct_document`, in a third of the time; for documents without anchors."""
    kind, value = node.tag, node.value
    if kind == _TEXT and isinstance(node, yaml.ScalarNode):
        return value
    if kind == _LIST and isinstance(node, yaml.SequenceNode):
        return [_built(loader, child) for child in value]
    if kind == _OBJECT and isinstance(node, yaml.MappingNode) and all(key.tag == _TEXT for key, _ in value):
        # Most members are texts: a call for each would cost a tenth of it all.
        return {
            key.value: member.value if member.tag == _TEXT and member.__class__ is yaml.ScalarNode else _built(loader, member)
            for key, member in value
        }
    return loader.construct_object(node, deep=True)  # the other scalars, merged and rare keys, and what is refused


def _same(node: yaml.Node) -> yaml.Node:
    return node


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
