"""Reports: what was found, for people, for machines, for code scanning, for test viewers and for pull requests."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from idp_components.rules.judging import Report
from idp_components.rules.levels import Level

Write = Callable[[Report, Level], str]


def _later(name: str) -> Write:
    """The `report` of a module that is loaded when it is asked for: one of five is."""

    def report(found: Report, lowest: Level) -> str:
        write = cast("Write", import_module(f"{__name__}.{name}").report)
        return write(found, lowest)

    return report


FORMATS: Mapping[str, Write] = {
    "text": _later("text"),
    "json": _later("as_json"),
    "sarif": _later("sarif"),
    "junit": _later("junit"),
    "markdown": _later("markdown"),
}
"""Each takes a report and the lowest level that fails."""
