"""The catalogue out of states, histories and the cluster's answer."""

import io
from datetime import UTC, datetime

from rich.console import Console

from idp_components.catalog import Catalog, Change, Pods, build, show
from idp_components.catalog.build import Answer
from idp_components.catalog.model import Problem

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STACK = "urn:pulumi:checkout-dev::idp"
CART, DEPLOYMENT = f"{STACK}::idp:index:Service::cart", f"{STACK}::idp:index:Service$kubernetes:apps/v1:Deployment::cart"
QUEUE = f"{STACK}::idp:index:Queue::orders"
STATE = {
    "version": 3,
    "deployment": {
        "resources": [
            {
                "urn": CART,
                "type": "idp:index:Service",
                "inputs": {
                    "team": "checkout",
                    "environment": "dev",
                    "spec": {"image": "ghcr.io:443/shop/cart:v1.4.2", "port": 7070},
                    "uses": ["checkout/orders:send", "catalog/products:3550"],
                },
                "outputs": {"address": "cart.checkout-dev.svc.cluster.local:7070", "url": "https://cart.example.com"},
            },
            {
                "urn": DEPLOYMENT,
                "type": "kubernetes:apps/v1:Deployment",
                "custom": True,
                "parent": CART,
                "outputs": {"metadata": {"namespace": "checkout-dev", "name": "cart"}},
            },
            {
                "urn": QUEUE,
                "type": "idp:index:Queue",
                "inputs": {"team": "checkout", "environment": "dev", "spec": {}, "uses": []},
                "outputs": {
                    "arn": "arn:aws:sqs:eu-central-1:123456789012:checkout-dev-orders",
                    "url": "https://sqs.eu-central-1.amazonaws.com/123456789012/orders",
                },
            },
            {
                "urn": f"{QUEUE}-queue",
                "type": "aws:sqs/queue:Queue",
                "custom": True,
                "protect": True,
                "parent": QUEUE,
                "outputs": {"arn": "arn:aws:sqs:eu-central-1:123456789012:checkout-dev-orders"},
            },
        ]
    },
}
HISTORY = [
    {
        "kind": "update",
        "endTime": "2026-11-24T10:00:00.000Z",
        "result": "succeeded",
        "message": "Let carts expire\n\nThey filled the cache.",
        "environment": {
            "git.author": "Alice",
            "git.head": "ab12",
            "ci.system": "GitHub Actions",
            "ci.build.url": "https://ci.example.com/7",
        },
    }
]
TEAM = {
    "urn": "urn:pulumi:platform-dev::idp::idp:index:Team::checkout",
    "type": "idp:index:Team",
    "inputs": {
        "team": "checkout",
        "environment": "dev",
        "spec": {"owner": {"email": "checkout@example.com", "slack_channel": "#team-checkout"}, "budget_usd_per_month": 400},
    },
}
LABELS = {"app.kubernetes.io/name": "cart", "idp/team": "checkout"}
METADATA = {"namespace": "checkout-dev", "name": "cart", "labels": LABELS}
CLUSTER = {
    "items": [
        {"kind": "Deployment", "metadata": METADATA, "spec": {"replicas": 2}, "status": {"readyReplicas": 1}},
        {
            "kind": "Pod",
            "metadata": {**METADATA, "name": "cart-1"},
            "status": {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
        },
        {
            "kind": "Pod",
            "metadata": {**METADATA, "name": "cart-2"},
            "spec": {"containers": [{"image": "ghcr.io:443/shop/cart:v1.4.1"}, {"image": "ghcr.io/mesh/proxy:v9"}]},
            "status": {"phase": "Running"},
        },
    ]
}
ANSWERS = [
    Answer("checkout-dev", STATE, HISTORY),
    Answer("platform-dev", {"deployment": {"resources": [TEAM]}}),
]


def built(answers=ANSWERS, cluster=CLUSTER) -> Catalog:
    return build(answers, cluster, NOW)


def test_a_service_has_its_owner_its_version_its_connections_and_its_pods():
    (_, cart) = built().items
    assert (cart.key, cart.kind, cart.version, cart.url) == ("checkout/cart", "Service", "v1.4.2", "https://cart.example.com")
    assert cart.uses == ("checkout/orders:send", "catalog/products:3550")
    assert cart.objects == ("Deployment checkout-dev/cart",)
    assert cart.pods == Pods(1, 2, ("ImagePullBackOff",), "progressing", ("v1.4.1",))
    assert not cart.pods.well


def test_a_queue_has_its_arn_and_no_pods_and_its_address_at_aws_is_no_url_for_people():
    (queue, _) = built().items
    assert (queue.url, queue.pods, queue.protected) == ("", None, True)
    assert queue.aws == ("arn:aws:sqs:eu-central-1:123456789012:checkout-dev-orders",)


def test_a_team_is_what_the_platform_said_or_at_least_a_name():
    (checkout, platform) = built().teams
    assert (checkout.email, checkout.budget_usd_per_month) == ("checkout@example.com", 400)
    assert (platform.name, platform.email) == ("platform", "")


def test_a_stack_has_its_last_change_and_the_pipeline_that_made_it():
    (checkout, _) = built().environments
    expected = Change("2026-11-24T10:00:00.000Z", "update", "succeeded", "Let carts expire", "Alice", "ab12", "https://ci.example.com/7")
    assert checkout.last == expected
    assert checkout.earlier == ()
    before = {"kind": "destroy", "endTime": "2026-11-23T10:00:00.000Z", "result": "failed"}
    (checkout,) = built([Answer("checkout-dev", STATE, [*HISTORY, "no entry", before])]).environments
    assert (checkout.last, checkout.earlier) == (expected, (Change("2026-11-23T10:00:00.000Z", "destroy", "failed"),))


def test_what_cannot_be_read_is_named_and_hides_nothing_else():
    found = build([*ANSWERS, Answer("shop-dev", error="stack is locked"), Answer("old-dev", {"resources": []})], None, NOW)
    assert [(each.place, each.what) for each in found.problems] == [
        ("shop-dev", "its state can't be read: stack is locked"),
        ("old-dev", "its state can't be read: it has no 'deployment': it is not what `pulumi stack export` writes"),
    ]
    assert len(found.items) == 2
    assert {each.stack for each in found.environments} == {"checkout-dev", "platform-dev", "shop-dev", "old-dev"}


def test_who_uses_an_item_is_found_from_both_sides():
    catalog = built()
    (user,) = catalog.used_by()["dev", "checkout/orders"]
    assert user.key == "checkout/cart"
    assert show.graph(catalog, "dev").lines() == ["checkout/cart → catalog/products :3550", "checkout/cart → checkout/orders (send)"]


def test_an_ephemeral_environment_says_when_it_ends_and_what_for():
    made = {
        "urn": f"{STACK}::idp:index:EphemeralEnvironment::pr-42",
        "type": "idp:index:EphemeralEnvironment",
        "inputs": {"team": "checkout", "environment": "pr-42", "spec": {"owner": "alice", "source_url": "https://git.example.com/42"}},
        "outputs": {"expires_at": "2026-11-27T12:00:00Z"},
    }
    (environment,) = built([Answer("checkout-pr-42", {"deployment": {"resources": [made]}})]).environments
    assert (environment.ends, environment.owner, environment.isolation) == ("2026-11-27T12:00:00Z", "alice", "namespace")
    assert environment.source == "https://git.example.com/42"


def test_the_table_and_the_page_name_everything_and_keep_text_as_text():
    spec = {**STATE["deployment"]["resources"][0]["inputs"], "uses": ["a|b/[bold]x:1"]}
    odd = {"deployment": {"resources": [{**STATE["deployment"]["resources"][0], "inputs": spec}]}}
    catalog = build([Answer("checkout-dev", odd, HISTORY)], CLUSTER, NOW, [Problem("cluster", "[red]away[/]")])
    text = io.StringIO()
    show.table(catalog, Console(file=text, width=200))
    printed = text.getvalue()
    assert "a|b/[bold]x:1" in printed
    assert "1/2 progressing ImagePullBackOff" in printed
    assert "missing: cluster: [red]away[/]" in printed
    assert "https://ci.example.com/7" in printed
    page = show.markdown(catalog)
    assert "a\\|b/\\[bold]x:1" in page
    assert "| cart | Service | v1.4.2 (runs v1.4.1) | 1/2 progressing ImagePullBackOff | 0.00 |" in page
