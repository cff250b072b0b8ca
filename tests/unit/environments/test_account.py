"""What the account is asked and told, against moto's implementation of AWS."""

import sys

import boto3
import pytest
from moto import mock_aws

from idp_components.environments.account import Account, AccountError

ENV = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-central-1"}
TAGS = {"idp/team": "shop", "idp/environment": "pr-42", "app.kubernetes.io/name": "jobs"}
OTHERS = {**TAGS, "idp/environment": "pr-43"}


def listed(tags, key="Key", value="Value"):
    return [{key: name, value: said} for name, said in tags.items()]


@pytest.fixture
def client():
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


def test_a_database_is_stopped_and_started_once(client):
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="x", MasterUserPassword="12345678"
    )

    def status():
        return rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"]

    account = Account(ENV)
    assert (account.stop(["orders"]), status()) == (["orders"], "stopped")
    assert account.stop(["orders"]) == []
    assert (account.start(["orders"]), status()) == (["orders"], "available")
    assert account.start(["orders"]) == []
    with pytest.raises(AccountError, match=r"rds: .*nothing"):
        account.stop(["nothing"])


def test_what_aws_named_is_found_by_its_tags_and_nothing_of_another_environment(client):
    queue = client("sqs").create_queue(QueueName="shop-pr-42-jobs", tags=TAGS)["QueueUrl"]
    client("sqs").create_queue(QueueName="shop-pr-43-jobs", tags=OTHERS)
    topic = client("sns").create_topic(Name="shop-pr-42-news", Tags=listed(TAGS))["TopicArn"]
    key = client("kms").create_key(Tags=listed(TAGS, "TagKey", "TagValue"))["KeyMetadata"]["KeyId"]
    account = Account(ENV)
    assert account.find("aws:sqs/queue:Queue", {"name": "shop-pr-42-jobs", "tags": TAGS}) == queue
    assert account.find("aws:sqs/queue:Queue", {"name": "shop-pr-42-other", "tags": TAGS}) is None
    assert account.find("aws:sns/topic:Topic", {"name": "shop-pr-42-news", "tags": TAGS}) == topic
    assert account.find("aws:kms/key:Key", {"tags": TAGS}) == key
    assert account.find("aws:kms/key:Key", {"tags": OTHERS}) is None
    assert account.find("aws:kms/key:Key", {}) is None
    assert account.find("aws:s3/bucketPolicy:BucketPolicy", {"tags": TAGS}) is None
    assert {arn.split(":")[2] for arn in account.tagged("shop", "pr-42")} == {"sqs", "sns", "kms"}


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(AccountError, match=r"pip install 'idp-components\[aws\]'"):
        Account(ENV).tagged("shop", "pr-42")
