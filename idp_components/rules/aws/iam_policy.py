"""Rules about policies of IAM: what a role, a user or a group may do, and with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.policy_document import (
    Condition,
    Statement,
    account_of,
    covers_all_of_a_kind,
    covers_all_of_iam,
    covers_everything,
    matches,
)
from idp_components.rules.aws.policy_places import ANY, IDENTITY, OWN, TRUST, documents, each_grant, unknown
from idp_components.rules.aws.unscoped_actions import is_unscoped
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.regex import regex

ELEMENTS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_"
KEYS_ITSELF = ("kms/Key", "kms/KeyPolicy", "kms/ReplicaKey", "kms/ExternalKey", "kms/ReplicaExternalKey")
NARROWING_TAGS = regex(r"createaction|requesttag/|resourcetag/|(?:[a-z]+-){1,3}tag/")
"""Keys of conditions without their service; RDS and DMS have one for each of their kinds, such as `cluster-snapshot-tag/`."""
NARROWING_KEYS = (
    "ec2:subnet",
    "ec2:vpc",
    "ecs:cluster",
    "iam:awsservicename",
    "iam:permissionsboundary",
    "iam:policyarn",
    "kms:encryptioncontext:",
    "kms:resourcealiases",
    "kms:viaservice",
    "ses:fromaddress",
)
_ALL_OF_A_KIND = regex(
    r"arn:[^:]*:(?P<service>[^:*?]+):[^:]*:(?!aws:)[^:]*:/?(?!foundation-model\W)(?P<kind>\w+(?:-\w+)*)\W*[*?]"
    r"(?:[:/](?:autoScalingGroupName|index|log-stream|stream|table)[:/]\W*[*?])?"
)
"""All of a kind: `key/*`, `secret:*-??????`, `table/*/index/*`. Policies and models of AWS are for everybody, and not the account's."""
WITHOUT_KINDS = ("codecommit", "codepipeline", "execute-api", "neptune-db", "rds-db", "s3", "servicequotas", "sns", "sqs")
"""Services whose ARNs begin with a name (`orders/*` is all of one bucket), or name users of databases by ids that AWS draws."""
ARNS_OF_OTHERS: Mapping[str, tuple[str, ...]] = {
    "kafka-cluster": ("kafka",),
    "rds-data": ("rds",),
    "redshift-data": ("redshift", "redshift-serverless"),
}
"""Services whose actions are about what has the ARN of another."""
NUMBERED = ("ec2", "elasticfilesystem", "fsx", "globalaccelerator")
"""Services that give what they make an id, so that nobody can write its ARN before."""
MADE = {
    "createsecuritygroup": ("vpc",),
    "createvirtualmfadevice": ("mfa",),
    "modifysecuritygrouprules": ("security-group-rule",),
    "runinstances": ("instance", "network-interface", "spot-instances-request", "volume"),
}
"""What else actions make, make something in without a change to it, or change by way of a group that they must be allowed for too."""


@aws_rule(
    "aws-iam-policy-readable",
    *ANY,
    title="A policy document is JSON with statements.",
    severity=Severity.MEDIUM,
    rationale="IAM refuses a document that it can't read, and no rule can judge it.",
    fix="Write the document as an object and let json.dumps, or aws.iam.get_policy_document, make the text of it.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
    framework=None,
)
def policy_readable(resource: Resource, _options: Options) -> Iterator[Problem]:
    yield from unknown(resource, IDENTITY, TRUST, OWN)
    for found in documents(resource, IDENTITY, TRUST, OWN):
        if not found.valid:
            yield found.field.problem("is no JSON object; write the document as an object and make the text with json.dumps")
        elif not found.statements and not found.unknown:
            yield found.field.problem("has no Statement; add what it allows")


@aws_rule(
    "aws-iam-wildcard-action",
    *IDENTITY,
    *(kind for kind in OWN if kind not in KEYS_ITSELF),
    title="A policy allows actions by name, never all of a service.",
    severity=Severity.HIGH,
    rationale="All actions include deleting, sharing, and changing the policy itself, and every action that AWS invents later.",
    fix="Connect components with uses=[...], which grants what the access needs; otherwise name each action.",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-21",
    tags=("fsbp:IAM.1", "fsbp:IAM.21"),
)
@each_grant(IDENTITY, OWN)
def wildcard_action(statement: Statement) -> Iterator[Problem]:
    for action in statement.actions:
        service, colon, name = str(action.value).partition(":") if isinstance(action.value, str) else ("", "", "")
        wild = _only_stars(name) if colon else _only_stars(service)
        if wild or "*" in service or action.value is UNKNOWN:
            what = "every action of the service" if colon and not _only_stars(service) else "every action of AWS"
            yield action.problem(f"allows {what}; name the actions that are needed", *statement.undecided)


def _only_stars(text: str) -> bool:
    return bool(text) and set(text) <= set("*?") and "*" in text


@aws_rule(
    "aws-iam-wildcard-resource",
    *IDENTITY,
    title="A policy names the resources that its actions are about.",
    severity=Severity.HIGH,
    rationale="With every resource of the account, one stolen session reads and changes what belongs to others.",
    fix="Connect components with uses=[...], which names the resource; otherwise write its ARN. "
    "Actions that know no resource go into a statement of their own.",
    source=f"{ELEMENTS}resource.html",
    framework=None,
    tags=("fsbp:KMS.1", "fsbp:KMS.2"),
)
@each_grant(IDENTITY)
def wildcard_resource(statement: Statement) -> Iterator[Problem]:
    if statement.not_action.value is None and statement.actions and all(is_unscoped(action.value) for action in statement.actions):
        return
    if any(narrows_resources(condition) for condition in statement.conditions):
        return
    for resource in statement.resources:
        if kind := _all_of(resource.value, statement):
            decisive = [*statement.undecided, *statement.actions]
            yield resource.problem(f"means every {kind}; name those that the actions are about, by ARN", *decisive)


def _all_of(resource: object, statement: Statement) -> str:
    """What an entry means, or may mean, all of; empty where it names some, or where the actions only tell what there is."""
    if resource is UNKNOWN or covers_everything(resource):
        return "resource"
    found = _ALL_OF_A_KIND.fullmatch(resource) if isinstance(resource, str) else None
    if found is None or found["service"] in WITHOUT_KINDS:
        return ""
    return found["kind"] if any(_reaches(action.value, found["service"], found["kind"]) for action in statement.actions) else ""


def _reaches(action: object, service: str, kind: str) -> bool:
    """Whether an action is about what there is of a kind, and does more than say so, or may do so."""
    if not isinstance(action, str):
        return action is UNKNOWN
    prefix, _, name = action.lower().partition(":")
    of_service = matches(prefix, service) or service in ARNS_OF_OTHERS.get(prefix, ())
    return of_service and not name.startswith(("describe", "list")) and not is_unscoped(action) and not _makes(name, service, kind)


def _makes(name: str, service: str, kind: str) -> bool:
    """Whether an action only makes one more of a kind: `CreateVolume` of `volume`."""
    return (service in NUMBERED and name == f"create{kind.replace('-', '')}") or kind in MADE.get(name, ())


def narrows_resources(condition: Condition) -> bool:
    """Whether a condition says which resources: by tag, by alias, by cluster, or as part of which action they are made."""
    tagged = NARROWING_TAGS.match(condition.key.partition(":")[2]) is not None
    return condition.demands and (tagged or condition.key.startswith(NARROWING_KEYS)) and not _anything(condition)


def _anything(condition: Condition) -> bool:
    """Whether it holds for all values, or may do so."""
    return any(value.value == "*" or value.value is UNKNOWN for value in condition.values)


@aws_rule(
    "aws-iam-not-action",
    *IDENTITY,
    *OWN,
    title="A policy says what it allows, not what it leaves out.",
    severity=Severity.HIGH,
    rationale="Allow with NotAction or NotResource grants all the rest of AWS, with every service that is added later.",
    fix="Name the actions and resources that are needed; keep NotAction and NotResource for Deny.",
    source=f"{ELEMENTS}notaction.html",
    framework=None,
)
@each_grant(IDENTITY, OWN)
def not_action(statement: Statement) -> Iterator[Problem]:
    for name in (statement.not_action, statement.not_resource):
        if name.value is not None:
            yield name.problem("with Allow grants everything else; say what is allowed instead", *statement.undecided)


@aws_rule(
    "aws-iam-pass-role",
    *IDENTITY,
    title="iam:PassRole names the roles, and the service that gets them.",
    severity=Severity.HIGH,
    rationale="Who may pass any role to a service of AWS runs code with the rights of the strongest role in the account.",
    fix="Name the roles' ARNs and add the condition StringEquals iam:PassedToService with the one service.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    framework=None,
)
@each_grant(IDENTITY)
def pass_role(statement: Statement) -> Iterator[Problem]:
    entry = next((each for each in statement.actions if _passes(each.value)), None)
    if entry is None:
        return
    for resource in statement.resources:
        if covers_all_of_a_kind(resource.value) or resource.value is UNKNOWN:
            yield resource.problem("lets every role be passed; name the roles", entry, *statement.undecided)
    passed_to = [condition for condition in statement.conditions if condition.key == "iam:passedtoservice"]
    if not any(condition.demands and not _is_any_service(condition) for condition in passed_to):
        yield entry.problem(
            "is allowed for every service; add the condition StringEquals iam:PassedToService with the one that gets the role",
            *statement.undecided,
        )


def _passes(action: object) -> bool:
    # All of IAM is another rule's finding.
    return action is UNKNOWN or (matches(action, "iam:PassRole") and not covers_all_of_iam(action))


def _is_any_service(passed_to: Condition) -> bool:
    """Whether it holds for every service, or may do so: only a star stands for the nothing before `.amazonaws.com`."""
    return any(
        value.value is UNKNOWN or any(matches(value.value, domain) for domain in (".amazonaws.com", ".amazonaws.com.cn"))
        for value in passed_to.values
    )


@aws_rule(
    "aws-kms-key-policy",
    *KEYS_ITSELF,
    title="Only the account itself may do everything with a key.",
    severity=Severity.MEDIUM,
    rationale="kms:* lets a role delete the key or shut out everybody else, not only use it.",
    fix="Let a golden path make the key; otherwise allow kms:* to the account's root alone, and to others the actions that they use.",
    source="https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    framework=None,
)
def key_policy(resource: Resource, _options: Options) -> Iterator[Problem]:
    lockout = resource.root.get("bypassPolicyLockoutSafetyCheck")
    if lockout.value not in (None, False):
        yield lockout.problem("lets a policy through that nobody can change again; remove it")
    yield from unknown(resource, OWN)
    for found in documents(resource, OWN):
        wide = [(action, statement) for statement in found.grants if (action := _everything(statement))]
        # Of several accounts at most one is the key's own.
        own = next((root for _, statement in wide for _, principal in statement.principals if (root := _root(principal.value))), "")
        for action, statement in wide:
            if others := [principal for _, principal in statement.principals if not own or _root(principal.value) != own]:
                yield action.problem("is allowed to others than the account's root; name the actions", *others, *statement.undecided)


def _everything(statement: Statement) -> Field | None:
    """The action that stands for all of them, or may do so."""
    return next((each for each in statement.actions if each.value is UNKNOWN or str(each.value).lower() in ("kms:*", "*")), None)


def _root(principal: object) -> str:
    """The account whose root a principal is; empty for any other principal."""
    is_root = isinstance(principal, str) and (principal.endswith(":root") or principal.isdecimal())
    return account_of(principal) if is_root else ""


RULES = (policy_readable, wildcard_action, wildcard_resource, not_action, pass_role, key_policy)
