"""Policy documents of IAM: read alike as JSON text, as an object, and as `aws.iam.getPolicyDocument` takes and returns them.

The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from idp_components.rules.aws.json_text import INVALID, parsed
from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.regex import regex
from idp_components.rules.values import one_or_many

POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "bool", "numericequals"})
"""Operators that hold for what they name, and for nothing else."""
LIKE = frozenset({"stringlike", "arnlike", "arnequals"})
"""Operators whose values are patterns; `ArnEquals` behaves as `ArnLike` does."""


@dataclass(frozen=True)
class Condition:
    """One key of a statement's conditions."""

    operator: str
    """In lower case, without set operator and `IfExists`."""
    key: str
    """In lower case."""
    field: Field
    """Its value or values."""
    quantifier: str = ""
    """`forallvalues`, `foranyvalue`, or empty."""
    if_exists: bool = False

    @property
    def values(self) -> list[Field]:
        return list(one_or_many(self.field))

    @property
    def demands(self) -> bool:
        """Whether it holds only for requests that have the key, with one of the values.

        `IfExists` and `ForAllValues` hold for requests without the key, and negated operators for whatever isn't named.
        """
        return self.operator in POSITIVE and not self.if_exists and self.quantifier != "forallvalues" and bool(self.values)


@dataclass(frozen=True)
class Statement:
    """One statement of a document."""

    field: Field

    def _element(self, *names: str) -> Field:
        """The first of these names that is set; the names of IAM first, then those of `getPolicyDocument`."""
        return next((found for name in names if (found := self.field.get(name)).value is not None), self.field.get(names[0]))

    @cached_property
    def effect(self) -> Field:
        return self._element("Effect", "effect")

    @property
    def allows(self) -> bool:
        """Whether it grants something. What is neither is read as a grant: no dangerous one may slip through by its spelling."""
        effect = self.effect.value
        return not (isinstance(effect, str) and effect.lower() == "deny")

    @cached_property
    def action(self) -> Field:
        return self._element("Action", "actions")

    @cached_property
    def not_action(self) -> Field:
        return self._element("NotAction", "notActions")

    @cached_property
    def resource(self) -> Field:
        return self._element("Resource", "resources")

    @cached_property
    def not_resource(self) -> Field:
        return self._element("NotResource", "notResources")

    @cached_property
    def not_principal(self) -> Field:
        return self._element("NotPrincipal", "notPrincipals")

    @property
    def actions(self) -> list[Field]:
        return list(one_or_many(self.action))

    @property
    def resources(self) -> list[Field]:
        return list(one_or_many(self.resource))

    @cached_property
    def principals(self) -> list[tuple[str, Field]]:
        """Kind (`AWS`, `Service`, `Federated`) and each principal; `"*"` alone is of kind `AWS`; an unknown one of kind empty."""
        return list(_principals(self._element("Principal", "principals")))

    @cached_property
    def conditions(self) -> list[Condition]:
        return list(_conditions(self._element("Condition", "conditions")))

    @property
    def condition(self) -> Field:
        """All of its conditions, for verdicts that depend on them."""
        return self._element("Condition", "conditions")

    @property
    def undecided(self) -> list[Field]:
        """What decides whether a grant is one, and is narrowed: to be named as decisive by every rule about a statement."""
        return [
            self.effect,
            self.condition,
            *self.condition.entries(),
            *(field for each in self.conditions for field in (each.field, *each.values)),
        ]

    def naming(self, action: str) -> Field | None:
        """The entry that covers an action, whatever it is about and whether it allows or denies; an unknown entry may do so."""
        if self.not_action.value is not None:
            return None if any(matches(each.value, action) for each in one_or_many(self.not_action)) else self.not_action
        return next((each for each in self.actions if each.value is UNKNOWN or matches(each.value, action)), None)


@dataclass(frozen=True)
class Document:
    """A document and the property that holds it. Places inside of it are shown as if the property were an object."""

    field: Field
    valid: bool = True
    """Whether it could be read at all."""

    @cached_property
    def statements(self) -> list[Statement]:
        """Those that are known; a single statement stands without a list."""
        return [Statement(each) for each in one_or_many(self._listed) if each.value is not UNKNOWN]

    @property
    def unknown(self) -> list[Field]:
        """What is unknown as a whole: the document, or statements of it."""
        return [self.field] if self.field.value is UNKNOWN else [each for each in one_or_many(self._listed) if each.value is UNKNOWN]

    @property
    def _listed(self) -> Field:
        names = (self.field.get(name) for name in ("Statement", "statements"))
        return next((found for found in names if found.value is not None), self.field.get("Statement"))

    @property
    def grants(self) -> Iterator[Statement]:
        """The statements that allow something."""
        return (statement for statement in self.statements if statement.allows)


def covers(refusal: Statement, grant: Statement) -> bool:
    """Whether a refusal is about every action and every resource of a grant."""
    pairs = ((grant.actions, refusal.actions), (grant.resources, refusal.resources))
    return all(
        wanted != []
        and all(isinstance(each.value, str) and any(matches(pattern.value, each.value) for pattern in refused) for each in wanted)
        for wanted, refused in pairs
    )


def document(field: Field) -> Document | None:
    """The document in a property; none where it is unset."""
    value = field.value
    if isinstance(value, dict) and (isinstance(value.get("json"), str) or value.get("json") is UNKNOWN):
        field, value = field.get("json"), value["json"]  # what getPolicyDocument returns
    if value is None:
        return None
    if value is UNKNOWN or isinstance(value, dict):
        return Document(field)
    found = parsed(value) if isinstance(value, str) else INVALID
    return Document(Field(found, field.key, field.parent)) if isinstance(found, dict) else Document(field, valid=False)


def _principals(field: Field) -> Iterator[tuple[str, Field]]:
    if isinstance(field.value, dict):
        for entry in field.entries():
            for each in one_or_many(entry):
                yield str(entry.key), each
    elif isinstance(field.value, list):
        for item in field.items():
            kind = item.get("type").value
            for each in one_or_many(item.get("identifiers")):
                yield ("AWS" if kind == "*" else kind if isinstance(kind, str) else ""), each
    elif field.value is UNKNOWN:
        yield "", field
    elif field.value is not None:
        yield "AWS", field


def _conditions(field: Field) -> Iterator[Condition]:
    if isinstance(field.value, list):
        for item in field.items():
            operator, key = item.get("test").value, item.get("variable").value
            if isinstance(operator, str) and isinstance(key, str):
                yield _condition(operator, key, item.get("values"))
        return
    for operator_field in field.entries():
        if isinstance(operator_field.value, dict):
            for entry in operator_field.entries():
                yield _condition(str(operator_field.key), str(entry.key), entry)


def _condition(operator: str, key: str, field: Field) -> Condition:
    quantifier, colon, name = operator.lower().rpartition(":")
    exists = name.endswith("ifexists")
    return Condition(name.removesuffix("ifexists"), key.lower(), field, quantifier if colon else "", exists)


def matches(pattern: Any, text: str) -> bool:
    """Whether a pattern of IAM (`*`, `?`, either case) covers a text."""
    return isinstance(pattern, str) and _compiled(str(pattern)).match(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # fnmatch's expressions never backtrack over a star; brackets mean nothing to IAM.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")), re.IGNORECASE)


def all_wild(text: str) -> bool:
    """Whether a text is nothing but wildcards."""
    return bool(text) and set(text) <= set("*?")


def account_of(principal: Any) -> str:
    """The account that a principal or an ARN names: `123456789012`; empty where it names none, or only a pattern."""
    text = principal if isinstance(principal, str) else ""
    number = text.split(":")[4] if text.count(":") >= 5 else text
    return str(number) if re.fullmatch(r"[0-9]{12}", number) else ""


def covers_everything(resource: Any) -> bool:
    """Whether an entry of `Resource` means all resources, or all of a service: `*`, `arn:aws:s3:::*`, `arn:aws:logs:*:*:*`."""
    return isinstance(resource, str) and all(all_wild(part) for part in _name_parts(resource))


def covers_all_of_iam(action: Any) -> bool:
    """Whether an entry of `Action` means every action of IAM, with which somebody gives himself all others: `*`, `iam:*`."""
    service, colon, name = action.partition(":") if isinstance(action, str) else ("", "", "")
    return matches(service, "iam") and (all_wild(name) if colon else all_wild(service))


_ALL_OF_IAM = regex(r"arn:[^:]*:iam:[^:]*:[^:]*:(?:group|policy|role|user)\*+")
"""A wildcard reaches over the slash."""


def covers_all_of_a_kind(resource: Any) -> bool:
    """The same, or all of one kind, as in IAM's `arn:aws:iam::*:role/*` and in CloudFormation's `stack/*/*`."""
    if not isinstance(resource, str):
        return False
    parts = _name_parts(resource)
    named = parts[1:]
    return covers_everything(resource) or (named != [] and all(map(all_wild, named))) or _ALL_OF_IAM.fullmatch(resource) is not None


def _name_parts(arn: str) -> list[str]:
    """What stands behind the account in an ARN: `["role", "deploy"]`."""
    return re.split("[:/]", arn.split(":", 5)[-1].removeprefix("/"))
