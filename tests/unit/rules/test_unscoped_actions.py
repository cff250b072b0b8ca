"""The table of actions that know no resource says what AWS says, and a rule may trust it."""

import warnings
from typing import Any

import pytest

from idp_components.rules.aws.policy_document import matches
from idp_components.rules.aws.unscoped_actions import ASKED_WITHOUT, by_service, is_unscoped

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it reads its files with setuptools' pkg_resources, which is to go
    import parliament


def privileges(service: str) -> list[dict[str, Any]]:
    return [privilege for each in parliament.iam_definition if each["prefix"] == service for privilege in each["privileges"]]


def actions(service: str, *, scoped: bool) -> set[str]:
    """Actions of a service, by whether some resource can be named for them (Service Authorization Reference).

    Where two APIs share a service's name, both must know a resource.
    """
    entries = privileges(service)
    unscoped = {entry["privilege"] for entry in entries if not any(kind["resource_type"] for kind in entry["resource_types"])}
    return {entry["privilege"] for entry in entries} - unscoped if scoped else unscoped


@pytest.mark.parametrize("service", by_service())
def test_each_line_covers_the_actions_without_resources_and_no_other(service: str) -> None:
    patterns = by_service()[service]
    assert {action for action in actions(service, scoped=False) if not any(matches(each, action) for each in patterns)} == set()
    assert {action for action in actions(service, scoped=True) if any(matches(each, action) for each in patterns)} == set()


@pytest.mark.parametrize(("service", "pattern"), [(service, each) for service, known in ASKED_WITHOUT.items() for each in known])
def test_what_is_asked_without_a_resource_demands_none(service: str, pattern: str) -> None:
    covered = [each for each in privileges(service) if matches(pattern, each["privilege"])]
    assert covered
    assert not any(kind["resource_type"].endswith("*") for each in covered for kind in each["resource_types"])


@pytest.mark.parametrize("action", ["ec2:Describe*", "EC2:describeinstances", "sqs:ListQueues", "unheard-of:ListThings", "support:*"])
def test_reading_what_there_is_needs_a_star(action: str) -> None:
    assert is_unscoped(action)


@pytest.mark.parametrize("action", ["s3:List*", "s3:ListBucket", "ec2:*", "*", "unheard-of:MakeThing", "logs:Get*", 7, None, "logs"])
def test_what_could_be_narrowed_is_not_excused(action: object) -> None:
    assert not is_unscoped(action)
