"""Where policy documents stand in resources of AWS, and principals without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from idp_components.rules.aws.aws_rule import Check
from idp_components.rules.aws.policy_document import Document, Statement, document
from idp_components.rules.field import Field, Problem
from idp_components.rules.model import Options, Resource
from idp_components.rules.values import one_or_many

IDENTITY: Mapping[str, str] = {
    "iam/Policy": "policy",
    "iam/RolePolicy": "policy",
    "iam/UserPolicy": "policy",
    "iam/GroupPolicy": "policy",
    "iam/Role": "inlinePolicies",
    "iot/Policy": "policy",
    "ssoadmin/PermissionSetInlinePolicy": "inlinePolicy",
}
"""Kinds whose documents say what somebody may do."""

TRUST: Mapping[str, str] = {"iam/Role": "assumeRolePolicy"}
"""Kinds whose documents say who may become somebody."""

OWN: Mapping[str, str] = {
    "acmpca/Policy": "policy",
    "amp/ResourcePolicy": "policyDocument",
    "apigateway/DomainName": "policy",
    "apigateway/RestApi": "policy",
    "apigateway/RestApiPolicy": "policy",
    "backup/VaultPolicy": "policy",
    "bedrock/AgentcoreResourcePolicy": "policy",
    "cloudsearch/DomainServiceAccessPolicy": "accessPolicy",
    "cloudwatch/EventBusPolicy": "policy",
    "cloudwatch/LogDeliveryDestinationPolicy": "deliveryDestinationPolicy",
    "cloudwatch/LogDestinationPolicy": "accessPolicy",
    "cloudwatch/LogResourcePolicy": "policyDocument",
    "codeartifact/DomainPermissions": "policyDocument",
    "codeartifact/RepositoryPermissionsPolicy": "policyDocument",
    "codebuild/ResourcePolicy": "policy",
    "dsql/ClusterPolicy": "policy",
    "dynamodb/ResourcePolicy": "policy",
    "ecr/RegistryPolicy": "policy",
    "ecr/RepositoryCreationTemplate": "repositoryPolicy",
    "ecr/RepositoryPolicy": "policy",
    "ecrpublic/RepositoryPolicy": "policy",
    "efs/FileSystemPolicy": "policy",
    "elasticsearch/Domain": "accessPolicies",
    "elasticsearch/DomainPolicy": "accessPolicies",
    "glacier/Vault": "accessPolicy",
    "glacier/VaultLock": "policy",
    "glue/ResourcePolicy": "policy",
    "kinesis/ResourcePolicy": "policy",
    "kms/ExternalKey": "policy",
    "kms/Key": "policy",
    "kms/KeyPolicy": "policy",
    "kms/ReplicaExternalKey": "policy",
    "kms/ReplicaKey": "policy",
    "lambda/ResourcePolicy": "policy",
    "mediastore/ContainerPolicy": "policy",
    "msk/ClusterPolicy": "policy",
    "networkfirewall/ResourcePolicy": "policy",
    "oam/SinkPolicy": "policy",
    "opensearch/Domain": "accessPolicies",
    "opensearch/DomainPolicy": "accessPolicies",
    "opensearchingest/ResourcePolicy": "policy",
    "pinpoint/Smsvoicev2ResourcePolicy": "policy",
    "redshift/ResourcePolicy": "policy",
    "redshiftserverless/ResourcePolicy": "policy",
    "s3/AccessPoint": "policy",
    "s3/Bucket": "policy",
    "s3/BucketPolicy": "policy",
    "s3/FilesFileSystemPolicy": "policy",
    "s3/VectorsVectorBucketPolicy": "policy",
    "s3control/AccessGrantsInstanceResourcePolicy": "policy",
    "s3control/AccessPointPolicy": "policy",
    "s3control/BucketPolicy": "policy",
    "s3control/MultiRegionAccessPointPolicy": "details.policy",
    "s3control/ObjectLambdaAccessPointPolicy": "policy",
    "s3tables/TableBucketPolicy": "resourcePolicy",
    "s3tables/TablePolicy": "resourcePolicy",
    "sagemaker/ModelPackageGroupPolicy": "resourcePolicy",
    "schemas/RegistryPolicy": "policy",
    "secretsmanager/Secret": "policy",
    "secretsmanager/SecretPolicy": "policy",
    "ses/IdentityPolicy": "policy",
    "sesv2/EmailIdentityPolicy": "policy",
    "sns/Topic": "policy",
    "sns/TopicPolicy": "policy",
    "sqs/Queue": "policy",
    "sqs/QueuePolicy": "policy",
    "vpclattice/AuthPolicy": "policy",
    "vpclattice/ResourcePolicy": "policy",
    "xray/ResourcePolicy": "policyDocument",
}
"""Kinds with a document of their own that says who may use them."""

PRINCIPALS: Mapping[str, str] = {
    "cfg/AggregateAuthorization": "accountId",
    "cloudwatch/EventPermission": "principal",
    "ec2/AmiLaunchPermission": "accountId",
    "ec2/NetworkInterfacePermission": "awsAccountId",
    "ec2/SnapshotCreateVolumePermission": "accountId",
    "ec2/VpcEndpointService": "allowedPrincipals",
    "ec2/VpcEndpointServiceAllowedPrinciple": "principalArn",
    "eks/AccessEntry": "principalArn",
    "globalaccelerator/CrossAccountAttachment": "principals",
    "kms/Grant": "granteePrincipal",
    "lakeformation/Permissions": "principal",
    "lambda/LayerVersionPermission": "principal",
    "lambda/Permission": "principal",
    "opensearch/AuthorizeVpcEndpointAccess": "account",
    "ram/PrincipalAssociation": "principal",
    "ram/ResourceShareAssociationsExclusive": "principals",
    "rds/ClusterSnapshot": "sharedAccounts",
    "rds/ClusterSnapshotCopy": "sharedAccounts",
    "rds/Snapshot": "sharedAccounts",
    "rds/SnapshotCopy": "sharedAccounts",
    "redshift/DataShareAuthorization": "consumerIdentifier",
    "redshift/EndpointAuthorization": "account",
    "s3control/AccessGrant": "grantee.granteeIdentifier",
    "servicecatalog/PortfolioShare": "principalId",
    "signer/SigningProfilePermission": "principal",
}
"""Kinds that say without a document who is let in."""

ANY = tuple(dict.fromkeys((*IDENTITY, *TRUST, *OWN)))
GRANTING = tuple(dict.fromkeys((*TRUST, *OWN)))
"""Kinds whose documents name principals."""


def documents(resource: Resource, *places: Mapping[str, str]) -> Iterator[Document]:
    """The documents of a resource in some of the tables above."""
    for each in places:
        if name := each.get(resource.aws):
            for field in _holders(resource.root.get(*name.split("."))):
                if found := document(field):
                    yield found


def principals(resource: Resource) -> list[Field]:
    """Who is let in without a document: accounts, ARNs, services."""
    name = PRINCIPALS.get(resource.aws)
    return list(one_or_many(resource.root.get(*name.split(".")))) if name else []


def _holders(field: Field) -> Iterator[Field]:
    """A role holds its inline policies in a list of `{name, policy}`."""
    if isinstance(field.value, list):
        for item in field.items():
            yield item.get("policy")
    else:
        yield field


def unknown(resource: Resource, *places: Mapping[str, str]) -> Iterator[Problem]:
    """For every rule about documents: those that only exist after the update can't be judged."""
    for found in documents(resource, *places):
        for field in found.unknown:
            yield field.problem("is unknown")


def each_grant(*places: Mapping[str, str]) -> Callable[[Callable[[Statement], Iterator[Problem]]], Check]:
    """Makes a check of resources from one of granting statements, which it sees with every document of these places."""

    def over(judge: Callable[[Statement], Iterator[Problem]]) -> Check:
        def check(resource: Resource, _options: Options) -> Iterator[Problem]:
            yield from unknown(resource, *places)
            for found in documents(resource, *places):
                for statement in found.grants:
                    yield from judge(statement)

        return check

    return over
