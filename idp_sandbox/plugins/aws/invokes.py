"""The functions that programs call: look something up, or write a policy document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from idp_sandbox.plugins.aws.api import Api, AwsError
from idp_sandbox.plugins.aws.kinds import KINDS
from idp_sandbox.plugins.aws.lifecycle import Resource
from idp_sandbox.plugins.aws.shapes import from_pairs, near, to_properties

Arguments = Mapping[str, Any]
Result = dict[str, Any]


class UnknownFunction(AwsError):
    """Only the official provider has the function."""


def invoke(api: Api, token: str, arguments: Arguments) -> Result:
    """The result of a function. Raises AwsError."""
    if token not in FUNCTIONS:
        raise UnknownFunction(f"{token} is only in the official provider{near(token, FUNCTIONS)}")
    return FUNCTIONS[token](api, {key: value for key, value in arguments.items() if value is not None})


def _caller_identity(api: Api, _: Arguments) -> Result:
    found = api.call("sts", "GetCallerIdentity")
    return {"id": found["Account"], "accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"]}


def _region(api: Api, _: Arguments) -> Result:
    region = api.region
    return {"id": region, "name": region, "region": region, "description": region, "endpoint": f"ec2.{region}.amazonaws.com"}


def _partition(_: Api, __: Arguments) -> Result:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _zones(api: Api, arguments: Arguments) -> Result:
    found = api.call("ec2", "DescribeAvailabilityZones", Filters=_filters(arguments))["AvailabilityZones"]
    state = arguments.get("state")
    zones = [zone for zone in found if state in (None, zone["State"])]
    return {
        "id": api.region,
        "names": sorted(zone["ZoneName"] for zone in zones),
        "zoneIds": sorted(zone["ZoneId"] for zone in zones),
        "groupNames": sorted({zone.get("GroupName", "") for zone in zones}),
    }


def _policy_document(_: Api, arguments: Arguments) -> Result:
    """Statements as AWS writes them (IAM JSON policy grammar); single values stay single."""
    statements = [_statement(item) for item in arguments.get("statements", [])]
    document = {"Version": arguments.get("version", "2012-10-17"), "Statement": statements}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    return {
        "id": hashlib.sha256(json.dumps(document).encode()).hexdigest()[:10],
        "json": json.dumps(document, indent=2),
        "minifiedJson": json.dumps(document, separators=(",", ":")),
        "statements": arguments.get("statements", []),
    }


def _statement(item: Arguments) -> Result:
    lists = {"Action": "actions", "NotAction": "notActions", "Resource": "resources", "NotResource": "notResources"}
    found: Result = {"Sid": item["sid"]} if item.get("sid") else {}
    found["Effect"] = item.get("effect", "Allow")
    found |= {name: _single(item[key]) for name, key in lists.items() if item.get(key)}
    for name, key in (("Principal", "principals"), ("NotPrincipal", "notPrincipals")):
        if item.get(key):
            principals = {block["type"]: _single(block["identifiers"]) for block in item[key]}
            found[name] = "*" if principals == {"*": "*"} else principals
    conditions: dict[str, dict[str, Any]] = {}
    for block in item.get("conditions", []):
        conditions.setdefault(block["test"], {})[block["variable"]] = _single(block["values"])
    return {**found, **({"Condition": conditions} if conditions else {})}


def _single(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


def _vpc(api: Api, arguments: Arguments) -> Result:
    found = _described(api, "DescribeVpcs", "VpcIds", arguments)
    arn = f"arn:aws:ec2:{api.region}:{found['OwnerId']}:vpc/{found['VpcId']}"
    return {**_plain(found), "id": found["VpcId"], "arn": arn, "default": found["IsDefault"]}


def _subnets(api: Api, arguments: Arguments) -> Result:
    found = api.call("ec2", "DescribeSubnets", Filters=_filters(arguments))["Subnets"]
    return {"id": api.region, "ids": sorted(subnet["SubnetId"] for subnet in found)}


def _subnet(api: Api, arguments: Arguments) -> Result:
    found = _described(api, "DescribeSubnets", "SubnetIds", arguments, vpcId="vpc-id")
    return {**_plain(found), "id": found["SubnetId"], "arn": found["SubnetArn"]}


def _security_group(api: Api, arguments: Arguments) -> Result:
    found = _described(api, "DescribeSecurityGroups", "GroupIds", arguments, vpcId="vpc-id", name="group-name")
    return {**_plain(found), "id": found["GroupId"], "name": found["GroupName"]}


def _lookup(token: str, *names: str) -> Callable[[Api, Arguments], Result]:
    """A function that finds what a type of the table describes, by these arguments."""
    kind = KINDS[token]

    def look(api: Api, arguments: Arguments) -> Result:
        known = {target: arguments[name] for name, target in (pair.split("=") for pair in names) if name in arguments}
        found = Resource(kind, api, api.region).read(known)
        if found is None:
            raise AwsError(f"{token.split(':')[-1]}: nothing found by {', '.join(f'{key}={value!r}' for key, value in known.items())}")
        return {**found, "id": Resource(kind, api, api.region).identity(found), "tags": found.get("tagsAll", {})}

    return look


def _queue(api: Api, arguments: Arguments) -> Result:
    url = api.call("sqs", "GetQueueUrl", QueueName=arguments["name"])["QueueUrl"]
    return _lookup("aws:sqs/queue:Queue", "url=url")(api, {"url": url})


def _topic(api: Api, arguments: Arguments) -> Result:
    account = _caller_identity(api, {})["accountId"]
    return _lookup("aws:sns/topic:Topic", "arn=arn")(api, {"arn": f"arn:aws:sns:{api.region}:{account}:{arguments['name']}"})


def _described(api: Api, operation: str, ids: str, arguments: Arguments, **filters: str) -> Mapping[str, Any]:
    """The one resource of EC2 that an id or filters describe."""
    wanted = {ids: [arguments["id"]]} if arguments.get("id") else {}
    found = next(iter(api.call("ec2", operation, **wanted, Filters=_filters(arguments, **filters)).values()))
    if len(found) != 1:
        raise AwsError(f"{operation} finds {len(found)}: narrow the search until it is one")
    item: Mapping[str, Any] = found[0]
    return item


def _filters(arguments: Arguments, **named: str) -> list[Result]:
    """`filters` blocks, `tags`, and arguments that AWS knows as a filter of another name."""
    found = [{"Name": block["name"], "Values": block["values"]} for block in arguments.get("filters", [])]
    found += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (arguments.get("tags") or {}).items()]
    if arguments.get("default"):
        found.append({"Name": "isDefault", "Values": ["true"]})
    return found + [{"Name": name, "Values": [arguments[key]]} for key, name in named.items() if key in arguments]


def _plain(found: Mapping[str, Any]) -> Result:
    return {**to_properties(found, {}, ""), "tags": from_pairs(found.get("Tags"))}


FUNCTIONS: Mapping[str, Callable[[Api, Arguments], Result]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "aws:iam/getRole:getRole": _lookup("aws:iam/role:Role", "name=name"),
    "aws:iam/getPolicy:getPolicy": _lookup("aws:iam/policy:Policy", "arn=arn"),
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getSecurityGroup:getSecurityGroup": _security_group,
    "aws:s3/getBucket:getBucket": _lookup("aws:s3/bucket:Bucket", "bucket=bucket"),
    "aws:kms/getKey:getKey": _lookup("aws:kms/key:Key", "keyId=keyId"),
    "aws:kms/getAlias:getAlias": _lookup("aws:kms/alias:Alias", "name=name"),
    "aws:ssm/getParameter:getParameter": _lookup("aws:ssm/parameter:Parameter", "name=name"),
    "aws:secretsmanager/getSecret:getSecret": _lookup("aws:secretsmanager/secret:Secret", "arn=arn", "name=arn"),
    "aws:secretsmanager/getSecretVersion:getSecretVersion": _lookup("aws:secretsmanager/secretVersion:SecretVersion", "secretId=secretId"),
    "aws:rds/getInstance:getInstance": _lookup("aws:rds/instance:Instance", "dbInstanceIdentifier=identifier"),
    "aws:sqs/getQueue:getQueue": _queue,
    "aws:sns/getTopic:getTopic": _topic,
}
SECRETS: Mapping[str, tuple[str, ...]] = {
    "aws:ssm/getParameter:getParameter": ("value",),
    "aws:secretsmanager/getSecretVersion:getSecretVersion": ("secretString", "secretBinary"),
}
"""Results that are secrets, by function."""
