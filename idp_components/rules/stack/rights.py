"""Rules about roles together with whom they are bound to."""

from __future__ import annotations

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.rights import GOOD_PRACTICES, RBAC, ROLE, ROLES, Right, granted
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import every, same
from idp_components.rules.stack.matching import doubts, name_of
from idp_components.rules.stack_rule import Found, stack_rule

REACH = (
    Right(("pods/exec", "pods/attach", "pods/portforward"), ("create", "get")),
    Right(("pods/ephemeralcontainers",), ("update", "patch")),
)
PEOPLE = ("Group", "User")


@stack_rule(
    "stack-rbac-reach-into-pods",
    title="Only named people reach into running pods, and only in one namespace.",
    severity=Severity.HIGH,
    rationale="Exec, attach, port forwarding and ephemeral containers reach every secret of the pod; a program needs none of it.",
    fix="Remove the right; people get it by the golden path's role on-call, which binds a group in the team's namespace.",
    source=f"{GOOD_PRACTICES}#least-privilege",
)
def reach_into_pods(stack: Stack, _options: Options) -> Found:
    for role in stack.of(*sorted(ROLES)):
        rights = list(granted(role, *REACH))
        allowed = _only_for_people(stack, role) if rights else True
        for _, named, decisive in () if allowed else rights:
            message = "reaches into running pods; leave it to the role of the person on call"
            yield role, named.problem(message, *decisive, *doubts([allowed]))


def _only_for_people(stack: Stack, role: Resource) -> bool | None:
    """Whether a role of a namespace is bound in this stack, and to people only."""
    if role.group_kind != ROLE:
        return False
    verdicts: list[bool | None] = []
    for binding in stack.of((RBAC, "RoleBinding")):
        bound = every((same(role.home, binding.home), _refers(binding, role)))
        if bound is not False:
            verdicts += [_is_person(subject) if bound else None for subject in binding.root.get("subjects").items()]
    return every(verdicts) if verdicts else False


def _is_person(subject: Field) -> bool | None:
    kind, name = subject.get("kind").value, subject.get("name").value
    if UNKNOWN in (kind, name):
        return None
    return kind in PEOPLE and not str(name).startswith("system:")


def _refers(binding: Resource, role: Resource) -> bool | None:
    reference = binding.root.get("roleRef")
    return every((same(reference.get("kind").value, role.group_kind[1]), same(reference.get("name").value, name_of(role))))


RULES = (reach_into_pods,)
