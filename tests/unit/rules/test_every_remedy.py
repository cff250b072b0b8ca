"""Rules that can mend what they object to only add, change nothing twice, and are content afterwards."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rule_cases import CASES, judged, said

from idp_components.rules.field import Field
from idp_components.rules.model import ResourceRule

URN = "urn:pulumi:shop-dev::idp::{}::web"
"""Says the team and the environment."""
WITH_REMEDY = [rule for rule in CASES if isinstance(rule, ResourceRule) and rule.remedy is not None]


def leaves(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value that isn't null and has nothing below it, with its place."""
    pending = [Field(value)]
    while pending:
        field = pending.pop()
        below = [*field.items(), *field.entries()] if isinstance(field.value, dict | list) else []
        pending.extend(below)
        if not below and field.value is not None:
            yield field.keys, field.value


def test_a_remedy_only_adds_and_the_rule_holds_afterwards() -> None:
    for rule in WITH_REMEDY:
        assert rule.remedy is not None
        effective = False
        for case in CASES[rule]:
            (resource,) = (replace(each, urn=each.urn or URN.format(each.type)) for each in case.resources)
            where = f"{rule.id}, case {case.title!r}"
            before = copy.deepcopy(resource.props)
            mended = rule.remedy(resource, case.options)
            assert resource.props == before, f"{where}: the remedy changes what it was given"
            if mended is None:
                continue
            effective |= case.verdict == "bad"
            after = replace(resource, props=mended)
            found = judged(rule, [after], case)
            assert not found, f"{where}: mended, {said(found)}"
            kept = dict(leaves(mended))
            lost = [keys for keys, value in leaves(before) if value not in ({}, []) and kept.get(keys) != value]
            assert not lost, f"{where}: the remedy takes away or changes {lost}"
            assert rule.remedy(after, case.options) in (None, mended), f"{where}: the remedy goes on changing"
        assert effective, f"{rule.id}: its remedy helps in no bad case"
