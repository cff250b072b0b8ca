"""Rules about the policies of a role taken together."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.policy_places import IDENTITY, documents
from idp_components.rules.aws.privilege_escalation import FIX, RHINO, ways
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity, Stack, StackRule
from idp_components.rules.values import one_or_many


def _check_roles(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    by_role, somewhere = _policies_by_role(stack)
    perhaps = [(part, found.statements) for part, _ in somewhere for found in documents(part, IDENTITY)]
    for parts in (*by_role.values(), []):
        known = [(part, found.statements) for part in parts for found in documents(part, IDENTITY)]
        alone = {opened.way for _, statements in (*known, *perhaps) for opened in ways(statements)}
        surely = {opened.way for opened in ways(statement for _, statements in known for statement in statements)}
        for opened in ways(statement for _, statements in (*known, *perhaps) for statement in statements):
            if opened.way not in alone:
                part = next(part for part, statements in (*known, *perhaps) if opened.grant in statements)
                unread = [field for part in parts for found in documents(part, IDENTITY) for field in found.unknown]
                yield part, opened.problem(*unread, *([] if opened.way in surely else [field for _, field in somewhere]))


def _policies_by_role(stack: Stack) -> tuple[dict[str, list[Resource]], list[tuple[Resource, Field]]]:
    """What each role has, by its name: inline, of its own, and attached; and what belongs to a role that nobody knows yet."""
    found: dict[str, list[Resource]] = {}
    somewhere: dict[int, tuple[Resource, Field]] = {}
    names = {role.name: _name(role) for role in stack.of("iam/Role")}
    policies = {_name(policy): policy for policy in stack.of("iam/Policy")}

    def add(role: Field, part: Resource) -> None:
        if role.value is UNKNOWN:
            somewhere.setdefault(id(part), (part, role))
        elif isinstance(role.value, str):
            found.setdefault(names.get(role.value, role.value), []).append(part)

    for role in stack.of("iam/Role"):
        found.setdefault(_name(role), []).append(role)
    for part in stack.of("iam/RolePolicy"):
        add(part.root.get("role"), part)
    for taker, arn in _attached(stack):
        if arn.value is UNKNOWN:
            for owned in policies.values():
                somewhere.setdefault(id(owned), (owned, arn))
        elif isinstance(arn.value, str) and (policy := policies.get(arn.value.rpartition("/")[2])):
            add(taker, policy)
    return found, list(somewhere.values())


def _attached(stack: Stack) -> Iterator[tuple[Field, Field]]:
    """The name of a role and the ARN of a policy, for each policy that a role gets."""
    for role in stack.of("iam/Role"):
        yield from ((Field(role.name), arn) for arn in one_or_many(role.root.get("managedPolicyArns")))
    for each in stack.of("iam/RolePolicyAttachmentsExclusive"):
        yield from ((each.root.get("roleName"), arn) for arn in one_or_many(each.root.get("policyArns")))
    for each in stack.of("iam/RolePolicyAttachment", "iam/PolicyAttachment"):
        yield from ((name, each.root.get("policyArn")) for name in (each.root.get("role"), *each.root.get("roles").items()))


def _name(resource: Resource) -> str:
    """The name at AWS, or the one in the program."""
    name = resource.root.get("name").value
    return name if isinstance(name, str) else resource.name


role_privilege_escalation = StackRule(
    id="stack-iam-privilege-escalation",
    title="The policies of one role together don't let it give itself more rights.",
    severity=Severity.CRITICAL,
    check=_check_roles,
    rationale="Two harmless policies can make a dangerous one: passing a role is in the first, running code as it in the second.",
    fix=FIX,
    source=RHINO,
)

RULES = (role_privilege_escalation,)
