"""Remedies add what is missing, so that the rule holds, and nothing else."""

import copy
from typing import Any

import pytest

from idp_components.rules import ALL, UNKNOWN, Resource, findings
from idp_components.rules.model import ResourceRule

RULES = {rule.id: rule for rule in ALL if isinstance(rule, ResourceRule) and rule.remedy}
URN = "urn:pulumi:shop-production::idp::aws:rds/instance:Instance::orders"
INSTANCE, REPOSITORY = "aws:rds/instance:Instance", "aws:ecr/repository:Repository"


def remedied(rule_id: str, token: str, props: Any, urn: str = "", **options: Any) -> Any:
    """The properties after the remedy; `None` where there is none. What it was given stays as it was."""
    rule, before = RULES[rule_id], copy.deepcopy(props)
    assert rule.remedy
    after = rule.remedy(Resource(token, "web", props, urn), options)
    assert props == before
    if after is not None:
        assert findings([Resource(token, "web", after, urn)], [rule], {rule_id: options}) == []
        assert rule.remedy(Resource(token, "web", after, urn), options) is None
    return after


def test_a_repository_that_says_nothing_scans() -> None:
    assert remedied("aws-ecr-scan-on-push", REPOSITORY, {"name": "shop"}) == {
        "name": "shop",
        "imageScanningConfiguration": {"scanOnPush": True},
    }


@pytest.mark.parametrize("said", [{"scanOnPush": False}, UNKNOWN, {"scanOnPush": UNKNOWN}])
def test_what_a_repository_says_is_left_alone(said: Any) -> None:
    assert remedied("aws-ecr-scan-on-push", REPOSITORY, {"imageScanningConfiguration": said}) is None


def test_the_stacks_name_tells_the_missing_tags() -> None:
    after = remedied("organisation-required-tags", INSTANCE, {"tags": {"Name": "x", "idp/team": "own"}}, URN)
    assert after == {"tags": {"Name": "x", "idp/team": "own", "idp/environment": "production"}}


@pytest.mark.parametrize(
    ("props", "urn", "options"),
    [
        ({}, "", {}),
        ({}, URN.replace("shop-production", "shop"), {}),
        ({"tags": UNKNOWN}, URN, {}),
        ({"tags": {"idp/team": ""}}, URN, {"tags": ["idp/team"]}),
        ({}, URN, {"tags": ["idp/team", "owner"]}),
        (None, URN, {}),
    ],
)
def test_tags_that_nobody_knows_are_not_invented(props: Any, urn: str, options: dict[str, Any]) -> None:
    assert remedied("organisation-required-tags", INSTANCE, props, urn, **options) is None


def test_a_job_keeps_the_labels_that_the_api_server_would_take_from_its_pods() -> None:
    job = {"metadata": {"name": "migrate"}, "spec": {"template": {"metadata": {"labels": {"app.kubernetes.io/name": "migrate"}}}}}
    after = remedied("organisation-team-label", "kubernetes:batch/v1:Job", job, URN)
    assert after["metadata"]["labels"] == {"app.kubernetes.io/name": "migrate", "idp/team": "shop"}
    job["spec"]["template"]["metadata"]["labels"] = UNKNOWN
    assert remedied("organisation-team-label", "kubernetes:batch/v1:Job", job, URN) is None
