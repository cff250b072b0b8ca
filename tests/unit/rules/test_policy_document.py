"""Policy documents are read alike in every form, and what belongs to them keeps its place."""

import json
from typing import Any

import pytest

from idp_components.rules.aws.policy_document import (
    account_of,
    covers_all_of_a_kind,
    covers_all_of_iam,
    covers_everything,
    document,
    matches,
)
from idp_components.rules.field import UNKNOWN, Field, SecretText, path

STATEMENT = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": ["arn:aws:s3:::photos/*"],
    "Principal": {"AWS": ["123456789012"], "Service": "sns.amazonaws.com"},
    "Condition": {"ForAnyValue:StringLikeIfExists": {"AWS:PrincipalOrgID": ["o-1"]}},
}
ASKED_FOR = {
    "actions": ["s3:GetObject"],
    "resources": ["arn:aws:s3:::photos/*"],
    "principals": [{"type": "AWS", "identifiers": ["123456789012"]}, {"type": "Service", "identifiers": ["sns.amazonaws.com"]}],
    "conditions": [{"test": "ForAnyValue:StringLikeIfExists", "variable": "AWS:PrincipalOrgID", "values": ["o-1"]}],
}
FORMS = {
    "object": {"Statement": [STATEMENT]},
    "a single statement": {"Statement": STATEMENT},
    "text": json.dumps({"Statement": [STATEMENT]}),
    "secret text": SecretText(json.dumps({"Statement": STATEMENT})),
    "what getPolicyDocument takes": {"statements": [ASKED_FOR]},
    "what getPolicyDocument returns": {"json": json.dumps({"Statement": [STATEMENT]})},
}


def read(value: Any) -> Any:
    return document(Field({"policy": value}).get("policy"))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_says_the_same(form: Any) -> None:
    (statement,) = read(form).statements
    assert statement.allows
    assert [each.value for each in statement.actions] == ["s3:GetObject"]
    assert [each.value for each in statement.resources] == ["arn:aws:s3:::photos/*"]
    assert [(kind, each.value) for kind, each in statement.principals] == [("AWS", "123456789012"), ("Service", "sns.amazonaws.com")]
    (condition,) = statement.conditions
    assert (condition.operator, condition.quantifier, condition.if_exists) == ("stringlike", "foranyvalue", True)
    assert (condition.key, [each.value for each in condition.values]) == ("aws:principalorgid", ["o-1"])


def test_places_in_a_text_are_those_of_an_object() -> None:
    (statement,) = read(FORMS["text"]).statements
    assert path(statement.resources[0].keys) == "policy.Statement[0].Resource[0]"


def test_what_comes_out_of_a_secret_is_secret() -> None:
    (statement,) = read(FORMS["secret text"]).statements
    assert isinstance(statement.actions[0].value, SecretText)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, 7, True, ["a"]])
def test_what_is_no_document_is_said_to_be_none(text: Any) -> None:
    found = read(text)
    assert not found.valid
    assert list(found.statements) == []


def test_an_unset_document_is_none_and_an_unknown_one_is_unknown() -> None:
    assert read(None) is None
    assert [each.value for each in read(UNKNOWN).unknown] == [UNKNOWN]
    assert [each.value for each in read({"Statement": [STATEMENT, UNKNOWN]}).unknown] == [UNKNOWN]


@pytest.mark.parametrize(
    ("pattern", "action", "covers"),
    [
        ("*", "iam:PassRole", True),
        ("IAM:pass?ole", "iam:PassRole", True),
        ("iam:*Role", "iam:PassRole", True),
        ("iam:[P]assRole", "iam:PassRole", False),
        ("iam:Pass", "iam:PassRole", False),
        ("*" * 60 + "x", "iam:PassRole", False),
        (7, "iam:PassRole", False),
    ],
)
def test_patterns_are_those_of_iam(pattern: Any, action: str, covers: bool) -> None:
    assert matches(pattern, action) is covers


@pytest.mark.parametrize(
    ("resource", "everything", "kind"),
    [
        ("*", True, True),
        ("arn:aws:s3:::*", True, True),
        ("arn:aws:logs:*:*:*", True, True),
        ("arn:aws:iam::123456789012:role/*", False, True),
        ("arn:aws:iam::123456789012:role/team-*", False, False),
        ("arn:aws:cloudformation:*:123456789012:stack/*/*", False, True),
        ("arn:aws:cloudformation:*:123456789012:stack/shop/*", False, False),
        ("arn:aws:s3:::photos", False, False),
        (UNKNOWN, False, False),
    ],
)
def test_how_much_a_resource_covers(resource: Any, everything: bool, kind: bool) -> None:
    assert (covers_everything(resource), covers_all_of_a_kind(resource)) == (everything, kind)


@pytest.mark.parametrize(
    ("action", "everything"),
    [
        ("*", True),
        ("*:*", True),
        ("IAM:*", True),
        ("i*:**", True),
        ("iam:Pass*", False),
        ("sqs:*", False),
        ("iam:", False),
        (UNKNOWN, False),
        (["*"], False),
    ],
)
def test_which_actions_are_all_of_iam(action: Any, everything: bool) -> None:
    assert covers_all_of_iam(action) is everything


def test_the_account_of_a_principal() -> None:
    assert account_of("arn:aws:iam::123456789012:root") == account_of("123456789012") == "123456789012"
    assert account_of("arn:aws:iam::*:root") == account_of("*") == account_of(UNKNOWN) == ""
