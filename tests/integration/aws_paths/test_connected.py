"""Queue, Topic and Bucket, connected to a Service: real engine, real API server, the sandbox's AWS endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from integration.aws.cases import World
from integration.conftest import Project

from idp_sandbox.plugins.aws.api import Api

PROGRAM = """
import pulumi
from idp_components import Bucket, Context, Queue, Service, ServiceSpec, Team, Topic

context = Context.of({stack!r}, {{
    "domain": "example.com",
    "oidc_provider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SANDBOX",
    "log_bucket": {logs!r},
}})
context = context.waiting_for(Team(context.team, context=context))
orders, placed, photos = Queue("orders", context=context), Topic("placed", context=context), Bucket("photos", context=context)
mails = Queue("mails", subscribes=[placed], context=context)
spec = ServiceSpec(image="registry.example.com/shop/api:v1.0.0", port=8080)
for name, uses in {{
    "sender": [orders.connection("send", "ORDERS_URL")],
    "receiver": [orders.connection("receive", "ORDERS_URL")],
    "publisher": [placed.connection("publish", "PLACED_ARN")],
    "reader": [photos.connection("read", "PHOTOS")],
    "writer": [photos.connection("write", "PHOTOS")],
    "keeper": [photos.connection("read-write", "PHOTOS")],
    "alone": [],
}}.items():
    Service(name, spec, uses=uses, context=context)
context.ledger.close()
pulumi.export("queue", orders.arn)
pulumi.export("url", orders.url)
pulumi.export("mails", mails.url)
pulumi.export("topic", placed.arn)
pulumi.export("bucket", photos.arn)
"""
CONNECTED = ("sender", "receiver", "publisher", "reader", "writer", "keeper")


@dataclass
class Shop:
    """What is up, and where."""

    project: Project
    namespace: str
    outputs: dict[str, Any]
    api: Api


@pytest.fixture
def shop(project: Callable[..., Project], api: Api) -> Shop:
    """Every connection of AWS once, in a namespace of the test's own."""
    namespace = f"test-{uuid.uuid4().hex[:8]}-dev"
    made = project(PROGRAM.format(stack=namespace, logs=World(api).log_bucket()))
    made.up()
    return Shop(made, namespace, made.outputs(), api)


def test_connections_give_variables_rights_and_a_way_out_and_nothing_else(shop: Shop, kubectl: Callable[..., Any]) -> None:
    shop.project.up("--expect-no-changes")
    only_those_who_use_something_have_a_role(shop)
    pods_find_what_they_use(shop, kubectl)
    only_those_pods_reach_aws(shop, kubectl)
    roles_are_taken_by_their_own_service_account_alone(shop)
    nothing_of_it_is_open(shop)
    what_is_published_reaches_the_queue_that_subscribes(shop)
    a_dead_letter_queue_is_that_of_one_queue(shop)
    accesses_are_logged(shop)
    shop.project.pulumi("destroy", "--yes", "--skip-preview")
    left = [role["RoleName"] for role in shop.api.call("iam", "ListRoles")["Roles"] if role["RoleName"].startswith(shop.namespace)]
    assert left == []


def only_those_who_use_something_have_a_role(shop: Shop) -> None:
    names = {role["RoleName"] for role in shop.api.call("iam", "ListRoles")["Roles"]}
    assert {name for name in names if name.startswith(shop.namespace)} == {f"{shop.namespace}-{workload}" for workload in CONNECTED}


def pods_find_what_they_use(shop: Shop, kubectl: Callable[..., Any]) -> None:
    for workload, variable, value in (
        ("sender", "ORDERS_URL", shop.outputs["url"]),
        ("publisher", "PLACED_ARN", shop.outputs["topic"]),
        ("reader", "PHOTOS", shop.outputs["bucket"].rpartition(":")[2]),
    ):
        pod = kubectl("get", "deployment", workload, "-n", shop.namespace)["spec"]["template"]["spec"]
        assert {"name": variable, "value": value} in pod["containers"][0]["env"]
        account = kubectl("get", "serviceaccount", workload, "-n", shop.namespace)["metadata"]
        assert account["annotations"]["eks.amazonaws.com/role-arn"].endswith(f":role/{shop.namespace}-{workload}")


def only_those_pods_reach_aws(shop: Shop, kubectl: Callable[..., Any]) -> None:
    for workload in (*CONNECTED, "alone"):
        egress = kubectl("get", "networkpolicy", workload, "-n", shop.namespace)["spec"]["egress"]
        outside = [rule for rule in egress for peer in rule["to"] if "ipBlock" in peer]
        assert len(outside) == (0 if workload == "alone" else 1)
        assert all(rule["ports"] == [{"port": 443, "protocol": "TCP"}] for rule in outside)


def roles_are_taken_by_their_own_service_account_alone(shop: Shop) -> None:
    for workload in CONNECTED:
        trust = shop.api.call("iam", "GetRole", RoleName=f"{shop.namespace}-{workload}")["Role"]["AssumeRolePolicyDocument"]
        (statement,) = trust["Statement"]
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        conditions = statement["Condition"]["StringEquals"]
        assert f"system:serviceaccount:{shop.namespace}:{workload}" in conditions.values()
        assert "sts.amazonaws.com" in conditions.values()


def nothing_of_it_is_open(shop: Shop) -> None:
    name = shop.outputs["bucket"].rpartition(":")[2]
    closed = shop.api.call("s3", "GetPublicAccessBlock", Bucket=name)["PublicAccessBlockConfiguration"]
    assert all(closed.values())
    assert len(closed) == 4
    documents = [
        shop.api.call("s3", "GetBucketPolicy", Bucket=name)["Policy"],
        shop.api.call("sqs", "GetQueueAttributes", QueueUrl=shop.outputs["url"], AttributeNames=["Policy"])["Attributes"]["Policy"],
        shop.api.call("sns", "GetTopicAttributes", TopicArn=shop.outputs["topic"])["Attributes"]["Policy"],
    ]
    for document in map(json.loads, documents):
        (statement,) = document["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def what_is_published_reaches_the_queue_that_subscribes(shop: Shop) -> None:
    shop.api.call("sns", "Publish", TopicArn=shop.outputs["topic"], Message='{"order": 1}')
    (message,) = shop.api.call("sqs", "ReceiveMessage", QueueUrl=shop.outputs["mails"])["Messages"]
    assert message["Body"] == '{"order": 1}'
    assert "Messages" not in shop.api.call("sqs", "ReceiveMessage", QueueUrl=shop.outputs["url"])
    for queue_url in (shop.outputs["mails"], f"{shop.outputs['mails']}-dead"):
        refuse, let_in = json.loads(attributes(shop, queue_url)["Policy"])["Statement"]
        assert refuse["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert let_in["Principal"] == {"Service": "sns.amazonaws.com"}
        assert let_in["Condition"] == {"ArnEquals": {"aws:SourceArn": shop.outputs["topic"]}}
    (subscription,) = shop.api.call("sns", "ListSubscriptionsByTopic", TopicArn=shop.outputs["topic"])["Subscriptions"]
    said = shop.api.call("sns", "GetSubscriptionAttributes", SubscriptionArn=subscription["SubscriptionArn"])["Attributes"]
    assert json.loads(said["RedrivePolicy"])["deadLetterTargetArn"] == attributes(shop, f"{shop.outputs['mails']}-dead")["QueueArn"]


def a_dead_letter_queue_is_that_of_one_queue(shop: Shop) -> None:
    allowed = json.loads(attributes(shop, f"{shop.outputs['url']}-dead")["RedriveAllowPolicy"])
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": [shop.outputs["queue"]]}


def attributes(shop: Shop, queue_url: str) -> dict[str, str]:
    return dict(shop.api.call("sqs", "GetQueueAttributes", QueueUrl=queue_url, AttributeNames=["All"])["Attributes"])


def accesses_are_logged(shop: Shop) -> None:
    name = shop.outputs["bucket"].rpartition(":")[2]
    logging = shop.api.call("s3", "GetBucketLogging", Bucket=name)["LoggingEnabled"]
    assert logging["TargetPrefix"] == f"{shop.namespace}/photos/"
