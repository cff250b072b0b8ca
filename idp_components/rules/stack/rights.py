"""Rules about roles together with whom they are bound to."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.kubernetes.rights import BINDINGS, CLUSTER_ROLE, GOOD_PRACTICES, ROLE_BINDING, ROLES, Right, granted
from idp_components.rules.model import Options, Resource, Severity, Stack
from idp_components.rules.selectors import doubts, every, same
from idp_components.rules.stack.matching import name_of
from idp_components.rules.stack_rule import Found, stack_rule

REACH = (
    Right(("pods/exec", "pods/attach", "pods/portforward"), ("create", "get")),
    Right(("pods/ephemeralcontainers",), ("update", "patch")),
)
BUILT_IN = ("admin", "edit")
"""Kubernetes' own roles that have these rights. Its cluster-admin has a rule of its own."""
PEOPLE = ("Group", "User")


@stack_rule(
    "stack-rbac-reach-into-pods",
    title="Only named people reach into running pods, and only in single namespaces.",
    severity=Severity.HIGH,
    rationale="Exec, attach, port forwarding and ephemeral containers reach every secret of the pod; a program needs none of it.",
    fix="Remove the right, and bind no admin or edit, which have it; a golden path's role on-call gives it to a group in its namespace.",
    source=f"{GOOD_PRACTICES}#least-privilege",
)
def reach_into_pods(stack: Stack, _options: Options) -> Found:
    for role in stack.of(*sorted(ROLES)):
        rights = list(granted(role, *REACH))
        allowed = _only_for_people(stack, role) if rights else True
        for grant in () if allowed else rights:
            message = "reaches into running pods; leave it to the role of the person on call"
            yield role, grant.problem(message, *doubts([allowed]))
    for binding in stack.of(*sorted(BINDINGS)):
        name, kind = binding.root.get("roleRef", "name"), binding.root.get("roleRef", "kind")
        built_in = name.value in (*BUILT_IN, UNKNOWN) and kind.value in (CLUSTER_ROLE[1], None, UNKNOWN)
        allowed = every(_are_people(binding))
        if built_in and not allowed:
            yield binding, name.problem("reaches into running pods; bind a role that names what is needed", kind, *doubts([allowed]))


def _only_for_people(stack: Stack, role: Resource) -> bool | None:
    """Whether a role is bound in this stack, to people only, and in single namespaces."""
    verdicts: list[bool | None] = []
    for binding in stack.of(*sorted(BINDINGS)):
        bound = _refers(binding, role)
        if bound is not False:
            verdicts += [verdict if bound else None for verdict in _are_people(binding)]
    return every(verdicts) if verdicts else False


def _are_people(binding: Resource) -> Iterator[bool | None]:
    """For each subject, whether a binding gives something to a person, and in one namespace."""
    for subject in binding.root.get("subjects").items():
        yield every((binding.group_kind == ROLE_BINDING, _is_person(subject)))


def _is_person(subject: Field) -> bool | None:
    kind, name = subject.get("kind").value, subject.get("name").value
    if UNKNOWN in (kind, name):
        return None
    return kind in PEOPLE and not str(name).startswith("system:")


def _refers(binding: Resource, role: Resource) -> bool | None:
    reference = binding.root.get("roleRef")
    within = role.group_kind == CLUSTER_ROLE or same(role.home, binding.home)
    return every((within, same(reference.get("kind").value, role.group_kind[1]), same(reference.get("name").value, name_of(role))))


RULES = (reach_into_pods,)
