"""Builder: a cache on ElastiCache, private, encrypted, with a login for each level of access, watched, and copied where data is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.cache.reach import LEVELS, PORT, SCOPE, Plan
from idp_components.core import naming
from idp_components.core.alarms import alarm
from idp_components.core.aws import Aws, Ref, plain_name, tags
from idp_components.core.vpc import security_groups

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
SERVER = "cache"
"""Role of the security group that the nodes are in."""
ENGINE, VERSION, FAMILY = "valkey", "8.1", "valkey8"
MAX_IDENTIFIER = 40
"""Characters of a replication group's id (ElastiCache, CreateReplicationGroup)."""
NODE_TYPES_GIB = {
    "cache.t4g.micro": 0.5,
    "cache.t4g.small": 1.37,
    "cache.t4g.medium": 3.09,
    "cache.m7g.large": 6.38,
    "cache.r7g.large": 13.07,
    "cache.r7g.xlarge": 26.32,
    "cache.r7g.2xlarge": 52.82,
    "cache.r7g.4xlarge": 105.81,
}
"""Memory by node type, smallest first (ElastiCache pricing)."""
USABLE = 0.75
"""Part of a node's memory that is left for data (ElastiCache, "Managing reserved memory": a quarter is reserved)."""
BUSY_PERCENT, FULL_PERCENT, EVICTIONS = 90, 80, 1000
"""CPU and memory in percent, and entries thrown away per minute, that raise an alarm."""


def cache(plan: Plan, passwords: Mapping[str, Any]) -> list[Aws]:
    """The resources of a cache on ElastiCache. `passwords` are those of the logins, by level of access."""
    name, context, profile = plan.name, plan.context, plan.context.profile
    nodes, described = profile.cache_nodes, {"tags": tags(name, context)}
    parameters = {
        "name": identifier(plan),
        "description": f"cache {name}",
        "family": FAMILY,
        "parameters": [{"name": "maxmemory-policy", "value": plan.spec.eviction}],
        **described,
    }
    kept = {"finalSnapshotIdentifier": f"{identifier(plan)}-final"} if profile.protect_data else {}
    group = {
        "replicationGroupId": identifier(plan),
        "description": f"cache {name} of team {context.team} in {context.environment}",
        "engine": ENGINE,
        "engineVersion": VERSION,
        "nodeType": node_type(plan.spec.memory_mib),
        "numCacheClusters": nodes,
        "automaticFailoverEnabled": nodes > 1,
        "multiAzEnabled": nodes > 1,
        "port": PORT,
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "userGroupIds": [Ref(naming.child(name, "users"), "userGroupId")],
        "parameterGroupName": Ref(naming.child(name, "parameters"), "name"),
        "subnetGroupName": Ref(naming.child(name, "subnets"), "name"),
        "securityGroupIds": [Ref(naming.child(name, SERVER), "id")],
        "snapshotRetentionLimit": profile.cache_snapshot_days,
        "applyImmediately": not profile.protect_data,
        **kept,
        **described,
    }
    subnets = {"name": identifier(plan), "description": f"cache {name}", "subnetIds": list(context.cluster.subnet_ids), **described}
    return [
        Aws("aws:elasticache/subnetGroup:SubnetGroup", naming.child(name, "subnets"), subnets),
        *security_groups(name, SERVER, PORT, context, f"cache {name}"),
        *_users(plan, passwords),
        Aws("aws:elasticache/parameterGroup:ParameterGroup", naming.child(name, "parameters"), parameters),
        Aws(GROUP, name, group, protect=profile.protect_data, decides=("primaryEndpointAddress",)),
        *(each for node in range(1, nodes + 1) for each in _alarms(plan, node)),
    ]


def node_type(memory_mib: int) -> str:
    """The smallest node type with so much memory for data."""
    return next(name for name, gib in NODE_TYPES_GIB.items() if gib * 1024 * USABLE >= memory_mib)


def identifier(plan: Plan, *suffix: str) -> str:
    """Name of a part at ElastiCache."""
    return plain_name(plan.context, "-".join((plan.name, *suffix)), MAX_IDENTIFIER)


def _users(plan: Plan, passwords: Mapping[str, Any]) -> list[Aws]:
    """A login for each level of access, and no other: in a group of the engine valkey nobody else gets in."""
    described = {"engine": ENGINE, "tags": tags(plan.name, plan.context)}
    logins = [
        Aws(
            "aws:elasticache/user:User",
            naming.child(plan.name, access),
            {
                "userId": identifier(plan, access),
                "userName": access,
                "accessString": f"{SCOPE} {commands}",
                "authenticationMode": {"type": "password", "passwords": [passwords[access]]},
                **described,
            },
        )
        for access, commands in LEVELS.items()
    ]
    members = {"userGroupId": identifier(plan), "userIds": [Ref(login.name, "userId") for login in logins], **described}
    return [*logins, Aws("aws:elasticache/userGroup:UserGroup", naming.child(plan.name, "users"), members)]


def _alarms(plan: Plan, node: int) -> list[Aws]:
    """Alarms of one node. ElastiCache numbers the nodes of a replication group from 001 on.

    A cache that may throw any key away is full as a rule: then only how much it throws away says that it is too small.
    """
    name, eviction = plan.name, plan.spec.eviction
    here = {"CacheClusterId": Ref(name, "replicationGroupId", f"-{node:03}")}

    def watch(role: str, metric: str, above: int, meaning: str, statistic: str = "Average") -> Aws:
        child, said = naming.child(name, f"{role}-{node}"), f"node {node} of cache {name} {meaning}"
        return alarm(
            child, plan.context, metric=("AWS/ElastiCache", metric), above=above, meaning=said, statistic=statistic, dimensions=here
        )

    found = [watch("cpu-is-busy", "EngineCPUUtilization", BUSY_PERCENT, f"uses more than {BUSY_PERCENT} percent of its CPU")]
    if not eviction.startswith("allkeys"):
        found.append(watch("memory-is-full", "DatabaseMemoryUsagePercentage", FULL_PERCENT, f"is more than {FULL_PERCENT} percent full"))
    if eviction != "noeviction":
        found.append(watch("evicts-much", "Evictions", EVICTIONS, f"throws away more than {EVICTIONS} entries a minute", "Sum"))
    return found
