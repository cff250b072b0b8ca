"""One resource of each type of the AWS provider, a change that it takes in place, and what it needs around it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp_sandbox.plugins.aws.api import Api

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def policy(action: str, resource: str = "*", **more: Any) -> str:
    """A document with one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]})


ANYBODY = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


@dataclass
class World:
    """Resources that others are made in, each made when it is asked for."""

    api: Api
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:10]}")

    def role(self) -> str:
        return str(self.api.call("iam", "CreateRole", RoleName=self.name, AssumeRolePolicyDocument=TRUST)["Role"]["RoleName"])

    def managed_policy(self) -> str:
        made = self.api.call("iam", "CreatePolicy", PolicyName=self.name, PolicyDocument=policy("s3:GetObject"))
        return str(made["Policy"]["Arn"])

    def queue(self) -> str:
        return str(self.api.call("sqs", "CreateQueue", QueueName=self.name)["QueueUrl"])

    def topic(self) -> str:
        return str(self.api.call("sns", "CreateTopic", Name=self.name)["TopicArn"])

    def bucket(self) -> str:
        self.api.call("s3", "CreateBucket", Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": self.api.region})
        return self.name

    def log_bucket(self) -> str:
        """A bucket that S3 may write its access logs to."""
        name = f"{self.name}-logs"
        self.api.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.api.region})
        service = {"Principal": {"Service": "logging.s3.amazonaws.com"}}
        self.api.call("s3", "PutBucketPolicy", Bucket=name, Policy=policy("s3:PutObject", f"arn:aws:s3:::{name}/*", **service))
        return name

    def key(self) -> str:
        return str(self.api.call("kms", "CreateKey")["KeyMetadata"]["KeyId"])

    def secret(self) -> str:
        return str(self.api.call("secretsmanager", "CreateSecret", Name=self.name)["ARN"])

    def vpc(self) -> str:
        return str(self.api.call("ec2", "CreateVpc", CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"])

    def subnets(self) -> list[str]:
        vpc = self.vpc()
        zones = self.api.call("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
        return [
            str(
                self.api.call(
                    "ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=zones[number]["ZoneName"]
                )["Subnet"]["SubnetId"]
            )
            for number in range(2)
        ]

    def security_group(self) -> str:
        return str(self.api.call("ec2", "CreateSecurityGroup", GroupName=self.name, Description="test", VpcId=self.vpc())["GroupId"])

    def subnet_group(self) -> str:
        self.api.call("rds", "CreateDBSubnetGroup", DBSubnetGroupName=self.name, DBSubnetGroupDescription="test", SubnetIds=self.subnets())
        return self.name

    def cache_user(self) -> str:
        user = {"UserName": "a", "Engine": "redis", "AccessString": "on ~* -@all +@read", "Passwords": ["secret-of-the-test"]}
        return str(self.api.call("elasticache", "CreateUser", UserId=self.name, **user)["UserId"])


@dataclass(frozen=True)
class Case:
    """How a type is made and changed."""

    inputs: Callable[[World], dict[str, Any]]
    change: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that change in place; none where every change replaces."""


OWNER = {"tags": {"owner": "shop"}}
CASES: Mapping[str, Case] = {
    "aws:iam/role:Role": Case(
        lambda w: {"assumeRolePolicy": TRUST, "permissionsBoundary": w.managed_policy(), **OWNER},
        {"description": "b", "maxSessionDuration": 7200},
    ),
    "aws:iam/policy:Policy": Case(lambda _: {"policy": policy("s3:GetObject"), **OWNER}, {"policy": policy("s3:PutObject")}),
    "aws:iam/rolePolicy:RolePolicy": Case(
        lambda w: {"role": w.role(), "policy": policy("s3:GetObject")}, {"policy": policy("s3:PutObject")}
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Case(lambda w: {"role": w.role(), "policyArn": w.managed_policy()}),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Case(
        lambda w: {"url": f"https://{w.name}.example.com", "clientIdLists": ["sts.amazonaws.com"], "thumbprintLists": ["a" * 40], **OWNER},
        {"thumbprintLists": ["b" * 40]},
    ),
    "aws:sqs/queue:Queue": Case(
        lambda _: {"messageRetentionSeconds": 600, "sqsManagedSseEnabled": True, **OWNER}, {"visibilityTimeoutSeconds": 60}
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Case(
        lambda w: {"queueUrl": w.queue(), "policy": policy("sqs:SendMessage", **ANYBODY)},
        {"policy": policy("sqs:ReceiveMessage", **ANYBODY)},
    ),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": Case(
        lambda w: {"queueUrl": w.queue(), "redriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})},
        {"redriveAllowPolicy": json.dumps({"redrivePermission": "allowAll"}, separators=(",", ":"))},
    ),
    "aws:sns/topic:Topic": Case(lambda _: {"displayName": "orders", **OWNER}, {"displayName": "Orders"}),
    "aws:sns/topicPolicy:TopicPolicy": Case(
        lambda w: {"arn": w.topic(), "policy": policy("SNS:Publish", **ANYBODY)}, {"policy": policy("SNS:Subscribe", **ANYBODY)}
    ),
    "aws:sns/topicSubscription:TopicSubscription": Case(
        lambda w: {"topic": w.topic(), "protocol": "sqs", "endpoint": f"arn:aws:sqs:{w.api.region}:{ACCOUNT}:orders"},
        {"rawMessageDelivery": True},
    ),
    "aws:s3/bucket:Bucket": Case(lambda _: OWNER, {"forceDestroy": True}),
    "aws:s3/bucketVersioning:BucketVersioning": Case(
        lambda w: {"bucket": w.bucket(), "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Case(
        lambda w: {"bucket": w.bucket(), "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}, "bucketKeyEnabled": True}]},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Case(
        lambda w: {"bucket": w.bucket(), "blockPublicAcls": True, "blockPublicPolicy": True}, {"ignorePublicAcls": True}
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Case(
        lambda w: {"bucket": w.bucket(), "rule": {"objectOwnership": "BucketOwnerEnforced"}}, {"rule": {"objectOwnership": "ObjectWriter"}}
    ),
    "aws:s3/bucketLogging:BucketLogging": Case(
        lambda w: {"bucket": w.bucket(), "targetBucket": w.log_bucket(), "targetPrefix": "a/"}, {"targetPrefix": "b/"}
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Case(
        lambda w: {"bucket": w.bucket(), "policy": policy("s3:GetObject", f"arn:aws:s3:::{w.name}/*", **ANYBODY)},
        {"policy": policy("s3:PutObject", **ANYBODY)},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Case(
        lambda w: {
            "bucket": w.bucket(),
            "rules": [{"id": "old", "status": "Enabled", "filter": {"prefix": ""}, "noncurrentVersionExpiration": {"noncurrentDays": 30}}],
        },
        {"rules": [{"id": "old", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 90}}]},
    ),
    "aws:kms/key:Key": Case(
        lambda _: {"description": "a", "enableKeyRotation": True, **OWNER}, {"description": "b", "enableKeyRotation": False}
    ),
    "aws:kms/alias:Alias": Case(lambda w: {"name": f"alias/{w.name}", "targetKeyId": w.key()}),
    "aws:secretsmanager/secret:Secret": Case(lambda _: {"description": "a", "recoveryWindowInDays": 0, **OWNER}, {"description": "b"}),
    "aws:secretsmanager/secretVersion:SecretVersion": Case(
        lambda w: {"secretId": w.secret(), "secretString": "one"}, {"secretString": "two"}
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Case(
        lambda w: {"secretArn": w.secret(), "policy": policy("secretsmanager:GetSecretValue", **ANYBODY)},
        {"policy": policy("secretsmanager:DescribeSecret", **ANYBODY)},
    ),
    "aws:ssm/parameter:Parameter": Case(
        lambda w: {"name": f"/{w.name}/a", "type": "SecureString", "value": "one", **OWNER}, {"value": "two"}
    ),
    "aws:ec2/vpc:Vpc": Case(lambda _: {"cidrBlock": "10.30.0.0/16", **OWNER}),
    "aws:ec2/subnet:Subnet": Case(lambda w: {"vpcId": w.vpc(), "cidrBlock": "10.20.9.0/24", **OWNER}),
    "aws:ec2/securityGroup:SecurityGroup": Case(lambda w: {"vpcId": w.vpc(), **OWNER}, {"revokeRulesOnDelete": True}),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Case(
        lambda w: {
            "securityGroupId": w.security_group(),
            "ipProtocol": "tcp",
            "fromPort": 5432,
            "toPort": 5432,
            "cidrIpv4": "10.0.0.0/8",
            **OWNER,
        }
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Case(
        lambda w: {"securityGroupId": w.security_group(), "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"}
    ),
    "aws:rds/instance:Instance": Case(
        lambda w: {
            "engine": "postgres",
            "instanceClass": "db.t4g.micro",
            "allocatedStorage": 20,
            "username": "root_user",
            "password": f"secret-{w.name}",
            "dbName": "orders",
            "dbSubnetGroupName": w.subnet_group(),
            "storageEncrypted": True,
            "backupRetentionPeriod": 7,
            "multiAz": True,
            "iamDatabaseAuthenticationEnabled": True,
            "skipFinalSnapshot": True,
            **OWNER,
        },
        {"backupRetentionPeriod": 14, "deletionProtection": False},
    ),
    "aws:rds/subnetGroup:SubnetGroup": Case(lambda w: {"subnetIds": w.subnets(), **OWNER}),
    "aws:rds/parameterGroup:ParameterGroup": Case(
        lambda _: {"family": "postgres16", "parameters": [{"name": "rds.force_ssl", "value": "1"}], **OWNER},
        {"parameters": [{"name": "rds.force_ssl", "value": "0"}]},
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Case(
        lambda w: {
            "description": "a",
            "engine": "redis",
            "nodeType": "cache.t4g.micro",
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "transitEncryptionEnabled": True,
            "authToken": f"secret-{w.name}",
            **OWNER,
        },
        {"description": "b"},
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Case(lambda w: {"subnetIds": w.subnets(), **OWNER}, {"description": "b"}),
    "aws:elasticache/parameterGroup:ParameterGroup": Case(
        lambda _: {"family": "valkey8", "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}], **OWNER},
        {"parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]},
    ),
    "aws:elasticache/user:User": Case(
        lambda w: {
            "userId": f"{w.name}-reader",
            "userName": "reader",
            "engine": "valkey",
            "accessString": "on ~* -@all +@read",
            "authenticationMode": {"type": "password", "passwords": [f"secret-of-{w.name}"]},
            **OWNER,
        },
        {"accessString": "on ~* -@all +@read +@write"},
    ),
    "aws:elasticache/userGroup:UserGroup": Case(
        lambda w: {"userGroupId": w.name, "engine": "redis", "userIds": [w.cache_user()], **OWNER}, {"userIds": ["default"]}
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Case(
        lambda _: {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "metricName": "CPUUtilization",
            "namespace": "AWS/RDS",
            "period": 60,
            "statistic": "Average",
            "threshold": 80,
            "dimensions": {"DBInstanceIdentifier": "orders"},
            **OWNER,
        },
        {"threshold": 90},
    ),
    "aws:cloudwatch/logGroup:LogGroup": Case(lambda _: {"retentionInDays": 7, **OWNER}, {"retentionInDays": 30}),
}
