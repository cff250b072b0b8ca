"""Rules about caches: ElastiCache and MemoryDB."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.expect import is_set, may_be_unset_or_true, must_be_at_least, must_be_set, must_be_true
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true

GROUP, CLUSTER, SERVERLESS = "elasticache/ReplicationGroup", "elasticache/Cluster", "elasticache/ServerlessCache"
MEMORYDB = "memorydb/Cluster"
TOKENS = ("authToken", "authTokenWo")
"""The password of a group; the second is kept out of the state."""
OPEN_ACCESS = "open-access"
"""The access control list of MemoryDB that lets everybody in."""


def _is_part(resource: Resource) -> bool:
    """Whether a cluster is a node of a replication group, or a group follows a global one: the settings are there."""
    return (
        is_set(resource.root.get("replicationGroupId"))
        if resource.aws == CLUSTER
        else is_set(resource.root.get("globalReplicationGroupId"))
    )


def _is_lone(resource: Resource) -> bool:
    """Whether a cluster is a single node that can have neither users nor a second node: those are for groups. Memcached has no groups."""
    return resource.aws == CLUSTER and not _is_part(resource) and resource.root.get("engine").value != "memcached"


@aws_rule(
    "aws-elasticache-at-rest-encryption",
    GROUP,
    CLUSTER,
    title="A cache is encrypted where it is stored.",
    severity=Severity.HIGH,
    rationale="Snapshots and swap hold what the memory holds. It can't be switched on later.",
    fix="Use a Cache; otherwise set atRestEncryptionEnabled to true.",
    **fsbp("ElastiCache.4"),
)
def at_rest_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    encrypted, engine = resource.root.get("atRestEncryptionEnabled"), resource.root.get("engine")
    if resource.aws == CLUSTER:
        if _is_lone(resource):
            yield resource.root.problem("is a single node, which can't be encrypted; use a ReplicationGroup", engine)
        return
    by_default = encrypted.value is None and engine.value == "valkey"
    if not _is_part(resource) and not by_default:
        yield from must_be_true(encrypted, *((engine,) if encrypted.value is None else ()))


@aws_rule(
    "aws-elasticache-transit-encryption",
    GROUP,
    CLUSTER,
    MEMORYDB,
    title="A cache refuses connections without TLS.",
    severity=Severity.HIGH,
    rationale="Without TLS the password and all values cross the network in plain text.",
    fix="Use a Cache; otherwise set transitEncryptionEnabled to true, and transitEncryptionMode to required.",
    **fsbp("ElastiCache.5"),
)
def transit_encryption(resource: Resource, _options: Options) -> Iterator[Problem]:
    if resource.aws == MEMORYDB:
        yield from may_be_unset_or_true(resource.root.get("tlsEnabled"))
        return
    if _is_part(resource):
        return
    mode = resource.root.get("transitEncryptionMode")
    yield from must_be_true(resource.root.get("transitEncryptionEnabled"))
    if mode.value not in (None, "required"):
        yield mode.problem("also lets clients in without TLS; set it to required")


@aws_rule(
    "aws-elasticache-authentication",
    GROUP,
    CLUSTER,
    SERVERLESS,
    MEMORYDB,
    title="A cache asks who is there.",
    severity=Severity.HIGH,
    rationale="Without logins, everything that reaches the port may read and flush the whole cache.",
    fix="Use a Cache, which has a login for each level of access; otherwise set userGroupIds, or authToken.",
    **fsbp("ElastiCache.6"),
)
def authentication(resource: Resource, _options: Options) -> Iterator[Problem]:
    engine, access = resource.root.get("engine"), resource.root.get("aclName")
    if resource.aws == MEMORYDB:
        if access.value == OPEN_ACCESS:
            yield access.problem("lets everybody in; name an ACL with users of your own")
        return
    if resource.aws == CLUSTER:
        if _is_lone(resource):
            yield resource.root.problem("takes no logins; use a ReplicationGroup with userGroupIds", engine)
        return
    if resource.aws == SERVERLESS:
        if engine.value != "memcached":  # which knows no users
            yield from must_be_set(resource.root.get("userGroupId"), "name a group of users", engine)
        return
    users = resource.root.get("userGroupIds")
    if not _is_part(resource) and not any(is_set(login) for login in (users, *map(resource.root.get, TOKENS))):
        yield users.problem("is unset, and so is authToken; name a group of users")


@aws_rule(
    "aws-elasticache-user-password",
    "elasticache/User",
    title="Every user of a cache has a password, or signs in by IAM.",
    severity=Severity.HIGH,
    rationale="A user without password is open to everything that reaches the port.",
    fix="Use a Cache; otherwise set authenticationMode.type to password or iam.",
    source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html",
    framework=None,
)
def user_password(resource: Resource, _options: Options) -> Iterator[Problem]:
    free, kind, access = (
        resource.root.get("noPasswordRequired"),
        resource.root.get("authenticationMode", "type"),
        resource.root.get("accessString"),
    )
    if isinstance(access.value, str) and access.value.split()[:1] == ["off"]:
        return  # switched off, as the default user should be
    if free.value is UNKNOWN or is_true(free.value):
        yield free.problem("needs no password; set a password or use iam", access)
    if kind.value is UNKNOWN or (isinstance(kind.value, str) and kind.value.startswith("no-password")):
        yield kind.problem("needs no password; set it to password or iam", access)
    if access.value is UNKNOWN or (isinstance(access.value, str) and "nopass" in access.value.split()):
        yield access.problem("needs no password; remove nopass")


@aws_rule(
    "aws-elasticache-failover",
    GROUP,
    CLUSTER,
    title="A cache survives the loss of a zone.",
    severity=Severity.MEDIUM,
    rationale="With its only node gone, all that the cache kept off the database falls upon it at once.",
    fix="Use a Cache, which has two nodes in production; otherwise set automaticFailoverEnabled and multiAzEnabled to true.",
    **fsbp("ElastiCache.3"),
)
def failover(resource: Resource, _options: Options) -> Iterator[Problem]:
    if _is_lone(resource):
        yield resource.root.problem("has a single node; use a ReplicationGroup with two", resource.root.get("engine"))
    if resource.aws == GROUP and not _is_part(resource):
        zones = list(resource.root.get("preferredCacheClusterAzs").items())
        yield from must_be_true(resource.root.get("automaticFailoverEnabled"))
        if len({zone.value for zone in zones if isinstance(zone.value, str)}) < 2:
            yield from must_be_true(resource.root.get("multiAzEnabled"), *zones)


@aws_rule(
    "aws-elasticache-snapshots",
    GROUP,
    CLUSTER,
    SERVERLESS,
    title="A cache is copied every day.",
    severity=Severity.LOW,
    rationale="Sessions and carts live in caches, and are gone with the nodes otherwise.",
    fix="Use a Cache; otherwise set snapshotRetentionLimit to 1 or more.",
    **fsbp("ElastiCache.1"),
)
def snapshots(resource: Resource, _options: Options) -> Iterator[Problem]:
    engine = resource.root.get("engine")
    in_group = resource.aws == CLUSTER and _is_part(resource)
    if not in_group and engine.value != "memcached":
        yield from must_be_at_least(resource.root.get("snapshotRetentionLimit"), 1, 0, engine)


@aws_rule(
    "aws-elasticache-minor-upgrades",
    GROUP,
    CLUSTER,
    MEMORYDB,
    title="A cache takes minor versions by itself.",
    severity=Severity.MEDIUM,
    rationale="Minor versions carry the security fixes.",
    fix="Use a Cache; otherwise remove autoMinorVersionUpgrade, or set it to true.",
    **fsbp("ElastiCache.2"),
)
def minor_upgrades(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from may_be_unset_or_true(resource.root.get("autoMinorVersionUpgrade"))


RULES = (at_rest_encryption, transit_encryption, authentication, user_password, failover, snapshots, minor_upgrades)
