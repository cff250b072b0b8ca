"""Rules about roles that are taken with tokens of an OIDC issuer: pipelines, and pods of EKS.

What the subjects look like: GitHub, "OpenID Connect reference"; GitLab, "OpenID Connect in AWS"; Bitbucket, "Deploy on AWS using
OpenID Connect"; CircleCI, "OpenID Connect tokens"; EKS, "IAM roles for service accounts"; HCP Terraform, "Dynamic credentials with the
AWS provider"; Buildkite, "OIDC with AWS"; Spacelift, "Integrate with AWS via OIDC"; Scalr, "AWS"; Vercel, "OIDC federation reference";
Pulumi, "Configure OpenID Connect for AWS"; Azure DevOps, "AWS Toolkit for Azure DevOps".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.policy_document import Condition, Statement
from idp_components.rules.aws.policy_places import TRUST, documents, unknown
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.regex import regex

WEB_IDENTITY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html"
PROVIDER = ":oidc-provider/"
APPLICATIONS = frozenset({"cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com"})
"""Issuers that AWS knows by itself; whoever signs in to the one application that the audience names is meant."""
AUDIENCES = ("aud", "app_id", "azp")
OTHER_SITES = frozenset({"sigstore", "pypi", "testpypi", "crates.io"})
OTHER_SITES_BEGIN = ("npm:", "api://azureadtokenexchange", "https://iam.googleapis.com/", "//iam.googleapis.com/")
"""Audiences, and how they begin, that other sites ask pipelines for: Sigstore, PyPI, crates.io; npm, the clouds of Azure, Google Cloud."""
SUBJECTS = ("sub", "repository", "repository_id", "job_workflow_ref")
"""Claims that say whose token it is; GitHub has more than one."""

LITERAL: Mapping[str, str] = {
    "github": r"repo:[^/:*?]+/[^/:*?]+:|repository_id:[0-9]+(:|$)|job_workflow_ref:[^/:*?]+/[^/:*?]+/",
    "gitlab": r"project_path:[^/:*?]+(/[^/:*?]+)+:",
    "bitbucket": r"\{?[0-9a-fA-F-]{36}\}?:",
    "circleci": r"org/[^/*?]+/project/[^/*?]+/",
    "eks": r"system:serviceaccount:[^:*?]+:",
    # A workspace's name is the only one of its organisation, and a stack's the only one of its account.
    "terraform": r"organization:[^:*?]+:project:([^:*?]+:|\*:workspace:[^:*?]+(:|$))",
    "buildkite": r"organization:[^:*?]+:pipeline:[^:*?]+:",
    "spacelift": r"space:([^:*?]+:|\*:(stack|module):[^:*?]+:)",
    "scalr": r"account:[^:*?]+:environment:[^:*?]+:",
    "vercel": r"owner:[^:*?]+:project:[^:*?]+:",
    "pulumi": r"pulumi:deploy:org:[^:*?]+:project:[^:*?]+:|pulumi:environments:[^:*?]+:[^:*?]+:[^:*?]+:[^:/*?]+[:/]",
    "azure-devops": r"sc://[^/*?]+/[^/*?]+/",
}
"""By issuer, what a subject must say: the repository, the project, the namespace, to its end."""
SAYS_KIND = regex(r"repo:|project_path:|org/|system:|organization:|space:|account:|owner:|pulumi:|sc:")
"""How the subjects above begin, which other issuers give out too: a GitLab of one's own, a cluster elsewhere."""
NAMES_REPOSITORY = regex(r"(?:^|:)(?:repo|repository|repository_id|job_workflow_ref):", re.IGNORECASE)
"""What a whole subject of GitHub has somewhere. Each repository chooses which claims make its own, and `environment:production` may
be that of any; a colon inside of a claim is escaped."""
ANY_ISSUER = regex("|".join(LITERAL.values()))
EXAMPLE: Mapping[str, str] = {
    "github": "repo:acme/app:ref:refs/heads/main",
    "gitlab": "project_path:acme/app:ref_type:branch:ref:main",
    "bitbucket": "{repository-uuid}:{environment-uuid}:*",
    "circleci": "org/ORG_ID/project/PROJECT_ID/user/*",
    "eks": "system:serviceaccount:shop-dev:cart",
    "terraform": "organization:acme:project:shop:workspace:app:run_phase:*",
    "buildkite": "organization:acme:pipeline:app:*",
    "spacelift": "space:shop:stack:app:*",
    "scalr": "account:acme:environment:shop:workspace:app",
    "vercel": "owner:acme:project:app:environment:production",
    "pulumi": "pulumi:deploy:org:acme:project:app:*",
    "azure-devops": "sc://acme/shop/app",
    "": "the whole subject",
}
HOSTS: Mapping[str, str] = {
    "terraform.io": "terraform",
    "buildkite.com": "buildkite",
    "spacelift.io": "spacelift",
    "scalr.io": "scalr",
    "oidc.vercel.com": "vercel",
    "api.pulumi.com": "pulumi",
    "vstoken.dev.azure.com": "azure-devops",
    "githubusercontent.com": "github",
    "ghe.com": "github",
    "github": "github",
    "gitlab": "gitlab",
    "bitbucket.org": "bitbucket",
    "circleci": "circleci",
    "oidc.eks.": "eks",
}


def _trusts(resource: Resource) -> Iterator[tuple[Statement, Field]]:
    """Each statement that takes tokens, with its issuer."""
    for found in documents(resource, TRUST):
        for statement in found.grants:
            for kind, principal in statement.principals:
                text = principal.value if isinstance(principal.value, str) else ""
                if principal.value is UNKNOWN or (kind == "Federated" and (PROVIDER in text or text in APPLICATIONS)):
                    yield statement, principal


@aws_rule(
    "aws-iam-oidc-audience",
    "iam/Role",
    title="A role is taken only with tokens that were issued for AWS.",
    severity=Severity.HIGH,
    rationale="A token that was issued for another site, which that site then has, would open the role too.",
    fix='Use PipelineRole or uses=[...]; otherwise add StringEquals "<issuer>:aud", for example "sts.amazonaws.com".',
    source=WEB_IDENTITY,
    framework=None,
)
def oidc_audience(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from unknown(resource, TRUST)
    for statement, issuer in _trusts(resource):
        asked = [condition for condition in statement.conditions if _claim(condition) in AUDIENCES]
        demanded = [condition for condition in asked if condition.demands and not _wild_somewhere(condition)]
        if not demanded:
            yield _place(asked, statement).problem(
                'accepts tokens for any audience; add StringEquals "<issuer>:aud"', issuer, *statement.undecided
            )
        for value in (value for condition in demanded for value in condition.values):
            audience = value.value.lower() if isinstance(value.value, str) else ""
            if audience in OTHER_SITES or audience.startswith(OTHER_SITES_BEGIN):
                yield value.problem("is the audience of another site; ask for tokens that are made for AWS", issuer, *statement.undecided)


def _check_subject(resource: Resource, options: Options) -> Iterator[Problem]:
    yield from unknown(resource, TRUST)
    exact = options.get("exact", ())
    for statement, principal in _trusts(resource):
        if principal.value in APPLICATIONS:
            continue
        issuer = _issuer(principal, statement)
        asked = [condition for condition in statement.conditions if _claim(condition) in SUBJECTS]
        demanded = [condition for condition in asked if condition.demands or _holds_for_all(condition, statement)]
        if not demanded:
            yield _place(asked, statement).problem(
                f'accepts any token of the issuer; add StringEquals "<issuer>:sub", for example {EXAMPLE[issuer]}',
                principal,
                *statement.undecided,
            )
            continue
        loose = [[value for value in each.values if not _is_narrow(each, value, issuer, issuer in exact)] for each in demanded]
        if all(loose):  # all conditions must hold, so one that is narrow is enough
            best = min(range(len(loose)), key=lambda index: len(loose[index]))
            rest = [value for index, each in enumerate(demanded) if index != best for value in each.values]
            decisive = [principal, statement.effect, statement.condition, *statement.condition.entries(), *rest]
            for value in loose[best]:
                yield value.problem(f"is too wide; name whose token it is, for example {EXAMPLE[issuer]}", *decisive)


oidc_subject = aws_rule(
    "aws-iam-oidc-subject",
    "iam/Role",
    title="A role is taken only with tokens of the pipelines or pods that it is for.",
    severity=Severity.CRITICAL,
    rationale="An issuer such as GitHub signs tokens for every customer: without the subject, any repository in the world takes the role.",
    fix='Use PipelineRole or uses=[...]; otherwise add StringEquals "<issuer>:sub" with the whole subject. '
    "A wildcard may only stand behind the repository, the project or the namespace.",
    source=WEB_IDENTITY,
    framework=None,
    options={
        "exact": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": f"Issuers whose subjects must say more: {', '.join(sorted(set(HOSTS.values())))}.",
        }
    },
)(_check_subject)


def _issuer(principal: Field, statement: Statement) -> str:
    """By its ARN or, where that is unknown, by the keys of the conditions."""
    text = " ".join((str(principal.value).lower(), *(condition.key for condition in statement.conditions)))
    return next((issuer for part, issuer in HOSTS.items() if part in text), "")


def _claim(condition: Condition) -> str:
    """`token.actions.githubusercontent.com:sub` → `sub`."""
    return condition.key.rpartition(":")[2]


def _holds_for_all(condition: Condition, statement: Statement) -> bool:
    """`ForAllValues` counts where a second condition asks that the claim is there."""
    present = any(
        each.operator == "null" and each.key == condition.key and all(str(value.value).lower() == "false" for value in each.values)
        for each in statement.conditions
    )
    return (
        present
        and condition.quantifier == "forallvalues"
        and not condition.if_exists
        and condition.operator.startswith("string")
        and ("not" not in condition.operator)
    )


def _is_narrow(condition: Condition, value: Field, issuer: str, exact: bool) -> bool:
    text = value.value
    if not isinstance(text, str):
        return False
    if condition.operator != "stringlike" or not set(text) & set("*?"):
        names_nobody = issuer == "github" and _claim(condition) == "sub" and not NAMES_REPOSITORY.search(text)
        return bool(text.strip("*?")) and not names_nobody
    if _claim(condition) != "sub":
        return bool(re.match(r"[^/*?]+/[^/*?]+(/|$)", text))
    said = _whose(issuer, text)
    return said is not None and not (exact and not text[said.end() :].strip("*?"))


def _whose(issuer: str, subject: str) -> re.Match[str] | None:
    """The part of a subject that says whose token it is."""
    if issuer:
        return re.match(LITERAL[issuer], subject)
    return ANY_ISSUER.match(subject) if SAYS_KIND.match(subject) else re.match(r"[^*?]{4,}", subject)


def _wild_somewhere(condition: Condition) -> bool:
    return any(value.value is UNKNOWN or "*" in str(value.value) for value in condition.values)


def _place(asked: list[Condition], statement: Statement) -> Field:
    """Where to look: the condition that doesn't do, or where one is missing."""
    return asked[0].field if asked else statement.condition


RULES = (oidc_audience, oidc_subject)
