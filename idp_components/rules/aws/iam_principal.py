"""Rules about principals: who may take a role, and who may use a resource by its own policy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.policy_document import LIKE, Condition, Statement, account_of, all_wild, covers
from idp_components.rules.aws.policy_places import GRANTING, OWN, TRUST, documents, each_grant, principals, unknown
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false

PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
DEPUTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"

BY_ARN = frozenset({"aws:sourcearn", "aws:sourcevpcarn", "aws:principalarn", "s3:dataaccesspointarn", "lambda:sourcefunctionarn"})
BY_NAME = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
    }
)
"""Keys that say whose request it is. What a request can make up (referer, user agent) or who only passes it on isn't among them."""
BY_TRUTH = frozenset({"aws:principalisawsservice", "elasticfilesystem:accessedviamounttarget"})
SOURCE_KEYS = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "lambda:sourcefunctionarn"}
)
INSTANCES = frozenset(
    {
        "ec2",
        "edgelambda",
        "eks",
        "eks-fargate-pods",
        "eks-nodegroup",
        "lambda",
        "pods.eks",
        "spotfleet",
        "ssm",
    }
)
"""Services that take a role only for what was made with it in its own account, where iam:PassRole guards it."""
LET_IN_UNLESS: Mapping[str, str] = {"cloudwatch/EventPermission": "condition", "ec2/VpcEndpointService": "acceptanceRequired"}
"""Kinds that let in everybody by the principal `*` alone, and the property that narrows it."""
SMALLEST_V4, SMALLEST_V6 = 8, 32
"""Prefix lengths below which S3 calls an address range public ("The meaning of public")."""


@aws_rule(
    "aws-iam-public-principal",
    *GRANTING,
    *LET_IN_UNLESS,
    title="No policy lets in everybody.",
    severity=Severity.CRITICAL,
    rationale="Principal * means every account of AWS, and for many services everybody on the internet.",
    fix="Let uses=[...] connect components. Otherwise name accounts, roles or services, or narrow by a condition that nobody can "
    "make up: aws:PrincipalOrgID, aws:SourceArn, aws:SourceAccount, aws:SourceVpce.",
    source=PRINCIPAL,
    framework=None,
    tags=("fsbp:S3.2", "fsbp:SQS.3", "fsbp:SNS.4", "fsbp:KMS.5"),
)
def public_principal(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from unknown(resource, TRUST, OWN)
    for found in documents(resource, TRUST, OWN):
        refusals = [statement for statement in found.statements if _is_for_strangers(statement)]
        for grant in found.grants:
            if not any(_refuses_strangers(refusal) and covers(refusal, grant) for refusal in refusals):
                others = [field for refusal in refusals if refusal is not grant for field in (*refusal.undecided, *_parts(refusal))]
                yield from _public(grant, *found.unknown, *others, *(_parts(grant) if others else ()))
    narrowing = LET_IN_UNLESS.get(resource.aws)
    unless = resource.root.get(narrowing) if narrowing else None
    if unless and (unless.value is UNKNOWN or not is_set(unless) or is_false(unless.value)):
        for principal in principals(resource):
            if principal.value is UNKNOWN or is_anybody(principal.value):
                yield principal.problem(f"lets in everybody; name accounts or roles, or set {narrowing}", unless)


def _public(statement: Statement, *decisive: Field) -> Iterator[Problem]:
    if any(narrows(condition) for condition in statement.conditions):
        return
    if statement.not_principal.value is not None:
        yield statement.not_principal.problem("with Allow lets in everybody else; name who is let in", *statement.undecided, *decisive)
    for kind, principal in statement.principals:
        if kind != "Service" and (is_anybody(principal.value) or principal.value is UNKNOWN):
            yield principal.problem(
                "lets in everybody; name accounts or roles, or add a condition such as aws:PrincipalOrgID", *statement.undecided, *decisive
            )
        elif kind == "Service" and is_anybody(principal.value):
            yield principal.problem("lets in every service of AWS; name one", *statement.undecided, *decisive)


def is_anybody(principal: object) -> bool:
    """`*`, and an ARN whose account is a pattern."""
    if not isinstance(principal, str):
        return False
    parts = principal.split(":", 5)
    return all_wild(parts[4]) if len(parts) == 6 else "*" in principal


def _is_for_strangers(refusal: Statement) -> bool:
    """Whether a statement is, or may be, a Deny that says by a negated condition who comes in all the same."""
    denies = not refusal.allows or refusal.effect.value is UNKNOWN
    negated = any("not" in condition.operator for condition in refusal.conditions)
    return denies and (negated or any(field.value is UNKNOWN for field in (refusal.condition, *refusal.condition.entries())))


def _refuses_strangers(refusal: Statement) -> bool:
    """Whether it surely is one, for everybody but known accounts, organisations or networks, as AWS writes it for private APIs."""
    everybody = not refusal.allows and any(is_anybody(principal.value) for _, principal in refusal.principals)
    conditions = [condition for condition in refusal.conditions if condition.key not in BY_TRUTH]
    twins = [replace(each, operator=each.operator.replace("not", "", 1), if_exists=False) for each in conditions if "not" in each.operator]
    return everybody and bool(conditions) and len(twins) == len(conditions) and all(narrows(twin) for twin in twins)


def _parts(statement: Statement) -> list[Field]:
    """What a statement is about, and whom."""
    return [*statement.actions, *statement.resources, *(principal for _, principal in statement.principals)]


def narrows(condition: Condition) -> bool:
    """Whether a condition really says who comes. An unknown value is for the caller to name as decisive."""
    if not condition.demands or any(value.value is UNKNOWN for value in condition.values):
        return False
    values = [value.value for value in condition.values]
    if condition.key in BY_TRUTH:
        return all(str(value).lower() == "true" for value in values)
    if condition.key in BY_ARN:
        return all(_is_one_arn(value) for value in values)
    if condition.key == "aws:sourceip":
        return all(_is_own_network(value) for value in values)
    if condition.key in BY_NAME:
        return not (condition.operator in LIKE and any(_is_cut_off(value) for value in values))
    return False


def _is_one_arn(value: object) -> bool:
    """Whether an ARN names an account, or a resource of a service whose ARNs have none (`arn:aws:s3:::logs`)."""
    parts = value.split(":", 5) if isinstance(value, str) else []
    return len(parts) == 6 and (bool(account_of(value)) or (parts[4] == "" and parts[5][:1] not in ("*", "?", "")))


def _is_cut_off(value: object) -> bool:
    """Whether a pattern leaves out part of an account, an organisation or a network; a wildcard may stand behind all of it."""
    return not isinstance(value, str) or bool(set(re.split("[/:]", value, maxsplit=1)[0]) & set("*?"))


def _is_own_network(value: object) -> bool:
    try:
        network = ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (SMALLEST_V4 if network.version == 4 else SMALLEST_V6)


@aws_rule(
    "aws-iam-service-source",
    *GRANTING,
    title="A service of AWS is let in for one source.",
    severity=Severity.LOW,
    rationale="A service works for every account: without aws:SourceArn or aws:SourceAccount, a stranger sends it here (confused deputy).",
    fix="Let a golden path connect them (Queue(subscribes=[...])); otherwise add the condition ArnEquals aws:SourceArn, "
    "or StringEquals aws:SourceAccount.",
    source=DEPUTY,
    framework=None,
)
@each_grant(TRUST, OWN)
def service_source(statement: Statement) -> Iterator[Problem]:
    if any(_says_source(condition) for condition in statement.conditions):
        return
    for kind, principal in statement.principals:
        served = kind == "Service" and _service(principal) not in INSTANCES and not is_anybody(principal.value)
        if served or (kind in ("Service", "") and principal.value is UNKNOWN):
            yield principal.problem(
                "may be sent by any account; add the condition aws:SourceArn or aws:SourceAccount", *statement.undecided
            )


def _says_source(condition: Condition) -> bool:
    # The services that log name what they log for in the context of the encryption.
    named = condition.key.startswith("kms:encryptioncontext:")
    return (narrows(condition) and condition.key in SOURCE_KEYS) or (condition.demands and named)


def _service(principal: Field) -> str:
    return str(principal.value).lower().removesuffix(".cn").removesuffix(".amazonaws.com") if isinstance(principal.value, str) else ""


RULES = (public_principal, service_source)
