"""Rules about waivers: the file of exceptions is judged like everything else, and none of these rules can be waived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idp_components.rules.field import Field, Problem, shown
from idp_components.rules.model import Options, Resource, ResourceRule, Severity, Stack, StackRule
from idp_components.rules.waivers import MAX_DAYS, NEVER, REFERENCE, TYPE
from idp_components.rules.waivers.entry import day, problems, waivers, without_limit
from idp_components.rules.waivers.model import Place, Waiver

SOURCE = "https://csrc.nist.gov/glossary/term/plan_of_action_and_milestones"
FILE = "policies/waivers.yaml"
Entries = Callable[[Resource, Options], Iterator[Problem]]


def waiver_rule(
    rule_id: str,
    *,
    title: str,
    severity: Severity,
    rationale: str,
    fix: str,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[Entries], ResourceRule]:
    """Decorates `(register, options) -> problems`."""

    def rule(check: Entries) -> ResourceRule:
        return ResourceRule(
            id=rule_id,
            title=title,
            severity=severity,
            applies=lambda token: token == TYPE,
            check=check,
            rationale=rationale,
            fix=fix,
            source=SOURCE,
            options=options or {},
        )

    return rule


@waiver_rule(
    "waiver-invalid",
    title="The waiver file can be read, and each entry is complete.",
    severity=Severity.HIGH,
    rationale="What can't be read lifts nothing: a team that relies on it is stopped by the rule, and nobody knows why.",
    fix=f"Mend the entry in {FILE}: id, rules, match, owner, reason, created, expires (at most {MAX_DAYS} days later).",
)
def invalid(register: Resource, _options: Options) -> Iterator[Problem]:
    error = register.root.get("error")
    if error.value:
        yield error.problem(f"{error.value}; until it can be read, nothing is waived" if _is_line(error.value) else "can't be read")
    ids: set[str] = set()
    known = register.root.get("facts", "rules").value
    for entry in _entries(register):
        yield from problems(entry)
        name = entry.get("id")
        if isinstance(name.value, str):
            if name.value in ids:
                yield name.problem("is there twice; give each waiver an id of its own")
            ids.add(name.value)
        if isinstance(known, list) and known:
            for rule in entry.get("rules").items():
                if isinstance(rule.value, str) and rule.value not in known:
                    yield rule.problem("is no rule; look it up with idp check")


@waiver_rule(
    "waiver-never",
    title="What can't be undone is waived for nobody.",
    severity=Severity.CRITICAL,
    rationale="Some findings give a whole cluster or account away; a reason for that is a reason for another design.",
    fix="Take the rule out of the waiver and change the resource.",
)
def never(register: Resource, _options: Options) -> Iterator[Problem]:
    for entry in _entries(register):
        for rule in entry.get("rules").items():
            if isinstance(rule.value, str) and rule.value in NEVER:
                yield rule.problem(f"{shown(rule.value)} can't be waived: {NEVER[rule.value]}".strip())


@waiver_rule(
    "waiver-expired",
    title="A waiver that has run out is taken away.",
    severity=Severity.MEDIUM,
    rationale="It lifts nothing any more; who finds it believes in an exception that nobody has agreed to.",
    fix=f"Delete it from {FILE} once the resource is mended, or have a new one reviewed.",
)
def expired(register: Resource, _options: Options) -> Iterator[Problem]:
    today = day(register.root.get("facts", "today").value)
    for entry, waiver in _here(register):
        if today and waiver.expires < today:
            yield entry.get("expires").problem(f"{waiver.id} expired {waiver.expires}, owner {waiver.owner}")


@waiver_rule(
    "waiver-unused",
    title="A waiver that names a stack excuses something there.",
    severity=Severity.LOW,
    rationale="An exception that nobody needs is one that somebody will use.",
    fix=f"Delete it from {FILE}.",
)
def unused(register: Resource, _options: Options) -> Iterator[Problem]:
    facts = register.root.get("facts")
    used, stack, today = facts.get("used").value, facts.get("stack").value, day(facts.get("today").value)
    for entry, waiver in _here(register):
        named = waiver.match.stack == stack and today and waiver.created <= today <= waiver.expires
        if named and waiver.rules and isinstance(used, list) and waiver.id not in used:
            yield entry.get("match", "stack").problem(f"names this stack, where {waiver.id} excuses nothing; delete the waiver")


@waiver_rule(
    "waiver-too-wide",
    title="A waiver is for a few resources of a few types.",
    severity=Severity.HIGH,
    rationale="A reason is reviewed for the resources that were looked at; a pattern that takes in more hides what comes later.",
    fix="Name the type, and the project, stack and name as far as they are known.",
    options={
        "resources": {
            "type": "integer",
            "minimum": 1,
            "default": 10,
            "description": "Resources of a stack, or of files, that one waiver may match.",
        }
    },
)
def too_wide(register: Resource, options: Options) -> Iterator[Problem]:
    for entry in _entries(register):
        if not any(problems(entry)):
            yield from without_limit(entry)
    matched, limit = register.root.get("facts", "matched"), options["resources"]
    for entry, waiver in _here(register):
        count = matched.get(waiver.id).value
        if isinstance(count, int) and count > limit:
            yield entry.get("match").problem(f"takes in {count} resources here, more than {limit}; narrow it")


def _check_references(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    known = [waiver for register in stack.of(("", "Waivers")) for waiver in waivers(register.root.get("waivers").value)]
    for resource in stack.resources:
        for reference in _references(resource):
            mentioned = [waiver for waiver in known if waiver.id == reference.value]
            if not mentioned:
                yield resource, reference.problem("names a waiver that there is not; have it reviewed first, or take the reference away")
            elif not any(waiver.match.covers(resource) for waiver in mentioned):
                yield resource, reference.problem("names a waiver that is not for this resource; take the reference away")


unknown_reference = StackRule(
    id="waiver-unknown-reference",
    title="A resource refers only to waivers that are there for it.",
    severity=Severity.HIGH,
    check=_check_references,
    rationale="A reference grants nothing. One to a waiver that was never given looks like permission to whoever reads the code.",
    fix=f"Have the waiver added to {FILE} by the platform's owners, or take the annotation or tag {REFERENCE} away.",
    source=SOURCE,
)


def _references(resource: Resource) -> Iterator[Field]:
    for place in (("metadata", "annotations"), ("tags",)):
        texts = resource.root.get(*place)
        if isinstance(texts.value, dict) and texts.get(REFERENCE).value is not None:
            yield texts.get(REFERENCE)


def _entries(register: Resource) -> Iterator[Field]:
    return register.root.get("waivers").items()


def _here(register: Resource) -> Iterator[tuple[Field, Waiver]]:
    """The valid waivers that could be for the register's project and stack, each with its entry."""
    facts = register.root.get("facts")
    project, stack = (value if isinstance(value := facts.get(key).value, str) else "" for key in ("project", "stack"))
    for entry in _entries(register):
        for waiver in waivers([entry.value]):
            if waiver.match.concerns(Place(project, stack)):
                yield entry, waiver


def _is_line(value: Any) -> bool:
    return type(value) is str and value.isprintable()


RULES = (invalid, never, expired, unused, too_wide, unknown_reference)
