"""What resources outside of the cluster use: those of AWS, and whatever else nobody has told the cost of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from idp_components.core.quantity import quantity
from idp_components.cost.prices import HOURS_PER_MONTH, Assumptions
from idp_components.cost.usage import Item, Usage

FREE = (
    "aws:cloudwatch/logGroup:",  # what is written into it costs, and stands with what writes
    "aws:ec2/securityGroup",
    "aws:ec2/subnet:",
    "aws:ec2/vpc:",
    "aws:eks/accessEntry:",
    "aws:eks/accessPolicyAssociation:",
    "aws:eks/podIdentityAssociation:",
    "aws:elasticache/parameterGroup:",
    "aws:elasticache/subnetGroup:",
    "aws:elasticache/user:",
    "aws:elasticache/userGroup:",
    "aws:iam/",
    "aws:kms/alias:",
    "aws:rds/parameterGroup:",
    "aws:rds/subnetGroup:",
    *(
        f"aws:s3/bucket{part}{version}:"
        for part in (
            "LifecycleConfiguration",
            "Logging",
            "Notification",
            "OwnershipControls",
            "Policy",
            "PublicAccessBlock",
            "ServerSideEncryptionConfiguration",
            "Versioning",
        )
        for version in ("", "V2")
    ),
    "aws:secretsmanager/secretPolicy:",
    "aws:secretsmanager/secretVersion:",
    "aws:sns/topicPolicy:",
    "aws:sns/topicSubscription:",
    "aws:sqs/queuePolicy:",
    "aws:sqs/redriveAllowPolicy:",
    "aws:sqs/redrivePolicy:",
    "aws:vpc/securityGroup",
)
"""Starts of the types that AWS doesn't charge for."""
NOTHING_OUTSIDE = ("kubernetes:", "pulumi:", "random:", "tls:")
"""Starts of the types that are no resources of a cloud."""

Read = Callable[[Item, Sequence[Item], Assumptions], Iterator[Usage]]


def usage(items: Sequence[Item], assumptions: Assumptions) -> Iterator[Usage]:
    """What the resources outside of the cluster use in a month. A type without a reader is listed, as unknown."""
    for item in items:
        if read := READERS.get(item.type):
            yield from read(item, items, assumptions)
        elif not item.type.startswith((*FREE, *NOTHING_OUTSIDE)):
            yield Usage(item.owner, f"{item.type.rsplit(':', 1)[-1]} {item.name}", item.type, 1)


def _instance(item: Item, items: Sequence[Item], _: Assumptions) -> Iterator[Usage]:
    said, called = item.properties, f"database {item.name}"
    instances, zones = (2, ", in two zones") if said.get("multiAz") is True else (1, "")
    size = str(said.get("instanceClass"))
    doubled = "as two instances; AWS rounds the pair by itself" if instances == 2 else ""
    yield Usage(item.owner, f"{called}: {size}{zones}", f"rds/{size}", instances * HOURS_PER_MONTH, doubled)
    storage = quantity(said.get("allocatedStorage")) or _storage_of_the_source(item, items)
    most = quantity(said.get("maxAllocatedStorage"))
    grows = f"may grow to {most:g} GiB" if most else ""
    kind = str(said.get("storageType") or "gp2")
    yield Usage(item.owner, f"{called}: storage, {kind}{zones}", f"rds/{kind}", storage and storage * instances, grows)
    if said.get("manageMasterUserPassword"):
        yield Usage(item.owner, f"{called}: secret of the master password", "secretsmanager/secret", 1)
    if quantity(said.get("backupRetentionPeriod")):
        yield Usage(
            item.owner, f"{called}: backups beyond its size", "rds/backup", None, "as much as its storage is free, more depends on use"
        )
    if said.get("enabledCloudwatchLogsExports"):
        yield Usage(item.owner, f"{called}: logs", "cloudwatch/logs", None, "depends on what it logs")


def _storage_of_the_source(replica: Item, items: Sequence[Item]) -> float | None:
    """A replica has as much storage as what it copies, and doesn't say so."""
    sizes = (
        quantity(item.properties.get("allocatedStorage")) for item in items if (item.owner, item.type) == (replica.owner, replica.type)
    )
    return next((size for size in sizes if size), None)


def _cache(item: Item, _: Sequence[Item], __: Assumptions) -> Iterator[Usage]:
    said, called = item.properties, f"cache {item.name}"
    nodes = quantity(said.get("numCacheClusters"))
    size, engine = str(said.get("nodeType")), str(said.get("engine") or "redis")
    what = f"{called}: {'' if nodes in (None, 1) else f'{nodes:g} × '}{size}"
    yield Usage(item.owner, what, f"elasticache/{engine}/{size}", nodes and nodes * HOURS_PER_MONTH)
    if quantity(said.get("snapshotRetentionLimit")):
        yield Usage(item.owner, f"{called}: copies", "elasticache/backup", None, "depends on what it holds")


def _alarm(item: Item, _: Sequence[Item], __: Assumptions) -> Iterator[Usage]:
    yield Usage(item.owner, f"alarm {item.name}", "cloudwatch/alarm", float(len(item.properties.get("metricQueries") or ()) or 1))


def _queue(item: Item, _: Sequence[Item], assumed: Assumptions) -> Iterator[Usage]:
    kind = "fifo" if item.properties.get("fifoQueue") is True else "standard"
    yield Usage(item.owner, f"queue {item.name}: requests", f"sqs/{kind}", assumed.sqs_requests, f"{assumed.sqs_requests:,.0f} assumed")


def _topic(item: Item, _: Sequence[Item], assumed: Assumptions) -> Iterator[Usage]:
    note = f"{assumed.sns_publishes:,.0f} assumed; to queues it delivers for nothing"
    yield Usage(item.owner, f"topic {item.name}: messages", "sns/publish", assumed.sns_publishes, note)


def _bucket(item: Item, _: Sequence[Item], assumed: Assumptions) -> Iterator[Usage]:
    called = f"bucket {item.name}"
    yield Usage(item.owner, f"{called}: storage", "s3/standard", assumed.s3_gib, f"{assumed.s3_gib:g} GiB assumed")
    yield Usage(item.owner, f"{called}: writes", "s3/write", assumed.s3_writes, f"{assumed.s3_writes:,.0f} assumed")
    yield Usage(item.owner, f"{called}: reads", "s3/read", assumed.s3_reads, f"{assumed.s3_reads:,.0f} assumed")


def _gateway(item: Item, _: Sequence[Item], assumed: Assumptions) -> Iterator[Usage]:
    yield Usage(item.owner, f"NAT gateway {item.name}", "nat", HOURS_PER_MONTH)
    yield Usage(item.owner, f"NAT gateway {item.name}: data", "nat/data", assumed.nat_gib, f"{assumed.nat_gib:g} GiB assumed")


def _balancer(item: Item, _: Sequence[Item], __: Assumptions) -> Iterator[Usage]:
    kind = str(item.properties.get("loadBalancerType") or "application")
    yield Usage(item.owner, f"load balancer {item.name}", f"lb/{kind}", HOURS_PER_MONTH)
    yield Usage(item.owner, f"load balancer {item.name}: capacity units", "lb/capacity", None, "depends on the traffic")


def _each(key: str, noun: str, amount: float = 1) -> Read:
    """A reader of what costs the same whatever it says."""

    def read(item: Item, _: Sequence[Item], __: Assumptions) -> Iterator[Usage]:
        yield Usage(item.owner, f"{noun} {item.name}", key, amount)

    return read


READERS: Mapping[str, Read] = {
    "aws:rds/instance:Instance": _instance,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:sqs/queue:Queue": _queue,
    "aws:sns/topic:Topic": _topic,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketV2:BucketV2": _bucket,
    "aws:ec2/natGateway:NatGateway": _gateway,
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:kms/key:Key": _each("kms/key", "key"),
    "aws:secretsmanager/secret:Secret": _each("secretsmanager/secret", "secret"),
    "aws:eks/cluster:Cluster": _each("eks/cluster", "cluster", HOURS_PER_MONTH),
}
