"""Rules about identities: who has which policies, keys, sessions and passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.iam_policy import narrows_resources
from idp_components.rules.aws.policy_document import Statement, all_wild, covers_all_of_iam, covers_everything, matches
from idp_components.rules.aws.policy_places import IDENTITY, each_grant
from idp_components.rules.aws.privilege_escalation import is_administrator
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.values import is_true, number, one_or_many

CONTROLS = "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html"
LONGEST_SESSION = 4 * 3600
"""Seconds: half a working day."""
SHORTEST_PASSWORD, PASSWORDS_REMEMBERED = 14, 24
USERS_LISTED = {"iam/PolicyAttachment": "users", "iam/UserPolicyAttachmentsExclusive": "policyArns"}
"""Kinds that give users policies by a list, and none where it is empty."""
DEMANDED = ("requireLowercaseCharacters", "requireUppercaseCharacters", "requireNumbers", "requireSymbols")


@aws_rule(
    "aws-iam-administrator-policy",
    *IDENTITY,
    "iam/RolePolicyAttachment",
    "iam/UserPolicyAttachment",
    "iam/GroupPolicyAttachment",
    "iam/GroupPolicyAttachmentsExclusive",
    "iam/PolicyAttachment",
    "iam/RolePolicyAttachmentsExclusive",
    "iam/UserPolicyAttachmentsExclusive",
    "ssoadmin/ManagedPolicyAttachment",
    title="Nobody is an administrator of the whole account.",
    severity=Severity.CRITICAL,
    rationale="A stolen session of an administrator is the loss of the account, with its backups and its logs.",
    fix="Connect components with uses=[...]; give pipelines a PipelineRole. Otherwise write a policy with the actions that are needed.",
    source="https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html",
    framework=None,
    tags=("fsbp:IAM.1",),
)
def administrator_policy(resource: Resource, options: Options) -> Iterator[Problem]:
    yield from _written(resource, options)
    for name in ("policyArn", "managedPolicyArn", "managedPolicyArns", "policyArns"):
        for arn in one_or_many(resource.root.get(name)):
            if arn.value is UNKNOWN or is_administrator(arn.value):
                yield arn.problem("grants all rights, or the right to take them; write a policy with the actions that are needed")


@each_grant(IDENTITY)
def _written(statement: Statement) -> Iterator[Problem]:
    """All actions, or all of IAM, on whatever there is: an administrator's policy in one's own words."""
    everywhere = [each for each in statement.resources if each.value is UNKNOWN or _has_all_of_iam(each.value)]
    if not everywhere or any(narrows_resources(condition) for condition in statement.conditions):
        return
    surest = min(everywhere, key=lambda resource: resource.value is UNKNOWN)
    for action in statement.actions:
        if action.value is UNKNOWN or covers_all_of_iam(action.value):
            yield action.problem(
                "grants all rights, or the right to take them; name the actions that are needed", surest, *statement.undecided
            )


def _has_all_of_iam(resource: object) -> bool:
    service = str(resource).split(":")[2:3]
    return covers_everything(resource) and all(each == "iam" or all_wild(each) for each in service)


@aws_rule(
    "aws-iam-user-policy",
    "iam/UserPolicy",
    "iam/UserPolicyAttachment",
    *USERS_LISTED,
    title="Policies belong to roles and groups, not to single users.",
    severity=Severity.LOW,
    rationale="Rights of single people are forgotten when they change teams; nobody reviews them together.",
    fix="Put the policy on a role, or on a group that the user is a member of.",
    source=f"{CONTROLS}#iam-2",
    tags=("fsbp:IAM.2",),
)
def user_policy(resource: Resource, _options: Options) -> Iterator[Problem]:
    listed = USERS_LISTED.get(resource.aws)
    places = resource.root.get(listed).items() if listed else [resource.root]
    for place in places:
        yield place.problem("gives a single user rights; put the policy on a role or a group")


@aws_rule(
    "aws-iam-access-key",
    "iam/AccessKey",
    title="Programs take roles; nobody has a key that never ends.",
    severity=Severity.MEDIUM,
    rationale="An access key works from anywhere until somebody finds out that it leaked, and Pulumi's state holds it.",
    fix="Use uses=[...] for workloads and PipelineRole for pipelines; people sign in through IAM Identity Center.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
    framework=None,
    tags=("fsbp:IAM.3",),
)
def access_key(resource: Resource, _options: Options) -> Iterator[Problem]:
    status = resource.root.get("status")
    if status.value != "Inactive":
        yield resource.root.problem("is a key that never ends; let the program take a role", status)


def _check_boundary(resource: Resource, options: Options) -> Iterator[Problem]:
    boundaries, paths = options.get("boundaries", ()), options.get("paths", ("/pipelines/", "/aws-service-role/"))
    path, boundary = resource.root.get("path"), resource.root.get("permissionsBoundary")
    if not boundaries or (isinstance(path.value, str) and path.value.startswith(tuple(paths))):
        return
    arn = boundary.value if isinstance(boundary.value, str) else ""
    if not any(matches(each, called) for each in boundaries for called in (arn, arn.rpartition("/")[2])):
        state = "is unset" if boundary.value is None else "is none of ours"
        yield boundary.problem(f"{state}; set it to the policy that the platform made for this", path)


permissions_boundary = aws_rule(
    "aws-iam-permissions-boundary",
    "iam/Role",
    "iam/User",
    title="What a team makes stays behind the boundary of the platform.",
    severity=Severity.MEDIUM,
    rationale="A pipeline that may write policies could otherwise make a role with more rights than its own.",
    fix="Use uses=[...]: the golden path sets the team's boundary. Otherwise set permissionsBoundary to it.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    framework=None,
    options={
        "boundaries": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": 'Names or ARNs of the policies that count, with wildcards, for example ["*-boundary"]; empty asks for none.',
        },
        "paths": {
            "type": "array",
            "items": {"type": "string"},
            "default": ["/pipelines/", "/aws-service-role/"],
            "description": "Paths of the platform's own roles, which need none.",
        },
    },
)(_check_boundary)


@aws_rule(
    "aws-iam-password-policy",
    "iam/AccountPasswordPolicy",
    title="Passwords of the account are long, mixed, and not used again.",
    severity=Severity.MEDIUM,
    rationale="A password is all that stands between a guess and the console.",
    fix="Set minimumPasswordLength to 14, passwordReusePrevention to 24 and the four requirements to true, or use IAM Identity Center.",
    source=f"{CONTROLS}#iam-7",
    tags=("fsbp:IAM.7", "cis-aws-1.4:1.8", "cis-aws-1.4:1.9"),
)
def password_policy(resource: Resource, _options: Options) -> Iterator[Problem]:
    for name, least in (("minimumPasswordLength", SHORTEST_PASSWORD), ("passwordReusePrevention", PASSWORDS_REMEMBERED)):
        amount = resource.root.get(name)
        if (number(amount.value) or 0) < least:
            yield amount.problem(f"{'is unset' if amount.value is None else 'is too low'}; set it to {least}")
    for name in DEMANDED:
        demanded = resource.root.get(name)
        if not is_true(demanded.value):
            yield demanded.problem(f"{'is unset' if demanded.value is None else 'is false'}; set it to true")


@aws_rule(
    "aws-iam-session-duration",
    "iam/Role",
    "ssoadmin/PermissionSet",
    title="A session of a role ends after four hours at most.",
    severity=Severity.LOW,
    rationale="What was stolen from a running session works until the session ends.",
    fix="Remove maxSessionDuration, which is one hour then; programs take the role again by themselves.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html",
    framework=None,
)
def session_duration(resource: Resource, _options: Options) -> Iterator[Problem]:
    longest = resource.root.get("maxSessionDuration" if resource.aws == "iam/Role" else "sessionDuration")
    seconds = number(longest.value) if resource.aws == "iam/Role" else _of_iso_8601(longest.value)
    if longest.value is not None and (seconds is None or seconds > LONGEST_SESSION):
        yield longest.problem(f"is more than {LONGEST_SESSION} seconds; remove it")


def _of_iso_8601(duration: object) -> float | None:
    """`PT8H` in seconds."""
    found = re.fullmatch(r"PT(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?", duration) if isinstance(duration, str) else None
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else None


RULES = (
    administrator_policy,
    user_policy,
    access_key,
    permissions_boundary,
    password_policy,
    session_duration,
)
