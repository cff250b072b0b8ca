"""The price table: what stands in it, and what a node's price says about a core."""

import datetime

import pytest
import yaml

from idp_components.cache.resources import NODE_TYPES_GIB
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import SpecError
from idp_components.cost.prices import MEMORY, OWN_TABLE, VCPU, table

REGIONS = ("eu-central-1", "us-east-1")


def changed(tmp_path, change):
    """The package's table, changed, in a file of its own."""
    said = yaml.safe_load(OWN_TABLE.read_text())
    change(said)
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(said))
    return path


def test_every_price_names_a_source_with_an_address_and_a_day_that_is_over():
    for price in table().prices.values():
        assert price.source.url.startswith("https://")
        assert datetime.date(2025, 1, 1) <= price.source.date <= datetime.date.today()
        assert price.usd > 0


@pytest.mark.parametrize("region", REGIONS)
def test_everything_that_the_profiles_choose_has_a_price(region):
    classes = {profile.database_instance_class for profile in PROFILES.values()}
    wanted = [*(f"rds/{name}" for name in classes), *(f"elasticache/valkey/{name}" for name in NODE_TYPES_GIB)]
    wanted += [
        VCPU,
        MEMORY,
        "rds/gp3",
        "ebs/gp3",
        "kms/key",
        "secretsmanager/secret",
        "cloudwatch/alarm",
        "nat",
        "eks/cluster",
        "lb/application",
    ]
    assert [key for key in wanted if table().price(region, key) is None] == []


@pytest.mark.parametrize("region", REGIONS)
def test_the_prices_of_cores_and_memory_add_up_to_those_of_the_nodes(region):
    core, memory = table().price(region, VCPU).usd, table().price(region, MEMORY).usd
    assert 2 * core + 8 * memory == pytest.approx(table().price(region, "ec2/linux/m7g.large").usd)
    assert 2 * core + 16 * memory == pytest.approx(table().price(region, "ec2/linux/r7g.large").usd)


def test_other_nodes_have_other_prices(tmp_path):
    def bigger(said):
        said["prices"].append({"source": "infracost", "regions": ["eu-central-1"], "unit": "hour", "usd": {"ec2/linux/r7g.large": 1.0978}})

    found = table(changed(tmp_path, bigger))
    assert found.price("eu-central-1", MEMORY).usd == pytest.approx((1.0978 - 0.0978) / 8)


def test_what_no_source_says_is_unknown_and_not_zero():
    assert table().price("eu-central-1", "rds/db.x2g.large") is None
    assert table().price("mars-north-1", "rds/db.t4g.micro") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda said: said["prices"][0].update(source="hearsay"),
            r"prices.yaml.prices\[0\].source: 'hearsay' is not in sources; there are: i",
        ),
        (
            lambda said: said["prices"][0]["usd"].update({"nat": -1}),
            r"prices.yaml.prices\[0\].usd.nat: -1 is refused: .*greater than or equal",
        ),
        (lambda said: said["sources"]["offers"].pop("date"), "prices.yaml.sources.offers.date: is required"),
        (lambda said: said["nodes"]["rich"].update(memory_gib=8), "must have as many cores as each other, and the second more memory"),
        (lambda said: said.update(discount=0.5), "prices.yaml.discount: no such field"),
    ],
)
def test_a_table_that_says_nonsense_is_refused(tmp_path, change, message):
    with pytest.raises(SpecError, match=message):
        table(changed(tmp_path, change))


def test_a_file_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text("a: [")
    with pytest.raises(SpecError, match=r"prices\.yaml: can't be read as a price table"):
        table(path)
