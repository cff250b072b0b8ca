"""Rules about secrets: where they stand, and how they are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.expect import must_be_at_least, must_be_set
from idp_components.rules.field import UNKNOWN, Problem, SecretText
from idp_components.rules.links import companions
from idp_components.rules.model import Options, Resource, Severity, Stack

SECRETS: dict[str, tuple[tuple[str, ...], ...]] = {
    "rds/Instance": (("password",), ("passwordWo",)),
    "rds/Cluster": (("masterPassword",), ("masterPasswordWo",)),
    "docdb/Cluster": (("masterPassword",), ("masterPasswordWo",)),
    "redshift/Cluster": (("masterPassword",), ("masterPasswordWo",)),
    "redshiftserverless/Namespace": (("adminUserPassword",),),
    "elasticache/ReplicationGroup": (("authToken",),),
    "elasticache/User": (("passwords",), ("authenticationMode", "passwords")),
    "memorydb/User": (("authenticationMode", "passwords"),),
    "opensearch/Domain": (("advancedSecurityOptions", "masterUserOptions", "masterUserPassword"),),
    "secretsmanager/SecretVersion": (("secretString",), ("secretBinary",), ("secretStringWo",)),
    "dms/Endpoint": (("password",),),
    "directoryservice/Directory": (("password",),),
}
"""Properties that hold a password, by kind."""
SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|(api|access|private|signing|encryption|master)[-_/.]?key|connection[-_/.]?string",
    re.IGNORECASE,
)
RECOVERY_DAYS = 7
"""The least that Secrets Manager takes, besides deleting at once."""


@aws_rule(
    "aws-plain-secret",
    *SECRETS,
    title="No password stands in a program as plain text.",
    severity=Severity.CRITICAL,
    rationale="It is in the repository, in the stack's state and in every log of an update, for everybody who reads them.",
    fix="Use a Database or a Cache, which make their passwords; otherwise set manageMasterUserPassword or take a secret of the config.",
    source="https://www.pulumi.com/docs/iac/concepts/secrets/",
    framework=None,
)
def plain_secret(resource: Resource, _options: Options) -> Iterator[Problem]:
    for keys in SECRETS[resource.aws]:
        held = resource.root.get(*keys)
        for value in held.items() if isinstance(held.value, list) else [held]:
            # What is only known after the update was made by something, and stands in no program.
            if isinstance(value.value, str) and value.value and not isinstance(value.value, SecretText):
                yield value.problem("is plain text; make it a secret of Pulumi, or let AWS manage it")


@aws_rule(
    "aws-ssm-secure-string",
    "ssm/Parameter",
    title="A secret in the Parameter Store is a SecureString.",
    severity=Severity.HIGH,
    rationale="A String is readable for everybody who may read parameters, and every version of it is kept.",
    fix="Set type to SecureString.",
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-securestring.html",
    framework=None,
)
def ssm_secure_string(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind, name, value = resource.root.get("type"), resource.root.get("name"), resource.root.get("value")
    named = next((text for text in (name.value, resource.name) if isinstance(text, str) and text), "")
    is_secret = isinstance(value.value, SecretText) or SECRET_NAME.search(named)
    if kind.value != "SecureString" and (is_secret or name.value is UNKNOWN):
        yield kind.problem("keeps a secret readable; set it to SecureString", *(() if is_secret else (name,)))


@aws_stack_rule(
    "aws-secretsmanager-rotation",
    title="A secret is changed regularly.",
    severity=Severity.LOW,
    rationale="A secret that never changes is known to everybody who ever saw it.",
    fix="Use a Database with a managed master password; otherwise add a SecretRotation.",
    **fsbp("SecretsManager.1"),
)
def rotation(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for secret in stack.of("secretsmanager/Secret"):
        found = companions(stack, secret, ("secretsmanager/SecretRotation",), "secretId")
        if not found.certain:
            yield secret, secret.root.problem("never changes; add a SecretRotation", *found.possible)


@aws_rule(
    "aws-secretsmanager-key",
    "secretsmanager/Secret",
    title="A secret is encrypted with a key of one's own.",
    severity=Severity.LOW,
    rationale="With AWS' own key, everybody who may read secrets can decrypt them, and no other account can be let in.",
    fix="Set kmsKeyId.",
    source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
    framework=None,
)
def secret_key(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_set(resource.root.get("kmsKeyId"), "name a key of KMS")


@aws_rule(
    "aws-secretsmanager-recovery",
    "secretsmanager/Secret",
    title="A deleted secret can be brought back for a while.",
    severity=Severity.MEDIUM,
    rationale="Whoever still needs the secret says so only after it is gone.",
    fix="Remove recoveryWindowInDays (30 days), or set it to 7 or more.",
    source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
    framework=None,
)
def recovery(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from must_be_at_least(resource.root.get("recoveryWindowInDays"), RECOVERY_DAYS, 30)


RULES = (plain_secret, ssm_secure_string, rotation, secret_key, recovery)
