"""Which environment takes which rule how seriously, and how the owner of a pack changes that."""

from typing import Any

import pytest

from idp_components.core.profiles import PROFILES
from idp_components.rules import ALL
from idp_components.rules.configuration import ConfigurationError, configured
from idp_components.rules.levels import Level, environment_of
from idp_components.rules.packs import PACKS, levels


@pytest.mark.parametrize(
    ("stack", "environment"),
    [
        ("checkout-dev", "dev"),
        ("acme/idp/checkout-staging", "staging"),
        ("checkout-production", "production"),
        ("checkout-preview", "preview"),
        ("checkout-pr-42", "preview"),
        ("acme/idp/checkout-user-alice", "preview"),
        ("checkout-user-production", "production"),
        ("checkout", "production"),
        ("checkout-prod", "production"),
        ("", "production"),
    ],
)
def test_the_stacks_name_says_the_environment_and_the_strictest_counts_otherwise(stack: str, environment: str) -> None:
    assert environment_of(stack) == environment


def test_every_environment_of_the_platform_is_known_here() -> None:
    assert {environment_of(f"shop-{environment}") for environment in PROFILES} == set(PROFILES)


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
        ({"nonsense": "advisory"}, 'there is no rule "nonsense"; there are aws-'),
        (
            {"kubernetes-image-tag": "loud"},
            "enforcementLevel of kubernetes-image-tag is 'loud'; use advisory, mandatory or disabled, for example {",
        ),
        ({"kubernetes-image-tag": 7}, "enforcementLevel of kubernetes-image-tag is 7; use advisory, mandatory or disabled, for example {"),
        ({"kubernetes-image-tag": {"tags": []}}, 'rule kubernetes-image-tag has no option "tags"; this rule has none, for example {'),
        (
            {"kubernetes-image-registry-allowed": {"registries": "ghcr.io"}},
            "option registries of rule kubernetes-image-registry-allowed is no list of texts",
        ),
        ({"aws-rds-backup-retention": {"days": 7.5}}, "option days of rule aws-rds-backup-retention is no whole number"),
        ({"aws-rds-backup-retention": {"days": True}}, "option days of rule aws-rds-backup-retention is no whole number"),
    ],
)
def test_a_configuration_of_the_wrong_kind_is_refused_with_place_and_example(data: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configured(data, levels("dev"))
    assert str(refused.value).startswith(message)
