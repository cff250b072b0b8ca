"""Rules about the policies of a role taken together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from idp_components.rules.aws.policy_document import Document
from idp_components.rules.aws.policy_places import IDENTITY, documents
from idp_components.rules.aws.privilege_escalation import FIX, RHINO, each_place_once, ways
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity, Stack, StackRule
from idp_components.rules.values import one_or_many

BY_AWS: Mapping[str, tuple[str, ...]] = {
    "AmazonEC2ContainerServiceEventsRole": ("ecs:RunTask",),
    "AmazonEC2FullAccess": ("autoscaling:*", "ec2:*"),
    "AmazonECS_FullAccess": ("cloudformation:CreateStack", "cloudformation:UpdateStack", "ec2:RunInstances", "ecs:*"),
    "AmazonEventBridgeSchedulerFullAccess": ("scheduler:*",),
    "AmazonSSMFullAccess": ("ssm:*",),
    "AmazonSageMakerFullAccess": ("glue:CreateJob", "glue:StartJobRun", "glue:UpdateJob", "sagemaker:*"),
    "AWSAppRunnerFullAccess": ("apprunner:*",),
    "AWSBatchFullAccess": ("batch:*",),
    "AWSCloudFormationFullAccess": ("cloudformation:*",),
    "AWSCodeBuildAdminAccess": ("codebuild:*",),
    "AWSDataPipeline_FullAccess": ("datapipeline:*",),
    "AWSGlueConsoleFullAccess": ("glue:*",),
    "AWSLambda_FullAccess": ("lambda:*",),
    "AWSStepFunctionsFullAccess": ("states:*",),
}
"""Managed policies of AWS that let services run code, with the actions that do so ("AWS managed policies" lists them). Some pass roles
too, to their own service alone; who attaches those takes AWS' word for it."""
Part = tuple[Resource, Document]
"""A document, and the resource that it is shown at."""
Perhaps = tuple[Resource, Document, Field]
"""The same, with the role that is still unknown."""


def _check_roles(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    found = {(id(part), problem.field.keys, problem.undecided): (part, problem) for part, problem in _of_each_role(stack)}
    yield from found.values()  # a policy that several roles have is shown once


def _of_each_role(stack: Stack) -> Iterator[tuple[Resource, Problem]]:
    by_role, somewhere = _policies_by_role(stack)
    perhaps = [(part, found.statements) for part, found, _ in somewhere]
    roles = {_name(role): role for role in stack.of("iam/Role")}
    for name, parts in (*by_role.items(), ("", [])):
        known = [(part, found.statements) for part, found in parts]
        alone = {opened.way for _, statements in (*known, *perhaps) for opened in ways(statements)}
        unread = [field for _, found in parts for field in found.unknown]
        for itself, named in (("", []), *_own(roles.get(name), parts, somewhere)):
            surely = {opened.way for opened in ways((statement for _, statements in known for statement in statements), itself)}
            together = ways((statement for _, statements in (*known, *perhaps) for statement in statements), itself)
            for opened in each_place_once(each for each in together if each.way not in alone):
                part = next(part for part, statements in (*known, *perhaps) if opened.grant in statements)
                unsure = [] if opened.way in surely else [field for _, _, field in somewhere]
                yield part, opened.problem(*unread, *named, *unsure)


def _policies_by_role(stack: Stack) -> tuple[dict[str, list[Part]], list[Perhaps]]:
    """What each role has, by its name: inline, of its own, and attached; and what belongs to a role that nobody knows yet."""
    found: dict[str, list[Part]] = {}
    somewhere: dict[tuple[int, tuple[str | int, ...]], Perhaps] = {}
    names = {role.name: _name(role) for role in stack.of("iam/Role")}
    policies = {_name(policy): policy for policy in stack.of("iam/Policy")}

    def add(role: Field, parts: list[Part]) -> None:
        for part, written in parts:
            if role.value is UNKNOWN:
                somewhere.setdefault((id(part), written.field.keys), (part, written, role))
            elif isinstance(role.value, str):
                found.setdefault(names.get(role.value, role.value), []).append((part, written))

    for role in stack.of("iam/Role"):
        found.setdefault(_name(role), []).extend(_written(role))
    for part in stack.of("iam/RolePolicy"):
        add(part.root.get("role"), _written(part))
    for taker, arn, by in _attached(stack):
        name = arn.value.rpartition("/")[2] if isinstance(arn.value, str) else ""
        if arn.value is UNKNOWN:
            for policy in policies.values():
                add(arn, _written(policy))
        elif name in BY_AWS and ":iam::aws:policy/" in str(arn.value):
            add(taker, [(by, _by_aws(arn, BY_AWS[name]))])
        elif name in policies:
            add(taker, _written(policies[name]))
    return found, list(somewhere.values())


def _written(resource: Resource) -> list[Part]:
    return [(resource, found) for found in documents(resource, IDENTITY)]


def _by_aws(arn: Field, actions: tuple[str, ...]) -> Document:
    """What a policy of AWS allows, as if it stood where it is attached."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return Document(Field({"Statement": [statement]}, arn.key, arn.parent))


def _attached(stack: Stack) -> Iterator[tuple[Field, Field, Resource]]:
    """The name of a role, the ARN of a policy, and what attaches it, for each policy that a role gets."""
    for role in stack.of("iam/Role"):
        yield from ((Field(role.name), arn, role) for arn in one_or_many(role.root.get("managedPolicyArns")))
    for each in stack.of("iam/RolePolicyAttachmentsExclusive"):
        yield from ((each.root.get("roleName"), arn, each) for arn in one_or_many(each.root.get("policyArns")))
    for each in stack.of("iam/RolePolicyAttachment", "iam/PolicyAttachment"):
        yield from ((name, each.root.get("policyArn"), each) for name in (each.root.get("role"), *each.root.get("roles").items()))


def _own(role: Resource | None, parts: list[Part], somewhere: list[Perhaps]) -> Iterator[tuple[str, list[Field]]]:
    """How the ARNs of a role and of its policies end, with what decides that they are its own."""
    whose = {id(part): (part, [taker]) for part, _, taker in somewhere} | {id(part): (part, []) for part, _ in parts}
    own = [("policy", part, fields) for part, fields in whose.values() if part.aws == "iam/Policy"]
    for kind, each, fields in [*([("role", role, [])] if role else []), *own]:
        path = each.root.get("path")
        folder = path.value if isinstance(path.value, str) else "/"
        yield f"{kind}{folder}{_name(each)}", [each.root.get("name"), path, *fields]


def _name(resource: Resource) -> str:
    """The name at AWS, or the one in the program."""
    name = resource.root.get("name").value
    return name if isinstance(name, str) else resource.name


role_privilege_escalation = StackRule(
    id="stack-iam-privilege-escalation",
    title="The policies of one role together don't let it give itself more rights.",
    severity=Severity.CRITICAL,
    check=_check_roles,
    rationale="Two harmless policies can make a dangerous one: passing a role is in the first, running code as it in the second. "
    "And who may change his own role, or a policy that it has, may write any right into it.",
    fix=FIX,
    source=RHINO,
)

RULES = (role_privilege_escalation,)
