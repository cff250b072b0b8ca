"""RDS: databases."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Kind, Tagging

RDS_TAGS = Tagging(Call("AddTagsToResource"), Call("RemoveTagsFromResource"), Call("ListTagsForResource", answer="TagList"))
RDS_MEMBERS = {
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "dbName": "DBName",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "parameterGroupName": "DBParameterGroupName",
    "username": "MasterUsername",
    "password": "MasterUserPassword",
    "multiAz": "MultiAZ",
    "caCertIdentifier": "CACertificateIdentifier",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "finalSnapshotIdentifier": "FinalDBSnapshotIdentifier",
    "replicateSourceDb": "SourceDBInstanceIdentifier",
    "snapshotIdentifier": "DBSnapshotIdentifier",
}
KINDS = {
    "aws:rds/instance:Instance": Kind(
        "rds",
        Call("CreateDBInstance", answer="DBInstance"),
        (Call("DescribeDBInstances", answer="DBInstances[0]"),),
        Call("DeleteDBInstance"),
        creates={
            "replicateSourceDb": Call("CreateDBInstanceReadReplica", answer="DBInstance"),
            "snapshotIdentifier": Call("RestoreDBInstanceFromDBSnapshot", answer="DBInstance"),
        },
        update=(Call("ModifyDBInstance", {"ApplyImmediately": True}),),
        identity=("identifier",),
        members=RDS_MEMBERS,
        keys={"ResourceName": "arn"},
        outputs={
            "arn": "DBInstanceArn",
            "resourceId": "DbiResourceId",
            "address": "Endpoint.Address",
            "port": "Endpoint.Port",
            "hostedZoneId": "Endpoint.HostedZoneId",
            "status": "DBInstanceStatus",
            "availabilityZone": "AvailabilityZone",
            "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
            "parameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
            "vpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
            "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
            "enabledCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
            "masterUserSecrets": "MasterUserSecret && [MasterUserSecret]",
        },
        composed={"endpoint": "{address}:{port}"},
        local={"applyImmediately": False, "blueGreenUpdate": None},
        defaults={"skipFinalSnapshot": False},
        hidden=frozenset(
            {
                "skipFinalSnapshot",
                "finalSnapshotIdentifier",
                "deleteAutomatedBackups",
                "manageMasterUserPassword",
                "replicateSourceDb",
                "snapshotIdentifier",
                "performanceInsightsEnabled",  # AWS shows these two, moto doesn't
                "performanceInsightsKmsKeyId",
            }
        ),
        fixed=frozenset({"engine", "username", "dbSubnetGroupName", "storageEncrypted", "kmsKeyId", "dbName"}),
        secret=frozenset({"password"}),
        named="identifier",
        lowercase_names=True,
        tags=RDS_TAGS,
        ready="status == 'available'",
    ),
    "aws:rds/subnetGroup:SubnetGroup": Kind(
        "rds",
        Call("CreateDBSubnetGroup", answer="DBSubnetGroup"),
        (Call("DescribeDBSubnetGroups", answer="DBSubnetGroups[0]"),),
        Call("DeleteDBSubnetGroup"),
        update=(),  # moto loses the group that it modifies: a change replaces
        members={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
        keys={"ResourceName": "arn"},
        outputs={"arn": "DBSubnetGroupArn", "subnetIds": "Subnets[].SubnetIdentifier", "vpcId": "VpcId"},
        defaults={"description": "Managed by Pulumi"},
        named="name",
        lowercase_names=True,
        tags=RDS_TAGS,
    ),
    "aws:rds/parameterGroup:ParameterGroup": Kind(
        "rds",
        Call("CreateDBParameterGroup", answer="DBParameterGroup"),
        (
            Call("DescribeDBParameterGroups", answer="DBParameterGroups[0]"),
            Call("DescribeDBParameters", {"Source": "user"}, answer="{Parameters: Parameters}"),
        ),
        Call("DeleteDBParameterGroup"),
        update=(Call("ModifyDBParameterGroup"),),
        members={
            "name": "DBParameterGroupName",
            "family": "DBParameterGroupFamily",
            "parameters.name": "ParameterName",
            "parameters.value": "ParameterValue",
        },
        keys={"ResourceName": "arn"},
        outputs={"arn": "DBParameterGroupArn"},
        defaults={"description": "Managed by Pulumi"},
        named="name",
        lowercase_names=True,
        tags=RDS_TAGS,
    ),
}
