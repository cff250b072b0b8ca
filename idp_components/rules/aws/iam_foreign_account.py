"""The rule that only our own accounts are let in, by policy documents and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.iam_principal import is_anybody
from idp_components.rules.aws.policy_document import Statement, account_of
from idp_components.rules.aws.policy_places import GRANTING, OWN, PRINCIPALS, TRUST, documents, principals, unknown
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity

FOREIGN = "belongs to an account that is not ours; name one of our own"
CALLER_KEYS = frozenset(
    {"aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "kms:calleraccount"}
)
"""Those that name the account of who comes, or of what sends a service."""
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
    served = any(kind == "Service" for kind, _ in statement.principals)
    if served or any(is_anybody(caller.value) for caller in callers):
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

RULES = (foreign_account,)
