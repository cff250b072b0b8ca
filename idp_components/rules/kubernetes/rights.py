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


@dataclass(frozen=True)
class Grant:
    """A place where a Role grants such a right."""

    rule: Field
    named: Field
    """What it names in `resources`."""
    includes: str
    """Where that is a wildcard: the resource that is meant."""
    decisive: tuple[Field, ...]
    """What is unknown, and leaves open whether it is granted."""

    @property
    def names(self) -> Field:
        """What says which objects alone are meant."""
        return self.rule.get("resourceNames")

    @property
    def is_about_any(self) -> bool:
        """Whether it names no objects, or may name none."""
        return self.names.value in (None, [], UNKNOWN)

    def problem(self, message: str, *decisive: Field) -> Problem:
        """An objection; `message` goes on after the resource, and `decisive` is what else it depends on."""
        text = f"includes {self.includes}, which {message}" if self.includes else message
        return self.named.problem(text, *self.decisive, *decisive)


def granted(resource: Resource, *rights: Right) -> Iterator[Grant]:
    """Each place where a Role grants one of the rights, also by a wildcard. Who grants all of everything is left to the wildcard's rule."""
    for rule in resource.root.get("rules").items():
        verbs, groups = list(rule.get("verbs").items()), list(rule.get("apiGroups").items())
        names = list(rule.get("resources").items())
        if all(any(field.value == EVERY for field in fields) for fields in (groups, names, verbs)):
            continue
        for named in names:
            for right in rights:
                meant = _meant(named, right.resources)
                if meant is not None and _any(groups, right.groups) and _any(verbs, right.verbs):
                    unknown = [named] if named.value is UNKNOWN else []
                    yield Grant(rule, named, meant, (*unknown, *_doubts(groups, right.groups), *_doubts(verbs, right.verbs)))
                    break


def grants(resource: Resource, message: str, *rights: Right, unsure: Iterable[Field] = ()) -> Iterator[Problem]:
    """A problem for each such place; `unsure` is what else decides."""
    for grant in granted(resource, *rights):
        yield grant.problem(message, *unsure)


def _meant(named: Field, wanted: Collection[str]) -> str | None:
    """Which of the wanted resources a wildcard includes; empty where one is named itself, none where none is meant.

    `*` is every resource with all its parts, `*/token` that part of every one; `pods/*` is nothing to Kubernetes.
    """
    name = named.value
    if name is UNKNOWN or _among(named, wanted) or _is_below(name, wanted):
        return ""
    if name == EVERY:
        return next(iter(wanted))
    part = name.removeprefix("*") if isinstance(name, str) and name.startswith("*/") and name != "*/" else None
    return next((each for each in wanted if part and each.endswith(part)), None)


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
