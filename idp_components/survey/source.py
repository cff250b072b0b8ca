"""Reading files that people wrote: text, and YAML of which every plain value stays the text that was typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from idp_components.core.spec import SpecError

MAX_BYTES = 10_000_000
"""Of one file: ten times what 1,000 long answers take."""


class _Loader(yaml.BaseLoader):
    """Every scalar is text: `no` and `2026-12-24` are what somebody wrote in a comment, no boolean and no date.

    A mapping that says a key twice and a value that stands for another one (`*alias`) are refused: one of the two would be lost, and a few
    aliases of aliases grow to any size.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are refused; write the value out", problem_mark=self.get_mark())
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            raise yaml.MarkedYAMLError(problem="a key stands twice in this mapping", problem_mark=node.start_mark)
        return found


def text(path: Path) -> str:
    """What a file holds. Raises SpecError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise SpecError(f"{path}: is longer than {MAX_BYTES} bytes; split it into several files")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8 text") from None


def parsed(content: str, name: str) -> Any:
    """The YAML in `content`, all scalars as text. Raises SpecError that begins with name and line."""
    try:
        return yaml.load(content, _Loader)  # noqa: S506  (the base loader makes text, lists and mappings only)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecError(f"{name}:{mark.line + 1 if mark else 1}: is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise SpecError(f"{name}: is not YAML: {str(error).splitlines()[0]}") from None


def mapping(data: Any, place: str, example: str) -> dict[str, Any]:
    """The data if it is a mapping, whose keys are text by this loader; else SpecError."""
    if isinstance(data, dict):
        return data
    raise SpecError(f"{place}: a mapping is needed, for example {example}")
