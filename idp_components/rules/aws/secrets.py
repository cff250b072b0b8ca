"""Rules about how secrets are kept."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.aws.setting import own_key
from idp_components.rules.aws.stack_rule import aws_stack_rule
from idp_components.rules.credential_name import is_secret_name
from idp_components.rules.credential_text import is_credential
from idp_components.rules.expect import may_be_unset_or_true, must_be_at_least
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.links import companions, judged
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.values import number

ROTATION_DAYS = 90
"""Days (FSBP, SecretsManager.4)."""
RECOVERY_DAYS = 7
"""The least that Secrets Manager takes, besides deleting at once."""


@aws_rule(
    "aws-ssm-secure-string",
    "ssm/Parameter",
    title="A secret in the Parameter Store is a SecureString.",
    severity=Severity.HIGH,
    rationale="A String is readable for everybody who may read parameters, and every version of it is kept.",
    fix="Set type to SecureString, and take the value from a secret of the config.",
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-securestring.html",
    framework=None,
)
def ssm_secure_string(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind, name, value = resource.root.get("type"), resource.root.get("name"), resource.root.get("value")
    if value.value is None:
        value = resource.root.get("insecureValue")
    named = next((text for text in (name.value, resource.name) if isinstance(text, str) and text), "")
    by_value = is_credential("", value.value)
    # A name that isn't known yet may turn out to be one of a secret, and an unknown value to say where the secret lies.
    by_name = is_secret_name("password" if name.value is UNKNOWN else _of_one(named))
    no_secret = value.value not in (None, UNKNOWN) and not is_credential("password", value.value)
    if kind.value != "SecureString" and (by_value or (by_name and not no_secret)):
        yield kind.problem("keeps a secret readable; set it to SecureString", *(() if by_value else (name, value)))


def _of_one(path: str) -> str:
    """The name of a parameter that lies in a folder of secrets, as the name of one: `/shop/secrets/stripe`."""
    return path.replace("s/", "/")


@aws_stack_rule(
    "aws-secretsmanager-rotation",
    title="A secret is changed regularly.",
    severity=Severity.LOW,
    rationale="A secret that never changes is known to everybody who ever saw it.",
    fix="Use a Database with a managed master password; otherwise add a SecretRotation.",
    **fsbp("SecretsManager.1", "SecretsManager.4"),
)
def rotation(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for secret in stack.of("secretsmanager/Secret"):
        found = companions(stack, secret, ("secretsmanager/SecretRotation",), "secretId")
        yield from judged(secret, found, _is_on, "never changes; add a SecretRotation")


def _is_on(change: Resource) -> Iterator[Problem]:
    yield from may_be_unset_or_true(change.root.get("rotationEnabled"))
    days = change.root.get("rotationRules", "automaticallyAfterDays")
    if days.value is UNKNOWN or (number(days.value) or 0) > ROTATION_DAYS:
        yield days.problem(f"is over {ROTATION_DAYS}; set it to {ROTATION_DAYS} or less")


@aws_rule(
    "aws-secretsmanager-key",
    "secretsmanager/Secret",
    title="A secret is encrypted with a key of one's own.",
    severity=Severity.LOW,
    rationale="With AWS' own key, everybody who may read secrets can decrypt them, and no other account can be let in.",
    fix="Set kmsKeyId, also for each of the replicas.",
    source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
    framework=None,
)
def secret_key(resource: Resource, _options: Options) -> Iterator[Problem]:
    for copy in (resource.root, *resource.root.get("replicas").items()):
        yield from own_key(copy.get("kmsKeyId"))


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


RULES = (ssm_secure_string, rotation, secret_key, recovery)
