"""Resource policies that refuse whoever comes without TLS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from idp_components.rules.expect import is_set
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Resource
from idp_components.rules.values import is_false

REFUSE = 'add a statement with Effect Deny, Principal "*" and the condition Bool aws:SecureTransport false'


def refuses_plain_text(policy: Field, service: str, needs: Callable[[list[Any]], bool] = bool, action: str = "*") -> Iterator[Problem]:
    """Objects to a policy document (text or object) that lets somebody of a service in without TLS.

    `needs` says whether the statement's resources are enough; `action` is the least that it must refuse.
    """
    document = _document(policy.value)
    if document is UNKNOWN or not any(_refuses(statement, service, needs, action) for statement in _list(document.get("Statement"))):
        unknown = [policy.get("Statement")] if document is policy.value else []
        state = "is unset" if not is_set(policy) else "lets clients in without TLS"
        yield policy.problem(f"{state}; {REFUSE}", *unknown)


def with_policy(
    key: str, service: str, needs: Callable[[list[Any]], bool] = bool, action: str = "*"
) -> Callable[[Resource], Iterator[Problem]]:
    """The same, for resources that hold their policy under a property."""
    return lambda resource: refuses_plain_text(resource.root.get(key), service, needs, action)


def _refuses(statement: Any, service: str, needs: Callable[[list[Any]], bool], action: str) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Deny":
        return False
    principal = statement.get("Principal")
    principals = _list(principal.get("AWS")) if isinstance(principal, dict) else [principal]
    actions = [each.lower() for each in _list(statement.get("Action")) if isinstance(each, str)]
    enough = {"*", f"{service}:*", f"{service}:{action}".lower()}
    return "*" in principals and bool(enough & {*actions}) and needs(_list(statement.get("Resource"))) and _without_tls(statement)


def _without_tls(statement: dict[str, Any]) -> bool:
    """Whether the condition is that TLS is missing, and nothing besides."""
    condition = statement.get("Condition")
    if not isinstance(condition, dict) or len(condition) != 1:
        return False
    operator, tests = next(iter(condition.items()))
    if operator not in ("Bool", "BoolIfExists") or not isinstance(tests, dict) or len(tests) != 1:
        return False
    key, values = next(iter(tests.items()))
    return isinstance(key, str) and key.lower() == "aws:securetransport" and bool(_list(values)) and all(map(is_false, _list(values)))


def _document(value: Any) -> Any:
    if value is UNKNOWN or isinstance(value, dict):
        return value
    try:
        found = json.loads(value) if isinstance(value, str) else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
