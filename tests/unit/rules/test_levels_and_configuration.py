"""Which environment takes which rule how seriously, and how the owner of a pack changes that."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import SpecError
from idp_components.rules import ALL
from idp_components.rules.configuration import ConfigurationError, configured
from idp_components.rules.levels import Level, environment_of
from idp_components.rules.model import Rule
from idp_components.rules.packs import PACKS, levels
from idp_components.rules.schema import KEYWORDS, fault


@pytest.mark.parametrize(
    ("stack", "environment"),
    [
        ("checkout-dev", "dev"),
        ("acme/idp/checkout-staging", "staging"),
        ("checkout-production", "production"),
        ("checkout-preview", "preview"),
        ("checkout-pr-42", "preview"),
        ("checkout-user-alice", "preview"),
        ("acme/idp/web-shop-user-alice", "preview"),
        ("shop-user-dev", "dev"),
        ("dev", "dev"),
        ("pr-42", "preview"),
        ("checkout-pr-x", "production"),
        ("checkout-user-a-b", "production"),
        ("checkout", "production"),
        ("checkout-prod", "production"),
        ("acme/idp/checkout-user-alice", "preview"),
        ("", "production"),
    ],
)
def test_the_stacks_name_says_the_environment_and_the_strictest_counts_otherwise(stack: str, environment: str) -> None:
    assert environment_of(stack) == environment


def test_every_environment_of_the_platform_is_known_here() -> None:
    assert {environment_of(f"shop-{environment}") for environment in PROFILES} == set(PROFILES)


@given(
    team=st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True),
    last=st.sampled_from([*PROFILES, "pr-1", "pr-4711", "user-x", "user-dev", "user-pr", "prod", "pr-", "user-"]),
)
def test_a_stack_that_the_platform_takes_has_the_same_environment_here(team: str, last: str) -> None:
    stack = f"{team}-{last}"
    try:
        context = Context.of(stack, {"domain": "shop.localhost"})
    except SpecError:
        return
    assert environment_of(stack) == context.profile.environment


def test_an_environment_is_never_stricter_than_production() -> None:
    strictest = levels("production")
    for environment in PROFILES:
        for rule, level in levels(environment).items():
            assert (level, strictest[rule]) != (Level.MANDATORY, Level.ADVISORY)


def test_every_rule_is_in_exactly_one_pack() -> None:
    chosen = [rule.id for pack in PACKS for rule in pack.rules]
    assert sorted(chosen) == sorted(rule.id for rule in ALL)


def test_a_level_of_its_own_beats_the_level_of_all() -> None:
    chosen, options = configured(
        {"kubernetes-image-tag": "mandatory", "all": "advisory", "kubernetes-image-registry-allowed": {"registries": ["ghcr.io"]}},
        levels("dev"),
    )
    assert chosen["kubernetes-image-tag"] is Level.MANDATORY
    assert {level for rule, level in chosen.items() if rule != "kubernetes-image-tag"} == {Level.ADVISORY}
    assert options["kubernetes-image-registry-allowed"] == {"registries": ["ghcr.io"]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "the configuration is no JSON object; write for example {"),
        ({"nonsense": "advisory"}, 'there is no rule "nonsense"; there are '),
        (
            {"kubernetes-image-tag": "loud"},
            "enforcementLevel of kubernetes-image-tag is 'loud'; use advisory, mandatory or disabled, for example {",
        ),
        ({"kubernetes-image-tag": 7}, "enforcementLevel of kubernetes-image-tag is 7; use advisory, mandatory or disabled, for example {"),
        ({"kubernetes-image-tag": {"tags": []}}, 'rule kubernetes-image-tag has no option "tags"; this rule has none, for example {'),
        (
            {"kubernetes-image-registry-allowed": {"registries": "ghcr.io"}},
            'option registries of rule kubernetes-image-registry-allowed is no list. Registries, or paths within one, for example ["',
        ),
        ({"aws-rds-backup-retention": {"days": 7.5}}, "option days of rule aws-rds-backup-retention is no whole number"),
        ({"aws-rds-backup-retention": {"days": True}}, "option days of rule aws-rds-backup-retention is no whole number"),
    ],
)
def test_a_configuration_of_the_wrong_kind_is_refused_with_place_and_example(data: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configured(data, levels("dev"))
    assert str(refused.value).startswith(message)


SCHEMA = {
    "type": "object",
    "required": ["size"],
    "additionalProperties": False,
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "rate": {"type": "number"},
        "on": {"type": "boolean"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "names": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[a-z]+$"}},
    },
}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"size": 1, "rate": 0.5, "on": True, "kind": "a", "names": ["x"]}, ""),
        ({"size": True}, "x.size is no whole number"),
        ({"size": 1.5}, "x.size is no whole number"),
        ({"size": "1"}, "x.size is no whole number"),
        ({"size": 0}, "x.size is less than 1"),
        ({"size": 10}, "x.size is more than 9"),
        ({"size": 1, "rate": "1"}, "x.rate is no number"),
        ({"size": 1, "on": 1}, "x.on is no true or false"),
        ({"size": 1, "kind": "c"}, "x.kind is none of a, b"),
        ({"size": 1, "names": []}, "x.names has less than 1 items"),
        ({"size": 1, "names": ["a", "B"]}, "x.names[1] doesn't look like ^[a-z]+$"),
        ({"size": 1, "other": 1}, "x.other is not known"),
        ({}, "x.size is missing"),
        ([], "x is no object"),
    ],
)
def test_options_are_held_to_their_schema(value: Any, wrong: str) -> None:
    assert fault(value, SCHEMA, "x") == wrong
    assert Draft202012Validator(SCHEMA).is_valid(value) == (not wrong)


@pytest.mark.parametrize("rule", [rule for rule in ALL if rule.options], ids=lambda rule: rule.id)
def test_every_option_has_a_default_that_fits_and_a_schema_that_is_understood(rule: Rule) -> None:
    for name, schema in rule.options.items():
        assert schema["description"]
        assert fault(schema["default"], schema, name) == ""
        parts = [schema, *([schema["items"]] if "items" in schema else []), *schema.get("properties", {}).values()]
        assert {key for part in parts for key in part} <= KEYWORDS | {"default", "description"}
