"""Text of a file of settings: each name that it sets, and to what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from idp_components.rules.sources.document import SourceError
from idp_components.rules.sources.text import parse

_LINES = frozenset({"env", "ini", "properties", "toml", "conf", "cfg", "cnf"})
"""Endings of files of which each line is a name and a value."""
_TREES = frozenset({"yaml", "yml", "json", "config", ""})
"""Endings of files that are YAML or JSON; an entry without any is often one too (`alertmanager`, `oidc.config`)."""
_NAME = re.compile(r"(?:export\s+)?(?:[\w-]+\.)*(?P<name>[\w-]+)")
_FEWEST_WORDS = 3
"""A value of so many is a sentence, such as a label of a form."""


def settings(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Each setting of a file, by the ending of its name; nothing where it can't be read as that, or is of another sort."""
    ending = name.rpartition(".")[2] if "." in name else ""
    tree = _tree(text) if ending in _TREES else None
    if ending in _LINES | _TREES:
        found = _of_lines(text) if tree is None else _of_tree(tree)
        yield from ((key, value) for key, value in found if len(value.split()) < _FEWEST_WORDS)


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    """`name = value`, or as Redis has it `name value`."""
    for line in map(str.strip, text.splitlines()):
        name, _, value = line.partition("=") if "=" in line else line.partition(" ")
        if found := _NAME.fullmatch(name.strip()):
            yield found["name"], value.strip().strip("'\"")


def _tree(text: str) -> Any:
    """What a text is as YAML or JSON; none for anything else."""
    try:
        documents = [entry.data for entry in parse(text.encode(errors="replace"), "")]
    except SourceError:
        return None
    return documents if any(isinstance(document, dict | list) for document in documents) else None


def _of_tree(tree: Any) -> Iterator[tuple[str, str]]:
    """Each text in a tree with the name that it stands under. What aliases repeat is read once."""
    open_, seen = [("", tree)], set[int]()
    while open_:
        name, value = open_.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, dict):
                open_ += [(str(key), member) for key, member in value.items()]
                if isinstance(value.get("name"), str):  # a variable of a container
                    open_.append((value["name"], value.get("value")))
            else:
                open_ += [(name, member) for member in value]
