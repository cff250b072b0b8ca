"""Queue, Topic and Bucket under mocks: what they make, for whom, and what they refuse."""

import json

import pytest

from idp_components import Bucket, BucketSpec, Context, Queue, QueueSpec, Service, ServiceSpec, SpecError, Topic
from idp_components.graph import Edge, graph
from idp_components.rules import UNKNOWN
from idp_components.testing import run

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
BOUNDARY = "arn:aws:iam::123456789012:policy/teams"
SPEC = ServiceSpec(image="registry.example.com/shop/api:v1.0.0", port=8080)


def context(environment="dev", **config):
    return Context.of(f"shop-{environment}", {"domain": "example.com", "oidc_provider": PROVIDER, **config})


def shop(where):
    orders, placed, photos = Queue("orders", context=where), Topic("placed", context=where), Bucket("photos", context=where)
    uses = [orders.connection("send", "ORDERS"), placed.connection("publish", "PLACED"), photos.connection("read", "PHOTOS")]
    Service("api", SPEC, uses=uses, context=where)
    where.ledger.close()


def test_a_role_has_the_statements_of_its_connections_and_no_wildcard_action():
    recording = run(lambda: shop(context()))
    statements = json.loads(recording.find("RolePolicy", "api-connections").props["policy"])["Statement"]
    assert [statement["Resource"] for statement in statements] == [
        ["arn:aws:sqs:eu-central-1:123456789012:orders"],
        ["arn:aws:sns:eu-central-1:123456789012:placed"],
        ["arn:aws:s3:eu-central-1:123456789012:photos"],
        ["arn:aws:s3:eu-central-1:123456789012:photos/*"],
    ]
    assert not [action for statement in statements for action in statement["Action"] if "*" in action]
    assert recording.findings() == []


def test_a_preview_knows_what_it_can_know():
    recording = run(lambda: shop(context()), preview=True)
    assert recording.find("RolePolicy", "api-connections").props["policy"] is UNKNOWN
    assert recording.find("Role", "api-role").props["name"] == "shop-dev-api"
    # A policy that names what it belongs to is text once that exists.
    found = recording.findings()
    assert {finding.rule.id for finding in found} == {"aws-s3-tls-only", "aws-sns-tls-only", "aws-sqs-tls-only"}
    assert all(finding.undecided for finding in found)


def test_the_boundary_of_the_cluster_is_on_every_role():
    recording = run(lambda: shop(context(permissions_boundary=BOUNDARY)))
    assert recording.find("Role", "api-role").props["permissionsBoundary"] == BOUNDARY


def test_pod_identity_names_the_service_account_and_trusts_the_clusters_agent_alone():
    recording = run(lambda: shop(context(workload_identity="pod-identity", eks_cluster="shop")))
    association = recording.find("PodIdentityAssociation", "api-identity").props
    assert (association["namespace"], association["serviceAccount"], association["clusterName"]) == ("shop-dev", "api", "shop")
    trust = json.loads(recording.find("Role", "api-role").props["assumeRolePolicy"])["Statement"]
    assert trust[0]["Principal"] == {"Service": "pods.eks.amazonaws.com"}


@pytest.mark.parametrize(("environment", "protected"), [("pr-42", False), ("dev", False), ("staging", True), ("production", True)])
def test_files_are_kept_where_the_environment_keeps_data(environment, protected):
    recording = run(lambda: Bucket("photos", context=context(environment)))
    (bucket,) = (resource for resource in recording.resources if resource.type == "aws:s3/bucket:Bucket")
    assert bucket.props["forceDestroy"] is not protected


def test_alarms_go_where_the_cluster_says():
    topic = "arn:aws:sns:eu-central-1:123456789012:alarms"
    recording = run(lambda: Queue("orders", context=context(alarm_topic=topic)))
    alarms = [resource.props for resource in recording.resources if resource.kind == "MetricAlarm"]
    assert len(alarms) == 2
    assert all(alarm["alarmActions"] == [topic] for alarm in alarms)


def test_a_queue_subscribes_to_topics_and_lets_in_these_alone():
    def program():
        where = context()
        placed = Topic("placed", context=where)
        Queue("mails", subscribes=[placed], context=where)
        where.ledger.close()
        edges.extend(graph([where.ledger]).edges)

    edges = []
    recording = run(program)
    arn = "arn:aws:{}:eu-central-1:123456789012:{}".format
    subscription = recording.find("TopicSubscription", "mails-from-placed").props
    assert (subscription["topic"], subscription["endpoint"]) == (arn("sns", "placed"), arn("sqs", "mails"))
    assert subscription["rawMessageDelivery"]
    assert json.loads(subscription["redrivePolicy"]) == {"deadLetterTargetArn": arn("sqs", "mails-dead")}
    for name in ("mails", "mails-dead"):
        refuse, let_in = json.loads(recording.find("QueuePolicy", f"{name}-policy").props["policy"])["Statement"]
        assert refuse["Effect"] == "Deny"
        assert let_in == {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn("sqs", name),
            "Condition": {"ArnEquals": {"aws:SourceArn": arn("sns", "placed")}},
        }
    assert edges == [Edge("shop/mails", "shop/placed", "subscribe")]


def test_a_dead_letter_queue_takes_what_its_own_queue_could_not_handle_and_nothing_else():
    recording = run(lambda: Queue("orders", context=context()))
    allowed = json.loads(recording.find("RedriveAllowPolicy", "orders-dead-sources").props["redriveAllowPolicy"])
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:eu-central-1:123456789012:orders"]}


def test_accesses_of_a_bucket_are_logged_where_the_cluster_has_a_place_for_it():
    recording = run(lambda: Bucket("photos", context=context(log_bucket="logs-of-the-shop")))
    logging = recording.find("BucketLogging", "photos-logging").props
    assert (logging["targetBucket"], logging["targetPrefix"]) == ("logs-of-the-shop", "shop-dev/photos/")
    assert not [resource for resource in run(lambda: Bucket("photos", context=context())).resources if resource.kind == "BucketLogging"]


def test_a_topic_says_when_it_could_not_deliver():
    alarm = run(lambda: Topic("placed", context=context())).find("MetricAlarm", "placed-can-not-deliver").props
    assert (alarm["metricName"], alarm["threshold"], alarm["evaluationPeriods"]) == ("NumberOfNotificationsFailed", 0, 1)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (
            lambda: Queue("orders", context=context()).connection("steal", "A"),
            r"shop\.orders\.connection: access 'steal' is refused: use 'send'",
        ),
        (
            lambda: Topic("placed", context=context()).connection("send", "A"),
            r"shop\.placed\.connection: access 'send' is refused: use 'publish'",
        ),
        (lambda: Bucket("a", context=context()).connection("own", "A"), r"use 'read' or 'write' or 'read-write'"),
        (lambda: Queue("orders", BucketSpec(), context=context()), r"shop\.orders: the spec is a BucketSpec: use QueueSpec"),
        (
            lambda: (Queue("a", context=(c := context())), Topic("a", context=c)),
            r"shop\.a: the name is taken by another Queue of this stack",
        ),
        (
            lambda: Queue("mails", subscribes=["placed"], context=context()),
            r"shop\.mails\.subscribes\[0\]: str is no topic; use for example subscribes=\[Topic\(",
        ),
        (
            lambda: Queue("mails", subscribes=[placed := Topic("placed", context=(c := context())), placed], context=c),
            r"shop\.mails\.subscribes\[1\]: topic 'placed' is subscribed to already",
        ),
        (
            lambda: Queue("mails", QueueSpec(fifo=True), subscribes=[Topic("placed", context=(c := context()))], context=c),
            r"shop\.mails\.subscribes: 'placed' can't deliver to a queue with fifo=True: SNS keeps no order; subscribe a second queue",
        ),
        (lambda: context(log_bucket="Logs"), r"idp:log_bucket: 'Logs' is refused: .* for example"),
        (lambda: QueueSpec(retention_days=15), r"QueueSpec\.retention_days: 15 is refused: .*for example retention_days=4"),
        (lambda: QueueSpec(fifoo=True), r"QueueSpec\.fifoo: no such field; did you mean 'fifo'\?"),
        (lambda: context(oidc_provider="EXAMPLE"), r"config of stack 'shop-dev': idp:oidc_provider: 'EXAMPLE' is refused: .* for example"),
        (lambda: shop(context(oidc_provider=None)), r"shop\.api\.uses: needs an IAM role, and config idp:oidcProvider is missing"),
        (lambda: shop(context(workload_identity="pod-identity")), r"shop\.api\.uses: .* config idp:eksCluster is missing, for example"),
    ],
)
def test_bad_input_is_refused_with_its_place(program, sentence):
    with pytest.raises(SpecError, match=sentence):
        run(program)
