"""Rules about the policies of a role taken together."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.policy_places import IDENTITY, documents
from idp_components.rules.aws.privilege_escalation import FIX, RHINO, escalation, ways
from idp_components.rules.field import Field, Problem
from idp_components.rules.model import Options, Resource, Severity, Stack, StackRule


def _check_roles(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    for parts in _policies_by_role(stack).values():
        known = [(part, found.statements) for part in parts for found in documents(part, IDENTITY)]
        alone = {way for _, statements in known for way, _, _ in ways(statements)}
        for way, grant, entry in ways(statement for _, statements in known for statement in statements):
            if way not in alone:
                yield next(part for part, statements in known if grant in statements), escalation(way, grant, entry)


def _policies_by_role(stack: Stack) -> dict[str, list[Resource]]:
    """What each role has, by its name: inline, of its own, and attached."""
    found: dict[str, list[Resource]] = {}
    names = {role.name: _name(role) for role in stack.of("iam/Role")}
    policies = {_name(policy): policy for policy in stack.of("iam/Policy")}
    for role in stack.of("iam/Role"):
        found.setdefault(_name(role), []).append(role)
    for part in stack.of("iam/RolePolicy"):
        _add(found, names, part.root.get("role"), part)
    for attachment in stack.of("iam/RolePolicyAttachment", "iam/PolicyAttachment"):
        arn = attachment.root.get("policyArn").value
        policy = policies.get(arn.rpartition("/")[2]) if isinstance(arn, str) else None
        for role_name in (attachment.root.get("role"), *attachment.root.get("roles").items()):
            if policy:
                _add(found, names, role_name, policy)
    return found


def _add(found: dict[str, list[Resource]], names: dict[str, str], role: Field, part: Resource) -> None:
    if isinstance(role.value, str):
        found.setdefault(names.get(role.value, role.value), []).append(part)


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
