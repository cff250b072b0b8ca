"""Reports: what was found, for people, for machines, for code scanning, for test viewers and for pull requests."""

from collections.abc import Callable, Mapping

from idp_components.rules.judging import Report
from idp_components.rules.levels import Level
from idp_components.rules.reports import as_json, junit, markdown, sarif, text

FORMATS: Mapping[str, Callable[[Report, Level], str]] = {
    "text": text.report,
    "json": as_json.report,
    "sarif": sarif.report,
    "junit": junit.report,
    "markdown": markdown.report,
}
"""Each takes a report and the lowest level that fails."""
