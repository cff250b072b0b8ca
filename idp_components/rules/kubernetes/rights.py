"""Reading RBAC: what one rule of a Role grants, and to whom a binding gives it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Resource

RBAC = "rbac.authorization.k8s.io"
ROLE, CLUSTER_ROLE = (RBAC, "Role"), (RBAC, "ClusterRole")
ROLES = {ROLE, CLUSTER_ROLE}
ROLE_BINDING = (RBAC, "RoleBinding")
BINDINGS = {ROLE_BINDING, (RBAC, "ClusterRoleBinding")}
GOOD_PRACTICES = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"
EVERY = "*"
WRITE = ("create", "update", "patch")


@dataclass(frozen=True)
class Right:
    """Verbs on resources that are worth a rule of their own."""

    resources: Collection[str]
    verbs: Collection[str]
    groups: Collection[str] = ("",)


def granted(resource: Resource, *rights: Right) -> Iterator[tuple[Field, Field, tuple[Field, ...]]]:
    """Each place where a Role names such a resource with such a verb: the rule, the resource's field, and what else decides.

    A verb `*` counts; a resource `*` has a rule of its own.
    """
    for rule in resource.root.get("rules").items():
        verbs, groups = list(rule.get("verbs").items()), list(rule.get("apiGroups").items())
        for named in rule.get("resources").items():
            for right in rights:
                if named.value is not UNKNOWN and not (_among(named, right.resources) or _is_below(named.value, right.resources)):
                    continue
                if _any(groups, right.groups) and _any(verbs, right.verbs):
                    yield rule, named, (*_doubts(groups, right.groups), *_doubts(verbs, right.verbs))
                    break


def grants(resource: Resource, message: str, *rights: Right, unsure: Iterable[Field] = ()) -> Iterator[Problem]:
    """A problem for each such place; `unsure` is what else decides."""
    for _, named, decisive in granted(resource, *rights):
        yield named.problem(message, *decisive, *unsure)


def _among(field: Field, wanted: Collection[str]) -> bool:
    return isinstance(field.value, str) and field.value in wanted


def _is_below(name: object, wanted: Collection[str]) -> bool:
    """Whether it is a part of a resource of which all parts are wanted, as in `userextras/`."""
    return isinstance(name, str) and "/" in name and f"{name.partition('/')[0]}/" in wanted


def _any(fields: Collection[Field], wanted: Collection[str]) -> bool:
    return any(field.value in (EVERY, UNKNOWN) or _among(field, wanted) for field in fields)


def _doubts(fields: Collection[Field], wanted: Collection[str]) -> Iterator[Field]:
    """The unknown ones, where no known one decides already."""
    if not any(field.value == EVERY or _among(field, wanted) for field in fields):
        yield from (field for field in fields if field.value is UNKNOWN)
