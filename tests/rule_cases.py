"""Every rule with its cases, for the tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from idp_components.rules import ALL, UNKNOWN, Finding, findings, stack_findings
from idp_components.rules.cases import Case, cases
from idp_components.rules.levels import STRICTEST, Level
from idp_components.rules.model import Resource, Rule
from idp_components.rules.packs import levels

CASES: dict[Rule, list[Case]] = {rule: cases(rule.id) for rule in ALL}
FIRST_BAD: dict[Rule, Case] = {rule: bad[0] for rule, known in CASES.items() if (bad := [case for case in known if case.verdict == "bad"])}
IN_FORCE = [rule for rule, level in levels(STRICTEST).items() if level is not Level.DISABLED]
"""Where most is asked for. The others wait for an organisation that wants them, or say the opposite below production."""
EACH_RULE = pytest.mark.parametrize("rule", FIRST_BAD, ids=lambda rule: rule.id)
"""Those without a bad case are found in `tests/unit/rules/test_cases.py`."""

SHAPES = (
    *(None, True, 0, -1, 10**400, 0.5, float("nan"), "", "7", "{", '{"Statement": [[7]]}'),
    *([], [None], [[UNKNOWN]], {}, {"": None}, {"a": []}, UNKNOWN),
)
"""What an API server or the engine can deliver in place of anything."""


def judged(rule: Rule, resources: list[Resource], case: Case) -> list[Finding]:
    """What one rule says about resources, under the options of a case."""
    judge = stack_findings if case.whole else findings
    return judge(resources, [rule], {rule.id: case.options})


def verdict(found: list[Finding]) -> Any:
    """What is compared: each objection with its place, and whether anything is undecided, wherever that is said first."""
    objections = sorted((finding.path, finding.message) for finding in found if not finding.undecided)
    return objections, any(finding.undecided for finding in found)


def said(found: list[Finding]) -> str:
    """For messages of tests."""
    return "says " + ("; ".join(finding.message for finding in found) or "nothing")


def inner(value: Any, *above: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place within nested objects and lists: the keys that lead there, and the object or list that has it."""
    children = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for key, child in children:
        yield (*above, key), value
        yield from inner(child, *above, key)
