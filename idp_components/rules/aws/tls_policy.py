"""Resource policies that refuse whoever comes without TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from idp_components.rules.aws.policy_document import Document, Statement, document, matches
from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Resource
from idp_components.rules.selectors import every
from idp_components.rules.values import is_false, is_true

REFUSE = 'add a statement with Effect Deny, Principal "*" and the condition Bool aws:SecureTransport false'


def refuses_plain_text(
    policy: Field, service: str, needs: Callable[[list[Any]], bool] = bool, actions: Sequence[str] = ("*",), *, grants_suffice: bool = False
) -> Iterator[Problem]:
    """Objects to a policy document (text or object) that lets somebody of a service in without TLS.

    `needs` says whether the resources of the statements that refuse an action are enough together; `actions` are the least to refuse.
    With `grants_suffice` it also does that everything is granted to clients with TLS alone.
    """
    found = document(policy)
    granted = _grants_with_tls(found) if found and grants_suffice else False
    if granted:
        return
    statements = found.statements if found else ()
    refused = every(_are_enough(statements, f"{service}:{action}", needs) for action in actions)
    if not refused:
        unknown = [*(found.unknown if found else ()), *([Field(UNKNOWN)] if None in (granted, refused) else ())]
        state = "is unset" if not is_set(policy) else "lets clients in without TLS"
        yield policy.problem(f"{state}; {REFUSE}", *unknown)


def with_policy(
    key: str, service: str, needs: Callable[[list[Any]], bool] = bool, actions: Sequence[str] = ("*",)
) -> Callable[[Resource], Iterator[Problem]]:
    """The same, for resources that hold their policy under a property."""
    return lambda resource: refuses_plain_text(resource.root.get(key), service, needs, actions)


def _grants_with_tls(found: Document) -> bool | None:
    """Whether every grant of a document demands TLS; none where that isn't known yet."""
    grants = list(found.grants)
    if not grants or found.unknown:
        return False  # what is unknown as a whole decides by itself
    return every(_demands_tls(grant) for grant in grants)


def _demands_tls(grant: Statement) -> bool | None:
    if any(field.value is UNKNOWN for field in grant.undecided):
        return None
    demands = (each for each in grant.conditions if each.demands and (each.operator, each.key) == ("bool", "aws:securetransport"))
    return any(all(is_true(value.value) for value in each.values) for each in demands)


def _are_enough(statements: Iterable[Statement], action: str, needs: Callable[[list[Any]], bool]) -> bool | None:
    """Whether statements together refuse an action to whoever comes without TLS; none where that isn't known yet."""
    verdicts = [(statement, _refuses(statement, action)) for statement in statements]
    if _enough([statement for statement, refuses in verdicts if refuses], needs):
        return True
    possible = [statement for statement, refuses in verdicts if refuses is not False]
    open_ended = any(each.value is UNKNOWN for statement in possible for each in statement.resources)
    return None if open_ended or _enough(possible, needs) else False


def _enough(statements: list[Statement], needs: Callable[[list[Any]], bool]) -> bool:
    return bool(statements) and needs([each.value for statement in statements for each in statement.resources])


def _refuses(statement: Statement, action: str) -> bool | None:
    """The same of a single one, whatever its resources are."""
    parts = (
        _any([statement.effect], lambda effect: effect == "Deny"),
        _any([each for kind, each in statement.principals if kind in ("AWS", "")], lambda principal: principal == "*"),
        _any(statement.actions, partial(_reaches, action)),
        _without_tls(statement),
    )
    return every(parts)


def _any(fields: list[Field], is_good: Callable[[Any], bool]) -> bool | None:
    if any(is_good(field.value) for field in fields):
        return True
    return None if any(field.value is UNKNOWN for field in fields) else False


def _reaches(action: str, pattern: Any) -> bool:
    return matches(pattern, action) and "?" not in pattern


def _without_tls(statement: Statement) -> bool | None:
    """Whether the condition is that TLS is missing, and nothing besides; none where that isn't known yet."""
    whole = statement.condition
    if whole.value is UNKNOWN:
        return None
    if not isinstance(whole.value, dict | list) or len(whole.value) != 1:
        return False
    if any(operator.value is UNKNOWN and operator.key in ("Bool", "BoolIfExists") for operator in whole.entries()):
        return None
    if len(statement.conditions) != 1 or (only := statement.conditions[0]).quantifier:
        return False
    known = [value.value for value in only.values if value.value is not UNKNOWN]
    if only.operator != "bool" or only.key != "aws:securetransport" or not only.values or not all(map(is_false, known)):
        return False
    return True if len(known) == len(only.values) else None
