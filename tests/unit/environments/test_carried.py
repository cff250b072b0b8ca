"""What an environment may take from another stack: by that stack's own list, and never a secret."""

import pytest

from idp_components.core.spec import SpecError
from idp_components.environments.carried import Source, carried

ARN = "arn:aws:s3:::shop-dev-images-0a1b"
CONFIG = {
    "idp:domain": "shop.example.com",
    "aws:region": "eu-central-1",
    "shop:currency": "EUR",
    "shop:flags": {"checkout": {"express": True}},
    "shop:apiKey": {"secure": "v1:abc"},
    "shop:mail": {"host": "mail.example.com", "password": {"secure": "v1:def"}},
    "shop:mailUrl": "smtp://shop:c0rrect-h0rse@mail.example.com",
    "shop:partnerToken": "b7f3a9d2c4e8",
    "shop:secrets": [{"secure": "v1:ghi"}],
    "shop:banner": "Hello",
}
PLAIN = ["shop:currency", "shop:flags"]


def source(environment="production", buckets=(), **allowed):
    config = {**CONFIG, "idp:previews": {"config": list(CONFIG), "buckets": list(buckets), **allowed}}
    bucket = {"urn": "urn:x::idp:index:Bucket::images", "type": "idp:index:Bucket", "outputs": {"arn": ARN}}
    return Source(f"shop-{environment}", environment, config, {"deployment": {"resources": [bucket]}})


def test_plain_config_on_the_list_is_copied_and_the_rest_stays_with_a_reason():
    found = carried(source(config=[*PLAIN, "shop:banner"]), {"shop:banner": "Hi"}, "dev")
    assert found.config == {"shop:currency": "EUR", "shop:flags": {"checkout": {"express": True}}}
    why = {key.name: key.why for key in found.keys}
    assert why.keys() == CONFIG.keys()
    assert why["idp:domain"] == why["aws:region"] == "it describes the cluster and the account of shop-production"
    assert why["shop:banner"] == "the environment's own config says it"
    (banner,) = (key for key in carried(source(config=PLAIN), {}, "dev").keys if key.name == "shop:banner")
    assert (banner.becomes, banner.why) == ("left out", "not on the list config of idp:previews")


def test_a_secret_is_never_carried_whatever_the_list_says():
    found = carried(source(), {}, "dev")
    refused = {key.name for key in found.keys if "a secret is never carried" in key.why}
    assert refused == {"shop:apiKey", "shop:mail", "shop:mailUrl", "shop:partnerToken", "shop:secrets"}
    assert not refused & found.config.keys()
    said = str(found)
    assert not [value for value in ("v1:", "c0rrect-h0rse", "b7f3a9d2c4e8") if value in said]


def test_buckets_of_the_host_are_shared_by_their_arn():
    assert carried(source("dev", ["images"]), {}, "dev").shared == {"images": ARN}


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (source("production", ["images"]), r"buckets: 'images' is refused: .* in the account of 'dev'"),
        (source("dev", ["pictures"]), r"'pictures' is no bucket of shop-dev; it has images"),
        (source(config=["shop:curency"]), r"'shop:curency' is no key of its config; use one that is there, for example 'shop:currency'"),
        (source(databases=["orders"]), r"config idp:previews of shop-production\.databases: "),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(where, message):
    with pytest.raises(SpecError, match=message):
        carried(where, {}, "dev")
