"""Entries of the waiver file: what is wrong with one, and the waiver that it stands for where nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from idp_components.rules.field import Field, Problem
from idp_components.rules.regex import regex
from idp_components.rules.waivers.model import MAX_DAYS, Match, Waiver
from idp_components.rules.waivers.never import NEVER

REQUIRED = ("id", "rules", "match", "owner", "reason", "created", "expires")
OPTIONAL = ("container",)
PATTERNS = ("project", "stack", "type", "name")
_ID = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_DATE = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WILDCARD = regex(r"[*?\[]")


def waivers(written: Any) -> Iterator[Waiver]:
    """The waivers that a list of entries stands for. One that is invalid, or takes in too much, lifts nothing."""
    ids: set[str] = set()
    for entry in Field(written).items():
        if not any(problems(entry)) and entry.value["id"] not in ids and not any(without_limit(entry)):
            ids.add(entry.value["id"])
            yield _waiver(entry.value)


def problems(entry: Field) -> Iterator[Problem]:
    """What is wrong with an entry by itself."""
    if not isinstance(entry.value, dict):
        yield entry.problem(f"is no object; write {', '.join(REQUIRED)}")
        return
    yield from _unknown(entry, (*REQUIRED, *OPTIONAL))
    for name in REQUIRED:
        if entry.get(name).value is None:
            yield entry.get(name).problem("is unset; say it")
    yield from _texts(entry)
    yield from _rules(entry.get("rules"))
    yield from _match(entry.get("match"))
    yield from _dates(entry.get("created"), entry.get("expires"))


def without_limit(entry: Field) -> Iterator[Problem]:
    """What lets a valid entry take in more than a review can look at: unlike types, or a type wherever it is."""
    kind, *places = (entry.get("match", name) for name in ("type", "project", "stack", "name"))
    # In front of the slash are provider and group: `kubernetes:apps/`, `aws:s3/`.
    if kind.value is None or (_WILDCARD.search(kind.value) and "/" not in _WILDCARD.split(kind.value)[0]):
        yield kind.problem("takes in more than one group of types, so that nothing is waived; name one")
    elif not any(place.value and place.value.strip("*?") for place in places):
        yield entry.get("match").problem("takes in a type wherever it is, so that nothing is waived; name project, stack or name")


def day(value: Any) -> date | None:
    """The day that a text like 2027-01-30 names, if it does."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _unknown(field: Field, known: Iterable[str]) -> Iterator[Problem]:
    for key in field.value:
        if key not in known:
            yield field.problem(f"has a field that isn't known; there are {', '.join(known)}")


def _texts(entry: Field) -> Iterator[Problem]:
    name = entry.get("id")
    if name.value is not None and not (isinstance(name.value, str) and _ID.fullmatch(name.value)):
        yield name.problem("is no name; use letters, digits, dots and hyphens, for example EX-042")
    for field in (entry.get("owner"), entry.get("reason"), entry.get("container")):
        if field.value is not None and not (isinstance(field.value, str) and field.value.strip() and field.value.isprintable()):
            yield field.problem("is no text of one line; write it in quotes")


def _rules(rules: Field) -> Iterator[Problem]:
    if rules.value is None:
        return
    if not isinstance(rules.value, list) or not rules.value:
        yield rules.problem("is no list of rules; name each, for example [kubernetes-host-path]")
    for rule in rules.items():
        if not isinstance(rule.value, str) or not _ID.fullmatch(rule.value):
            yield rule.problem("is no rule's id; name each rule, patterns aren't allowed")


def _match(match: Field) -> Iterator[Problem]:
    if match.value is None:
        return
    if not isinstance(match.value, dict):
        yield match.problem(f"is no object; use {', '.join(PATTERNS)}")
        return
    yield from _unknown(match, PATTERNS)
    patterns = [match.get(name) for name in PATTERNS if match.get(name).value is not None]
    wrong = [pattern for pattern in patterns if not isinstance(pattern.value, str) or not pattern.value]
    for pattern in wrong:
        yield pattern.problem("is no text; write a name or a pattern, for example checkout-*")
    if not wrong and not any(pattern.value.strip("*?") for pattern in patterns):
        yield match.problem(f"matches everything; narrow it by {', '.join(PATTERNS)}")


def _dates(created: Field, expires: Field) -> Iterator[Problem]:
    for field in (created, expires):
        if field.value is not None and day(field.value) is None:
            yield field.problem("is no day; write it like 2027-01-30")
    first, last = day(created.value), day(expires.value)
    if first and last:
        if last < first:
            yield expires.problem(f"is before created, {first}")
        elif last - first > timedelta(days=MAX_DAYS):
            yield expires.problem(
                f"is more than {MAX_DAYS} days after created, {first}; {first + timedelta(days=MAX_DAYS)} is the last day"
            )


def _waiver(entry: dict[str, Any]) -> Waiver:
    """The waiver of a valid entry, without the rules that nothing excuses."""
    match = {name: pattern for name, pattern in entry["match"].items() if pattern is not None}
    return Waiver(
        id=entry["id"],
        rules=tuple(rule for rule in entry["rules"] if rule not in NEVER),
        match=Match(**match),
        container=entry.get("container") or "",
        owner=entry["owner"].strip(),
        reason=entry["reason"].strip(),
        created=date.fromisoformat(entry["created"]),
        expires=date.fromisoformat(entry["expires"]),
    )
