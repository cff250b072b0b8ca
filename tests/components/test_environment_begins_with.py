"""What an environment that ends begins with: data for tests, and buckets that it shares with another environment."""

import json

import pytest
from accepted import CLUSTER
from pydantic.alias_generators import to_camel

from idp_components import Context, SpecError
from idp_components.stack import compose
from idp_components.testing import run

TEAM = """
from idp_components import Bucket, Database, DatabaseSpec, Migration, Seed, Service, ServiceSpec

IMAGE = "registry.example.com/shop/api:v1.0.0"


def compose(context):
    seeds = {name: Seed(image=IMAGE, command=("/app", "seed", name), url="DATABASE_URL") for name in ("demo", "load")}
    migration = Migration(image=IMAGE, command=("/app", "migrate"))
    orders = Database("orders", DatabaseSpec(engine="postgres", migration=migration, seeds=seeds), context=context)
    images = Bucket("images", context=context)
    Service("web", ServiceSpec(image=IMAGE, port=8080), uses=[orders.connection("read-write"), images.connection("ACCESS", "IMAGES")],
            context=context)
"""
ARN = "arn:aws:s3:::shop-dev-images-0a1b"


@pytest.fixture
def stack(tmp_path):
    def declare(access="read", environment="pr-42", **settings):
        (tmp_path / "shop.py").write_text(TEAM.replace("ACCESS", access))
        config = {
            **{f"idp:{to_camel(key)}": value if isinstance(value, str) else json.dumps(value) for key, value in CLUSTER.items()},
            **settings,
        }
        return run(lambda: compose(Context.from_stack(["shop"]), tmp_path), stack_name=f"shop-{environment}", config=config)

    return declare


def jobs(recording):
    return {each.name.rsplit("-", 1)[0]: each for each in recording.resources if each.kind == "Job"}


def test_the_seed_that_was_asked_for_runs_as_the_owner_and_its_last_words_are_kept(stack):
    recording = stack(**{"idp:owner": "alice", "idp:seed": "demo"})
    assert recording.findings() == []
    pod = jobs(recording)["orders-seed"].props["spec"]["template"]["spec"]["containers"][0]
    assert pod["command"] == ["/app", "seed", "demo"]
    assert pod["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert {"PGUSER", "PGPASSWORD", "DATABASE_URL"} <= {variable["name"] for variable in pod["env"]}
    assert next(variable["value"] for variable in pod["env"] if variable["name"] == "PGUSER") == "owner"
    assert jobs(recording)["orders-seed"].props["spec"]["backoffLimit"] == 0
    assert recording.find("Namespace", "shop-pr-42").props["metadata"]["annotations"]["idp/seed"] == "demo"


def test_nothing_is_seeded_unless_an_environment_that_ends_asks(stack):
    assert jobs(stack(**{"idp:owner": "alice"})).keys() == {"orders-logins", "orders-migration"}
    assert "orders-seed" not in jobs(stack(environment="dev"))
    assert "orders-seed" not in jobs(stack(environment="production"))


def test_a_shared_bucket_is_read_and_not_made(stack):
    recording = stack(**{"idp:owner": "alice", "idp:shared": json.dumps({"images": ARN})})
    assert recording.findings() == []
    assert not [each for each in recording.resources if each.type.startswith("aws:s3")]
    statements = json.loads(recording.find("RolePolicy", "web-connections").props["policy"])["Statement"]
    rights = {action: statement["Resource"] for statement in statements for action in statement["Action"]}
    assert rights == {"s3:GetBucketLocation": [ARN], "s3:ListBucket": [ARN], "s3:GetObject": [f"{ARN}/*"]}
    assert "shop-dev-images-0a1b" in str(recording.find("Deployment", "web").props)


@pytest.mark.parametrize(
    ("settings", "access", "message"),
    [
        ({"idp:seed": "big"}, "read", r"no database has a seed 'big'; there are: demo, load"),
        ({"idp:shared": json.dumps({"pictures": ARN})}, "read", r"'pictures' is no bucket of the team's file, .* buckets: images"),
        ({"idp:shared": json.dumps({"images": ARN})}, "read-write", r"shop\.images\.connection: access 'read-write' is refused"),
        (
            {"idp:shared": json.dumps({"images": "arn:aws:sqs:eu:1:x"})},
            "read",
            r"config idp\.shared\.images: 'arn:aws:sqs:eu:1:x' is refused",
        ),
        ({"idp:shared": "images"}, "read", r"config idp\.shared: 'images' is refused"),
    ],
)
def test_what_the_team_does_not_know_is_refused(stack, settings, access, message):
    with pytest.raises(SpecError, match=message):
        stack(access, **{"idp:owner": "alice", **settings})
