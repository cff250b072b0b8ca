"""Where policy documents stand in resources of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from idp_components.rules.aws.aws_rule import Check
from idp_components.rules.aws.policy_document import Document, Statement, document
from idp_components.rules.field import Field, Problem
from idp_components.rules.model import Options, Resource

IDENTITY: Mapping[str, str] = {
    "iam/Policy": "policy",
    "iam/RolePolicy": "policy",
    "iam/UserPolicy": "policy",
    "iam/GroupPolicy": "policy",
    "iam/Role": "inlinePolicies",
    "ssoadmin/PermissionSetInlinePolicy": "inlinePolicy",
}
"""Kinds whose documents say what somebody may do."""

TRUST: Mapping[str, str] = {"iam/Role": "assumeRolePolicy"}
"""Kinds whose documents say who may become somebody."""

OWN: Mapping[str, str] = {
    "acmpca/Policy": "policy",
    "apigateway/RestApi": "policy",
    "apigateway/RestApiPolicy": "policy",
    "backup/VaultPolicy": "policy",
    "cloudwatch/EventBusPolicy": "policy",
    "cloudwatch/LogDestinationPolicy": "accessPolicy",
    "cloudwatch/LogResourcePolicy": "policyDocument",
    "codeartifact/DomainPermissions": "policyDocument",
    "codeartifact/RepositoryPermissionsPolicy": "policyDocument",
    "codebuild/ResourcePolicy": "policy",
    "dynamodb/ResourcePolicy": "policy",
    "ecr/RegistryPolicy": "policy",
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
    "kms/ReplicaKey": "policy",
    "msk/ClusterPolicy": "policy",
    "networkfirewall/ResourcePolicy": "policy",
    "opensearch/Domain": "accessPolicies",
    "opensearch/DomainPolicy": "accessPolicies",
    "redshift/ResourcePolicy": "policy",
    "s3/AccessPoint": "policy",
    "s3/Bucket": "policy",
    "s3/BucketPolicy": "policy",
    "s3control/AccessPointPolicy": "policy",
    "s3control/BucketPolicy": "policy",
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
}
"""Kinds with a document of their own that says who may use them."""

ANY = tuple(dict.fromkeys((*IDENTITY, *TRUST, *OWN)))
GRANTING = tuple(dict.fromkeys((*TRUST, *OWN)))
"""Kinds whose documents name principals."""


def documents(resource: Resource, *places: Mapping[str, str]) -> Iterator[Document]:
    """The documents of a resource in some of the tables above."""
    for each in places:
        if name := each.get(resource.aws):
            for field in _holders(resource.root.get(name)):
                if found := document(field):
                    yield found


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
