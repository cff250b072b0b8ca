"""The cases say what resources say: their properties have the names that pulumi_aws gives them, so that a rule is tried on what there is."""

import importlib
import re
import typing
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from pulumi import _types
from rule_cases import CASES

from idp_components.rules import UNKNOWN
from idp_components.rules.model import Rule

OF_A_STATE = "id"
OF_A_DOCUMENT = {"json", "statements"}
"""Policies are also given as getPolicyDocument takes them, and returns them."""
ON_PURPOSE = {
    ("aws-guardduty-enabled", "spec"): "what Kubernetes would say",
    ("aws-rds-log-exports", "enabledCloudwatchLogsExports"): "what Neptune calls otherwise",
    ("ephemeral-force-destroy", "forceDestroy"): "what a repository calls otherwise",
    ("aws-s3-website", "websites"): "what the second edition of a bucket said until pulumi_aws 7",
}
"""Names that a kind doesn't have, and why a case says them all the same."""
KINDS = sorted(
    {resource.type for known in CASES.values() for case in known for resource in case.resources if resource.type.startswith("aws:")}
)


@cache
def classes(token: str) -> list[type]:
    """What a program says of a resource, and what a state has beside that."""
    match = re.fullmatch(r"aws:(?P<service>[^/:]+)(?:/[^:]*)?:(?P<kind>\w+)", token)
    assert match, token
    service, kind = match.groups()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of the kinds that a package still has
        resource = getattr(importlib.import_module(f"pulumi_aws.{'lambda_' if service == 'lambda' else service}"), kind)
        module = importlib.import_module(resource.__module__)
    return [cls for name in (f"{kind}Args", f"{kind}InitArgs", f"_{kind}State") if _types.is_input_type(cls := getattr(module, name, None))]


@cache
def properties(of: type) -> dict[str, list[type]]:
    """The names of a class' properties, each with the classes of the objects that it may hold."""
    names = _types.input_type_py_to_pulumi_names(of)
    return {names.get(name, name): list(objects(found)) for name, found in _types.input_type_types(of).items()}


def objects(found: Any) -> Iterator[type]:
    if _types.is_input_type(found):
        yield found
    for each in typing.get_args(found):
        yield from objects(each)


def strangers(value: Any, known: list[type]) -> Iterator[str]:
    """Names in a value, also deep in it, that none of these classes has."""
    for each in value if isinstance(value, list) else [value]:
        for name, inside in each.items() if isinstance(each, dict) else ():
            holders = [properties(of) for of in known if name in properties(of)]
            if not holders:
                yield name
            elif below := [of for holder in holders for of in holder[name]]:
                yield from strangers(inside, below)


@pytest.mark.parametrize("rule", CASES, ids=lambda rule: rule.id)
def test_a_case_has_the_names_of_the_provider(rule: Rule) -> None:
    for case in CASES[rule]:
        for resource in case.resources:
            if resource.type in KINDS and resource.props is not UNKNOWN:
                found = {name for name in strangers(resource.props, classes(resource.type)) if (rule.id, name) not in ON_PURPOSE}
                assert found <= {OF_A_STATE, *OF_A_DOCUMENT}, (
                    f"{rule.id}, case {case.title!r}: {resource.type} has no {', '.join(sorted(found))}"
                )
