"""Selectors: whether labels match, in three values: yes, no, and `None` where an unknown value decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from idp_components.rules.field import UNKNOWN, Field

DOUBT = Field(UNKNOWN)
"""A decisive field where a match isn't sure."""


def every(verdicts: Iterable[bool | None]) -> bool | None:
    """Whether all hold."""
    doubt = False
    for verdict in verdicts:
        if verdict is False:
            return False
        doubt = doubt or verdict is None
    return None if doubt else True


def some(verdicts: Iterable[bool | None]) -> bool | None:
    """Whether one of these holds."""
    known = set(verdicts)
    return True if True in known else None if None in known else False


def doubts(verdicts: Iterable[bool | None]) -> tuple[Field, ...]:
    """What makes a problem undecided where one of these isn't sure."""
    return (DOUBT,) if None in list(verdicts) else ()


def same(one: Any, other: Any) -> bool | None:
    """Whether two values are equal."""
    return None if one is UNKNOWN or other is UNKNOWN else bool(one == other)


def agree(wanted: Field, labels: Field) -> bool | None:
    """Whether labels have every pair of a plain selector, as a Service's."""
    return every(same(pair.value, labels.get(str(pair.key)).value) for pair in wanted.entries())


def selects(selector: Field, labels: Field) -> bool | None:
    """Whether a label selector selects; one that is missing selects nothing, an empty one everything."""
    if selector.value is UNKNOWN:
        return None
    if not isinstance(selector.value, dict):
        return False
    expressions = (_holds(expression, labels) for expression in selector.get("matchExpressions").items())
    return every((agree(selector.get("matchLabels"), labels), *expressions))


def _holds(expression: Field, labels: Field) -> bool | None:
    key, operator = expression.get("key").value, expression.get("operator").value
    if not isinstance(key, str) or not isinstance(operator, str) or labels.value is UNKNOWN:
        return None if UNKNOWN in (key, operator, labels.value) else False
    value = labels.get(key).value
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    values = [each.value for each in expression.get("values").items()]
    if value is UNKNOWN or UNKNOWN in values:
        return None
    return (value in values) is (operator == "In")
