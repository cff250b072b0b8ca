"""The context that a running stack reads from its name and config."""

import pytest

from idp_components import Context, SpecError
from idp_components.testing import run


def read(**config):
    found = []
    run(
        lambda: found.append(Context.from_stack(["shop"])),
        stack_name="shop-dev",
        config={f"idp:{key}": value for key, value in config.items()},
    )
    return found[0]


def test_the_stacks_name_and_config_say_who_and_where():
    context = read(domain="dev.example.com", tlsIssuer="internal", registries='["ghcr.io/shop/"]')
    assert (context.team, context.environment, context.namespace) == ("shop", "dev", "shop-dev")
    assert (context.cluster.tls_issuer, context.cluster.registries) == ("internal", ("ghcr.io/shop/",))


def test_a_key_that_only_looks_like_one_of_ours_is_refused():
    with pytest.raises(SpecError, match=r"config idp:ruting: no such key; did you mean idp:routing\? keys: domain, routing, "):
        read(domain="dev.example.com", ruting="gateway")


def test_a_list_that_is_none_is_refused_with_an_example():
    with pytest.raises(SpecError, match=r"config idp:registries: '\[ghcr' is no JSON list; use for example"):
        read(domain="dev.example.com", registries="[ghcr")


def test_a_teams_own_keys_are_its_own():
    assert read(domain="dev.example.com", apiKey="x").cluster.domain == "dev.example.com"
