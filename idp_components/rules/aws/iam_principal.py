"""Rules about principals: who may take a role, and who may use a resource by its own policy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.policy_document import LIKE, Condition, Statement, account_of, all_wild
from idp_components.rules.aws.policy_places import GRANTING, OWN, PRINCIPALS, TRUST, documents, each_grant, principals, unknown
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_false

PRINCIPAL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
FOREIGN = "belongs to an account that is not ours; name one of our own"
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
CALLER_KEYS = frozenset({"aws:principalaccount", "aws:principalarn", "kms:calleraccount"})
"""Those that name the account of who comes."""
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
LOAD_BALANCERS: Mapping[str, str] = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "cn-north-1": "638102146993",
    "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-gov-east-1": "190560391635",
    "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""Accounts of AWS from which load balancers write their logs, by region (ELB, "Enable access logs"); later regions have a service."""
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
def public_principal(resource: Resource, options: Options) -> Iterator[Problem]:
    yield from _public_in_documents(resource, options)
    narrowing = LET_IN_UNLESS.get(resource.aws)
    unless = resource.root.get(narrowing) if narrowing else None
    if unless and (unless.value is UNKNOWN or not is_set(unless) or is_false(unless.value)):
        for principal in principals(resource):
            if principal.value is UNKNOWN or _is_anybody(principal.value):
                yield principal.problem(f"lets in everybody; name accounts or roles, or set {narrowing}", unless)


@each_grant(TRUST, OWN)
def _public_in_documents(statement: Statement) -> Iterator[Problem]:
    if _narrowed(statement):
        return
    if statement.not_principal.value is not None:
        yield statement.not_principal.problem("with Allow lets in everybody else; name who is let in", *statement.undecided)
    for kind, principal in statement.principals:
        if kind != "Service" and (_is_anybody(principal.value) or principal.value is UNKNOWN):
            yield principal.problem(
                "lets in everybody; name accounts or roles, or add a condition such as aws:PrincipalOrgID", *statement.undecided
            )
        elif kind == "Service" and _is_anybody(principal.value):
            yield principal.problem("lets in every service of AWS; name one", *statement.undecided)


def _is_anybody(principal: object) -> bool:
    """`*`, and an ARN whose account is a pattern."""
    if not isinstance(principal, str):
        return False
    parts = principal.split(":", 5)
    return all_wild(parts[4]) if len(parts) == 6 else "*" in principal


def _narrowed(statement: Statement) -> bool:
    return any(narrows(condition) for condition in statement.conditions)


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


def _check_foreign(resource: Resource, options: Options) -> Iterator[Problem]:
    yield from unknown(resource, TRUST, OWN)
    allowed = set(options.get("accounts", ()))
    for found in documents(resource, TRUST, OWN):
        for statement in found.grants:
            ours = (*statement.resources, resource.root.get("permissionsBoundary"))
            known = allowed or {account for each in ours if (account := account_of(each.value))}
            unknown_ones = [] if allowed else [each for each in ours if each.value is UNKNOWN]
            if known or unknown_ones:
                for principal in _foreign(statement, known):
                    yield principal.problem(FOREIGN, *unknown_ones, *statement.undecided)
    for principal in principals(resource) if allowed else ():
        if _is_foreign(principal, allowed):
            yield principal.problem(FOREIGN)


def _foreign(statement: Statement, known: set[str]) -> Iterator[Field]:
    """Who comes from another account, or may: principals, and where anybody is one, those whom the conditions name."""
    callers = [principal for kind, principal in statement.principals if kind in ("AWS", "")]
    if any(_is_anybody(caller.value) for caller in callers):
        yield from (entry for entry in statement.condition.entries() if entry.value is UNKNOWN)
        named = (condition for condition in statement.conditions if condition.key in CALLER_KEYS and condition.demands)
        callers += [value for condition in named for value in condition.values]
    yield from (caller for caller in callers if _is_foreign(caller, known))
    yield from (principal for kind, principal in statement.principals if kind == "CanonicalUser")


def _is_foreign(principal: Field, known: set[str]) -> bool:
    """Whether a principal is of an account that isn't known as ours, or may be. An organisation isn't of the one that manages it."""
    account = account_of(principal.value)
    foreign = account not in ("", *known, *LOAD_BALANCERS.values()) and ":organizations:" not in str(principal.value)
    return foreign or principal.value is UNKNOWN


foreign_account = aws_rule(
    "aws-iam-foreign-account",
    *GRANTING,
    *PRINCIPALS,
    title="Only our own accounts are let in.",
    severity=Severity.HIGH,
    rationale="What another account does with a role or a resource of ours, nobody here sees or stops.",
    fix="Remove the principal, or have the platform team add the account to the rule's accounts.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html",
    framework=None,
    options={
        "accounts": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": 'Our accounts, for example ["123456789012"]; empty goes by the ARNs of resources and of the boundary, '
            "and judges nothing that has no policy document.",
        }
    },
)(_check_foreign)


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
        served = kind == "Service" and _service(principal) not in INSTANCES and not _is_anybody(principal.value)
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


RULES = (public_principal, foreign_account, service_source)
