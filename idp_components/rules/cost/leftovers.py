"""Rules about what stays and is paid for, though nobody needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp_components.rules.aws.controls import security_hub
from idp_components.rules.aws.load_balancer import BALANCERS
from idp_components.rules.aws.s3_bucket import BUCKET, LOCK, first_of, judged_bucket, lifecycle_without
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.options import whole_number
from idp_components.rules.regex import regex
from idp_components.rules.values import is_true

NAT_GATEWAYS = 3
"""One for each zone of a region, as it is usual."""
PLACES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("ec2/EipAssociation", "ec2/NatGateway", "ec2/NatGatewayEipAssociation"), ("allocationId",)),
    (("ec2/NatGateway",), ("secondaryAllocationIds",)),
    (("ec2/NatGateway",), ("availabilityZoneAddresses", "allocationIds")),
    (("ec2/EipAssociation",), ("publicIp",)),
    (("redshift/Cluster",), ("elasticIp",)),
    (BALANCERS, ("subnetMappings", "allocationId")),
    (("transfer/Server",), ("endpointDetails", "addressAllocationIds")),
)
"""What takes addresses, and under which property."""
BY_ADDRESS = (("ec2/EipAssociation", "publicIp"), ("redshift/Cluster", "elasticIp"))
"""Those among them that name the address itself."""
TEXTS: tuple[tuple[tuple[str, str] | str, tuple[str, ...]], ...] = (
    (("core", "Service"), ("metadata", "annotations", "service.beta.kubernetes.io/aws-load-balancer-eip-allocations")),
    (("helm.sh", "Chart"), ("values",)),
    (("helm.sh", "Release"), ("values",)),
    ("ec2/Instance", ("userData",)),
)
"""What may name addresses somewhere in it: a list, the values of a chart, the commands of a machine's start."""
_ALLOCATION = regex(r"\beipalloc-[0-9a-z]+")


@aws_stack_rule(
    "cost-nat-gateways",
    title="A stack has few NAT gateways.",
    severity=Severity.LOW,
    rationale="Each costs by the hour and by the gigabyte; most traffic can go through endpoints of the VPC.",
    fix="Share a gateway, and add VPC endpoints for S3, ECR and the like.",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
    framework=None,
    options={"most": whole_number(NAT_GATEWAYS, "NAT gateways that a stack may have.")},
)
def nat_gateways(stack: Stack, options: Options) -> Iterator[tuple[Resource, Problem]]:
    most = options.get("most", NAT_GATEWAYS)
    for gateway in stack.of("ec2/NatGateway")[int(most) :]:
        yield gateway, gateway.root.problem(f"is one more than the {most:g} that a stack may have; share one")


@aws_stack_rule(
    "cost-unattached-address",
    title="Every Elastic IP is used.",
    severity=Severity.LOW,
    rationale="An address is paid for by the hour, whether something answers there or not.",
    fix="Attach it, or remove it.",
    **security_hub("EC2.12"),
)
def unattached_address(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for address in stack.of("ec2/Eip"):
        found = [companions(stack, address, kinds, *key) for kinds, key in PLACES]
        own = (address.root.get("instance"), address.root.get("networkInterface"))
        names, (named, unknown) = [address.root.get(key).value for key in ("id", "publicIp")], stack.once(_named_addresses)
        is_named = any(isinstance(name, str) and name in named for name in names)
        if not is_named and not any(is_set(field) for field in own) and not any(each.certain for each in found):
            unsure = [Field(UNKNOWN)] if unknown or (named and (names[0] is None or UNKNOWN in names)) else []
            possible = [*unsure, *(field for each in found for field in each.possible)]
            yield address, address.root.problem("is attached to nothing; remove it", *possible)


def _named_addresses(stack: Stack) -> tuple[frozenset[str], bool]:
    """The addresses that a text names by their ids, or that something names itself; and whether there is a text that nobody knows yet."""
    values = [value for kind, keys in TEXTS for each in stack.of(kind) for value in _leaves(each.root.get(*keys).value)]
    names = (name for value in values if isinstance(value, str) for name in _ALLOCATION.findall(value))
    addresses = (each.root.get(key).value for kind, key in BY_ADDRESS for each in stack.of(kind))
    known = (address for address in addresses if isinstance(address, str))
    return frozenset((*names, *known)), any(value is UNKNOWN for value in values)


def _leaves(value: Any) -> Iterator[Any]:
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict | list):
            pending.extend(value.values() if isinstance(value, dict) else value)
        else:
            yield value


@aws_stack_rule(
    "cost-versions-kept-forever",
    title="A bucket with versions removes old ones.",
    severity=Severity.LOW,
    rationale="Every overwritten object stays and is paid for, without end.",
    fix="Use a Bucket; otherwise add a lifecycle rule with noncurrentVersionExpiration.",
    **security_hub("S3.10"),
)
def versions_kept_forever(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    def problems(setting: Field) -> Iterator[Problem]:
        yield from lifecycle_without(setting, _removes_versions, "keeps old versions for ever; add noncurrentVersionExpiration")

    message = "keeps old versions for ever; add a BucketLifecycleConfiguration with noncurrentVersionExpiration"
    for bucket in stack.of(BUCKET):
        if _keeps_versions(stack, bucket):
            yield from judged_bucket(stack, bucket, ("lifecycleRules",), "s3/BucketLifecycleConfiguration", problems, message)


def _keeps_versions(stack: Stack, bucket: Resource) -> bool:
    inline = (bucket.root.get("versioning"), *bucket.root.get("versionings").items())
    if is_true(bucket.root.get(LOCK).value) or any(is_true(each.get("enabled").value) for each in inline):
        return True
    settings = companions(stack, bucket, ("s3/BucketVersioning",), "bucket").certain
    return any(each.root.get("versioningConfiguration", "status").value == "Enabled" for each in settings)


def _removes_versions(rule: Field) -> bool:
    expiration = first_of(rule, "noncurrentVersionExpiration")
    return is_set(expiration.get("noncurrentDays")) or is_set(expiration.get("days"))


RULES = (nat_gateways, unattached_address, versions_kept_forever)
