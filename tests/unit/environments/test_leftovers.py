"""What AWS has of environments whose stack is gone, against moto: found by tags, in IAM too, and removed with what hangs on it."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws
from unit.environments.fleet import room, stack

from idp_components.environments import leftovers
from idp_components.environments.account import Account, AccountError
from idp_components.environments.decision import decide
from idp_components.environments.inventory import Leftover, join

ENV = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-central-1"}
NAME = "shop-pr-42"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def tags(environment="pr-42", key="Key", value="Value"):
    said = {"idp/team": "shop", "idp/environment": environment, "idp/expires-after-hours": "24"}
    return [{key: name, value: text} for name, text in said.items()]


@pytest.fixture
def aws():
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")


def everything(aws):
    """One of each kind that moto has, tied together so that the order of their removal counts."""
    iam, ec2, s3 = aws("iam"), aws("ec2"), aws("s3")
    arn = iam.create_policy(PolicyName="own", PolicyDocument=DOCUMENT, Tags=tags())["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT, SetAsDefault=True)
    iam.create_role(RoleName="shop-pr-42-web", Path="/teams/", AssumeRolePolicyDocument=TRUST, Tags=tags())
    iam.attach_role_policy(RoleName="shop-pr-42-web", PolicyArn=arn)
    iam.put_role_policy(RoleName="shop-pr-42-web", PolicyName="connections", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="shop-pr-42-nodes", Tags=tags())
    iam.add_role_to_instance_profile(InstanceProfileName="shop-pr-42-nodes", RoleName="shop-pr-42-web")
    specification = [{"ResourceType": "security-group", "Tags": tags()}]
    ec2.create_security_group(GroupName="shop-pr-42-db", Description="db", TagSpecifications=specification)
    s3.create_bucket(Bucket="shop-pr-42-images", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket="shop-pr-42-images", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="shop-pr-42-images", Tagging={"TagSet": tags()})
    for text in (b"one", b"two"):
        s3.put_object(Bucket="shop-pr-42-images", Key="image", Body=text)
    s3.delete_object(Bucket="shop-pr-42-images", Key="image")
    aws("sqs").create_queue(QueueName="shop-pr-42-jobs", tags={each["Key"]: each["Value"] for each in tags()})
    aws("sns").create_topic(Name="shop-pr-42-news", Tags=tags())
    key = aws("kms").create_key(Tags=tags(key="TagKey", value="TagValue"))["KeyMetadata"]["KeyId"]
    aws("kms").create_alias(AliasName="alias/shop-pr-42-orders", TargetKeyId=key)
    aws("secretsmanager").create_secret(Name="shop-pr-42-x", SecretString="x", Tags=tags())
    aws("rds").create_db_instance(
        DBInstanceIdentifier="shop-pr-42-orders",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="x",
        MasterUserPassword="12345678",
        Tags=tags(),
    )
    cache = aws("elasticache")
    cache.create_user(UserId="shop-pr-42", UserName="x", Engine="valkey", AccessString="on ~* +@all", Passwords=["x" * 16], Tags=tags())
    cache.create_replication_group(
        ReplicationGroupId="shop-pr-42-carts",
        ReplicationGroupDescription="x",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=1,
        Engine="valkey",
        Tags=tags(),
    )
    aws("cloudwatch").put_metric_alarm(
        AlarmName="shop-pr-42-full",
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Tags=tags(),
    )


def test_everything_under_its_tags_is_found_and_removed_and_nothing_else(aws):
    everything(aws)
    iam, account = aws("iam"), Account(ENV)
    for environment in ("pr-43", "dev"):
        iam.create_role(RoleName=f"shop-{environment}-web", AssumeRolePolicyDocument=TRUST, Tags=tags(environment))
        aws("sqs").create_queue(QueueName=f"shop-{environment}-jobs", tags={each["Key"]: each["Value"] for each in tags(environment)})
    iam.create_role(RoleName="shop-pr-42-stranger", AssumeRolePolicyDocument=TRUST)
    found, refused = leftovers.found(account, lambda _: True)
    assert refused == ""
    assert found.keys() == {NAME, "shop-pr-43"}, "what stays is nobody's leftover"
    services = sorted(each.arn.split(":")[2] for each in found[NAME])
    assert services == sorted([*["iam"] * 3, *["elasticache"] * 2, "cloudwatch", "ec2", "kms", "rds", "s3", "secretsmanager", "sns", "sqs"])
    assert {each.arn.split(":")[2] for each in found[NAME] if each.made_at is None} == {"ec2", "sns", "elasticache"}

    leftovers.remove(account, found[NAME])
    assert leftovers.found(account, lambda _: True)[0].keys() == {"shop-pr-43"}
    assert {each["RoleName"] for each in iam.list_roles()["Roles"]} == {"shop-pr-43-web", "shop-dev-web", "shop-pr-42-stranger"}
    assert {each["AliasName"].split("/")[1] for each in aws("kms").list_aliases()["Aliases"]} == {"aws"}, "AWS' own"
    leftovers.remove(account, found[NAME])  # what is gone is no error


def test_what_aws_refuses_to_remove_stays_with_its_reason_and_the_rest_goes(aws):
    account = Account(ENV)
    master = {"MasterUsername": "x", "MasterUserPassword": "12345678"}
    aws("rds").create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t4g.micro", Engine="postgres", DeletionProtection=True, Tags=tags(), **master
    )
    aws("sns").create_topic(Name="shop-pr-42-news", Tags=tags())
    strange = Leftover("arn:aws:glue:eu-central-1:123456789012:table/x", None)
    found = leftovers.found(account, lambda name: name == NAME)[0][NAME]
    with pytest.raises(AccountError, match=r"db:orders: rds: .*protect.*table/x: nobody here knows how to remove that") as refused:
        leftovers.remove(account, [*found, strange])
    assert "news" not in str(refused.value)
    assert [each.arn.rpartition(":")[2] for each in leftovers.found(account, lambda _: True)[0][NAME]] == ["orders"]


def test_where_iam_lets_nobody_list_the_rest_is_seen_and_the_refusal_told(aws, monkeypatch):
    aws("sns").create_topic(Name="shop-pr-42-news", Tags=tags())
    ask = Account.ask

    def denied(self, service, operation, **members):
        if service == "iam" or operation == "get_topic_attributes":
            raise AccountError(f"{service}: not authorized to perform {operation}", "AccessDenied")
        return ask(self, service, operation, **members)

    monkeypatch.setattr(Account, "ask", denied)
    found, refused = leftovers.found(Account(ENV), lambda _: True)
    assert [each.made_at for each in found[NAME]] == [None], "what can't be looked at still counts as there"
    assert refused == "iam: not authorized to perform get_account_authorization_details"


MADE = datetime(2026, 1, 1, tzinfo=UTC)
ROLE, TOPIC = Leftover("arn:aws:iam::1:role/x", MADE), Leftover("arn:aws:sns:eu:1:x", None)


def test_they_count_where_no_stack_is_and_go_when_no_environment_can_be_as_old():
    left = dict.fromkeys(("shop-pr-1", "shop-pr-2", "shop-pr-3"), (ROLE, TOPIC))
    known = {each.name: each for each in join([stack("shop-pr-1")], [room("shop-pr-2")], left)}
    assert {name: len(each.leftovers) for name, each in known.items()} == {"shop-pr-1": 0, "shop-pr-2": 2, "shop-pr-3": 2}
    alone = known["shop-pr-3"]
    assert alone.state(MADE) == "orphan"
    assert decide(alone, MADE + timedelta(hours=335)).action == "leave"
    assert decide(alone, MADE + timedelta(hours=336)).action == "destroy"
    assert decide(known["shop-pr-2"], MADE + timedelta(hours=24)).action == "destroy", "its namespace has a record of its own"


def test_what_nobody_knows_the_age_of_is_only_reported():
    (found,) = join([], [], {"shop-pr-1": (TOPIC,)})
    decision = decide(found, MADE + timedelta(days=1000))
    assert (decision.action, decision.reason) == ("report", "its record is broken: nothing says when it was made: arn:aws:sns:eu:1:x")


def test_an_account_without_region_or_credentials_is_not_asked(monkeypatch, tmp_path):
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    assert not Account({}).is_known
    assert not Account({"AWS_REGION": "eu-central-1"}).is_known
    assert Account(ENV).is_known
