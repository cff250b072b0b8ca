"""ElastiCache: caches, where they stand, how they are set, and who may log in."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State, Tagging

TAGS = Tagging(Call("AddTagsToResource"), Call("RemoveTagsFromResource"), Call("ListTagsForResource", answer="TagList"))


def _leave(api: Caller, old: State, state: State) -> None:
    """Users that a group lost; those that it gained went with the change itself."""
    gone = [user for user in old.get("userIds") or [] if user not in state.get("userIds", [])]
    if gone:
        api.call("elasticache", "ModifyUserGroup", UserGroupId=state["userGroupId"], UserIdsToRemove=gone)


KINDS = {
    "aws:elasticache/replicationGroup:ReplicationGroup": Kind(
        "elasticache",
        Call("CreateReplicationGroup", answer="ReplicationGroup"),
        (Call("DescribeReplicationGroups", answer="ReplicationGroups[0]"),),
        Call("DeleteReplicationGroup"),
        update=(Call("ModifyReplicationGroup", {"ApplyImmediately": True}),),
        identity=("replicationGroupId",),
        members={
            "description": "ReplicationGroupDescription",
            "nodeType": "CacheNodeType",
            "parameterGroupName": "CacheParameterGroupName",
            "subnetGroupName": "CacheSubnetGroupName",
            "multiAzEnabled": "MultiAZEnabled",
            "maintenanceWindow": "PreferredMaintenanceWindow",
        },
        keys={"ResourceName": "arn"},
        outputs={
            "arn": "ARN",
            "description": "Description",
            "status": "Status",
            "automaticFailoverEnabled": "AutomaticFailover && AutomaticFailover == 'enabled'",
            "multiAzEnabled": "MultiAZ && MultiAZ == 'enabled'",
            "memberClusters": "MemberClusters",
            "primaryEndpointAddress": "NodeGroups[0].PrimaryEndpoint.Address",
            "readerEndpointAddress": "NodeGroups[0].ReaderEndpoint.Address",
            "configurationEndpointAddress": "ConfigurationEndpoint.Address",
            "port": "NodeGroups[0].PrimaryEndpoint.Port",
        },
        local={"applyImmediately": False, "finalSnapshotIdentifier": None},
        hidden=frozenset(
            {"engine", "engineVersion", "subnetGroupName", "parameterGroupName", "securityGroupIds", "numCacheClusters", "port"}
        ),
        secret=frozenset({"authToken"}),
        named="replicationGroupId",
        lowercase_names=True,
        tags=TAGS,
        ready="status == 'available'",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Kind(
        "elasticache",
        Call("CreateCacheSubnetGroup", answer="CacheSubnetGroup"),
        (Call("DescribeCacheSubnetGroups", answer="CacheSubnetGroups[0]"),),
        Call("DeleteCacheSubnetGroup"),
        update=(Call("ModifyCacheSubnetGroup"),),
        members={"name": "CacheSubnetGroupName", "description": "CacheSubnetGroupDescription"},
        keys={"ResourceName": "arn"},
        outputs={"arn": "ARN", "subnetIds": "Subnets[].SubnetIdentifier", "vpcId": "VpcId"},
        defaults={"description": "Managed by Pulumi"},
        named="name",
        lowercase_names=True,
        tags=TAGS,
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Kind(
        "elasticache",
        Call("CreateCacheParameterGroup", answer="CacheParameterGroup"),
        (
            Call("DescribeCacheParameterGroups", answer="CacheParameterGroups[0]"),
            Call("DescribeCacheParameters", {"Source": "user"}, answer="{Parameters: Parameters}"),
        ),
        Call("DeleteCacheParameterGroup"),
        update=(Call("ModifyCacheParameterGroup"),),
        members={
            "name": "CacheParameterGroupName",
            "family": "CacheParameterGroupFamily",
            "parameters": "ParameterNameValues",
            "parameters.name": "ParameterName",
            "parameters.value": "ParameterValue",
        },
        keys={"ResourceName": "arn"},
        outputs={"arn": "ARN", "parameters": "Parameters"},
        defaults={"description": "Managed by Pulumi"},
        named="name",
        lowercase_names=True,
        tags=TAGS,
    ),
    "aws:elasticache/user:User": Kind(
        "elasticache",
        Call("CreateUser"),
        (Call("DescribeUsers", answer="Users[?Status != 'deleting'] | [0]"),),
        Call("DeleteUser"),
        update=(Call("ModifyUser"),),
        identity=("userId",),
        keys={"ResourceName": "arn"},
        outputs={"arn": "ARN"},
        hidden=frozenset({"noPasswordRequired"}),
        secret=frozenset({"authenticationMode", "passwords"}),
        tags=TAGS,
    ),
    "aws:elasticache/userGroup:UserGroup": Kind(
        "elasticache",
        Call("CreateUserGroup"),
        (Call("DescribeUserGroups", answer="UserGroups[0]"),),
        Call("DeleteUserGroup"),
        update=(Call("ModifyUserGroup"),),
        identity=("userGroupId",),
        keys={"ResourceName": "arn", "UserIdsToAdd": "userIds", "UserIdsToRemove": "former"},  # no such property: see `_leave`
        outputs={"arn": "ARN"},
        tags=TAGS,
        after=_leave,
    ),
}
