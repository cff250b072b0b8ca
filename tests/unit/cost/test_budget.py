"""Whether a team can afford a stack, and the command that says so."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from idp_components.cli.cost import cost
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import SpecError
from idp_components.cost.budget import affordable
from idp_components.cost.cluster import Demand
from idp_components.cost.creation import check_creation
from idp_components.cost.prices import table
from idp_components.cost.stacks import budget_of, of_stack

ROOT = Path(__file__).parents[3]
PREVIEW = PROFILES["preview"]
LITTLE = Demand(1, 1, 1, 1)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def idp(*arguments):
    return CliRunner().invoke(cost, arguments)


def test_more_than_the_quota_is_refused_with_the_numbers():
    with pytest.raises(SpecError) as refused:
        affordable("shop-pr-1", demand=Demand(5, 4, 30, 7), usd=1, profile=PREVIEW)
    assert refused.value.problems == (
        "stack 'shop-pr-1': asks for 5 cores, and its namespace has 4 in profile preview: ask for less, "
        "for example fewer services, smaller resources or fewer replicas",
        "stack 'shop-pr-1': asks for 30 GiB of volumes, and its namespace has 20 in profile preview: ask for less, "
        "for example fewer services, smaller resources or fewer replicas",
    )


def test_more_than_the_budget_is_refused_with_the_numbers_and_what_to_destroy():
    others = {"shop-dev": 90, "shop-pr-7": 8.5}
    with pytest.raises(SpecError) as refused:
        affordable("shop-pr-1", demand=LITTLE, usd=2.25, profile=PREVIEW, budget_usd=100, others=others)
    assert str(refused.value) == (
        "stack 'shop-pr-1': costs 2.25 US dollars this month, shop-dev 90.00, shop-pr-7 8.50: together 100.75 of a budget of 100.00; "
        "destroy what nobody needs, for example shop-dev, or let the platform raise budget_usd_per_month to 101"
    )


money = st.floats(0, 1000)


@given(money, st.dictionaries(st.sampled_from(["a-dev", "b-dev", "c-dev"]), money), st.none() | st.integers(1, 2000))
def test_a_budget_refuses_exactly_what_goes_beyond_it(usd, others, budget):
    def ask():
        affordable("shop-pr-1", demand=LITTLE, usd=usd, profile=PREVIEW, budget_usd=budget, others=others)

    if budget is not None and usd + sum(others.values()) > budget:
        with pytest.raises(SpecError, match="together"):
            ask()
    else:
        ask()


def test_the_budget_is_the_one_that_the_platform_gave_the_team():
    assert budget_of("checkout-production") == 600
    assert budget_of("checkout-pr-42") == budget_of("checkout-dev") == 600
    assert budget_of("platform-dev") is None


def test_a_preview_counts_until_its_end_and_with_what_stays_in_the_same_cluster():
    known = table()
    wanted = of_stack("checkout-pr-42", known)
    check_creation(wanted, known, hours=48)
    standing = of_stack("checkout-dev", known).usd_per_month
    spent = 600 - standing - wanted.usd(48)
    check_creation(wanted, known, hours=48, others=lambda: {"checkout-pr-7": spent - 0.01})
    with pytest.raises(SpecError, match=r"checkout-pr-7 \d+\.\d\d, checkout-dev \d+\.\d\d: together 600\.01 of a budget of 600\.00"):
        check_creation(wanted, known, hours=48, others=lambda: {"checkout-pr-7": spent + 0.01})


def test_an_environment_costs_the_same_before_anybody_answers_for_it():
    known = table()
    assert of_stack("checkout-pr-77", known).usd_per_month == pytest.approx(of_stack("checkout-pr-42", known).usd_per_month)
    assert idp("checkout-pr-77", "--check").exit_code == 0


def test_the_command_prints_the_sum_the_assumptions_the_unknown_and_the_age_of_the_prices():
    result = idp("checkout-production")
    assert result.exit_code == 0
    assert "checkout-production" in result.output
    assert "scaled in; at most 10 pods" in result.output
    assert "not in the sums, since nobody knows what it costs:" in result.output
    assert "prices of 2025-05-28:" in result.output


def test_machines_get_every_line_with_its_price_and_its_unknowns():
    (found,) = json.loads(idp("catalog-production", "--json").stdout)
    assert found["region"] == "eu-central-1"
    assert found["usd_per_month"] == pytest.approx(sum(line["usd_per_month"] for line in found["lines"]), abs=0.01)
    assert all(line["usd_per_month"] == line["quantity"] * line["unit_usd"] for line in found["lines"])
    assert {entry["why"] for entry in found["unknown"]} == {
        "as much as its storage is free, more depends on use",
        "depends on what it logs",
    }
    assert all(source["date"] and source["url"] for source in found["sources"])


def test_production_against_dev_names_what_is_dearer():
    found = json.loads(idp("checkout-production", "--against", "checkout-dev", "--json").stdout)
    assert found["usd_per_month"] == pytest.approx(found["stack"]["usd_per_month"] - found["against"]["usd_per_month"], abs=0.02)
    assert found["components"]["carts"]["more"] > found["components"]["confirmations"]["more"] == 0
    assert "together" in idp("checkout-production", "--against", "checkout-dev").output


def test_an_environment_is_all_its_teams_stacks():
    assert [found["stack"] for found in json.loads(idp("dev", "--json").stdout)] == ["catalog-dev", "checkout-dev", "storefront-dev"]


def test_a_check_fails_with_the_numbers(monkeypatch):
    assert idp("checkout-dev", "--check").exit_code == 0
    monkeypatch.setattr("idp_components.cost.creation.budget_of", lambda *_: 3)
    result = idp("checkout-dev", "--check")
    assert result.exit_code == 1
    assert "of a budget of 3.00; leave something out, or let the platform raise budget_usd_per_month to" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "name it <team>-<environment>"),
        (["checkout-dev", "--region", "mars-north-1"], "region 'mars-north-1': the price table has none of its prices"),
        (["checkout-dev", "catalog-dev", "--against", "checkout-dev"], "--against compares one stack with another, and 2 are named"),
        (["Makefile"], "Makefile: is no exported state: JSONDecodeError"),
    ],
)
def test_bad_input_is_one_clear_error(arguments, message):
    result = idp(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
