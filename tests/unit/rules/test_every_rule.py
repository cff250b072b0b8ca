"""What holds for every rule, shown on its own cases: other types, unknown values, wrong shapes, noise and order."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from rule_cases import CASES, EACH_RULE, FIRST_BAD, SHAPES, inner, judged, said, verdict

from idp_components.rules import UNKNOWN
from idp_components.rules.cases import Case, put, steps
from idp_components.rules.field import path
from idp_components.rules.model import Resource, Rule

ORDINARY = "most resources have values under ordinary names that only the update knows; they are judged then"
PASSES_UNKNOWN: dict[str, str] = {
    "kubernetes-secret-in-env": ORDINARY,
    "kubernetes-secret-in-arguments": ORDINARY,
    "kubernetes-secret-in-config-map": ORDINARY,
    "aws-secret-variable": ORDINARY,
    "aws-ssm-secure-string: value": ORDINARY,
    "ephemeral-production-data: containerDefinitions": ORDINARY,
    "ephemeral-production-data: data": ORDINARY,
    "ephemeral-production-data: environment": ORDINARY,
    "ephemeral-production-data: policy": ORDINARY,
    "ephemeral-production-data: spec": ORDINARY,
    "aws-backup-vault-key": "a key that is still to be made is none of AWS' own",
    "aws-elasticache-authentication: aclName": "a list that is still to be made isn't the open one of AWS",
    "aws-lambda-permission-source: sourceArn": "an ARN that is still to be made is that of one resource",
    "aws-rds-log-exports": "whoever calculates a list of logs lists more than the one that nobody needs",
    "aws-rds-performance-insights-key: performanceInsightsKmsKeyId": "a key that is still to be made is none of AWS' own",
    "aws-secretsmanager-key": "a key that is still to be made is none of AWS' own",
    "aws-plain-secret": "what only the update knows was made by something, and stands in no program",
    "aws-rds-force-tls: parameterGroupName": "a group that is still to be made is none of AWS' own, and is judged itself",
    "aws-rds-force-tls: dbClusterParameterGroupName": "the same",
    "organisation-approved-regions: replicateSourceDb": "an ARN that is still to be made is that of a resource which is judged itself",
}
"""Rules that are content with a value that nobody knows yet (anywhere, or at one place), and why that is no false pass."""
NOTHING: tuple[Any, ...] = (None, "", [], {})
"""Where something was missing, an unknown value may be all that was asked for."""
EVERY_TYPE = {
    "ephemeral-production-data": ("aws:", "kubernetes:"),
    "organisation-approved-regions": ("aws:", "pulumi:providers:aws"),
    "organisation-budget": ("aws:",),
    "organisation-names": ("aws:",),
    "waiver-unknown-reference": ("",),
}
"""Rules about whatever there is, and how the types begin that they are about."""
ABOUT_RESOURCES = pytest.mark.parametrize(
    "rule", [rule for rule in FIRST_BAD if not rule.id.startswith("waiver-")], ids=lambda rule: rule.id
)
"""All but those about the waiver file: it is read before anything is judged, so that nothing in it waits for the update."""
UNDECIDED = "can't be judged yet: a value that decides is only known after the update"


def strangers(rule: Rule, token: str) -> Iterator[str]:
    """Types that look like this one, and aren't what the rule is about."""
    kind = token.rpartition(":")[2]
    yield from ("", kind, f"idp:index:{kind}", f"azure-native:web:{kind}", f"{token}s")
    if rule.id.startswith("kubernetes-"):
        yield from (f"kubernetes:example.com/v1:{kind}", f"aws:{kind.lower()}:{kind}")
    if rule.id.startswith("aws-"):
        yield from (f"kubernetes:core/v1:{kind}", f"aws:nowhere/{kind.lower()}:{kind}", token.replace("aws:", "aws-native:", 1))


@EACH_RULE
def test_a_resource_of_another_type_is_left_alone(rule: Rule) -> None:
    case = FIRST_BAD[rule]
    tokens = [token for token in strangers(rule, case.resources[0].type) if not token.startswith(EVERY_TYPE.get(rule.id, ()))]
    for token in tokens:
        found = judged(rule, [replace(resource, type=token) for resource in case.resources], case)
        assert not found, f"{rule.id}, case {case.title!r} as {token!r}: {said(found)}"


def places(case: Case) -> list[str]:
    """The paths at which a case of one resource says what matters: not what says of what type it is."""
    (resource,) = case.resources
    of_type = ("apiVersion", "kind", "items") if resource.type.endswith(":List") else ("apiVersion", "kind")
    return list(case.changes) or [f'["{key}"]' for key in resource.props if key not in (*of_type, "metadata")]


def may_pass(rule: Rule, case: Case, place: str) -> bool:
    """Whether a rule may be content with an unknown value at a place where its case has a bad one."""
    written = case.changes[place] if case.changes else case.resources[0].props[steps(place)[0]]
    return written in NOTHING or not PASSES_UNKNOWN.keys().isdisjoint({rule.id, f"{rule.id}: {path(steps(place))}"})


def with_(case: Case, place: str, value: Any) -> list[Resource]:
    """The resource of a case with another value at a path."""
    props = copy.deepcopy(case.resources[0].props)
    put(props, place, value)
    return [replace(case.resources[0], props=props)]


@ABOUT_RESOURCES
def test_an_unknown_value_where_a_bad_one_was_is_neither_a_violation_nor_a_pass(rule: Rule) -> None:
    for case in CASES[rule]:
        for place in () if case.whole or case.verdict != "bad" else places(case):
            found = judged(rule, with_(case, place, UNKNOWN), case)
            where = f"{rule.id}, case {case.title!r}, {place} unknown: {said(found)}"
            there = [finding for finding in found if finding.keys[: len(steps(place))] == tuple(steps(place))]
            assert all(finding.undecided for finding in there), f"{where}; nobody can know that"
            assert found or may_pass(rule, case, place), f"{where}; compare with what is allowed, or say in PASSES_UNKNOWN why it may pass"
            assert all(finding.message.endswith(UNDECIDED) for finding in found if finding.undecided)


def with_each(case: Case, value: Any) -> Iterator[tuple[str, list[Resource]]]:
    """A case with another value in place of each one in turn, and where that is. In a `List` that would hide what it is a list of."""
    for index, resource in enumerate(case.resources):
        if resource.type.endswith(":List"):
            continue
        props = copy.deepcopy(resource.props)
        resources = [*case.resources[:index], replace(resource, props=props), *case.resources[index + 1 :]]
        for keys, parent in inner(props):
            before = parent[keys[-1]]
            parent[keys[-1]] = value
            yield path(keys), [replace(each) for each in resources]
            parent[keys[-1]] = before


@ABOUT_RESOURCES
def test_a_value_that_was_good_may_be_so_when_it_is_unknown(rule: Rule) -> None:
    for case in CASES[rule]:
        for place, resources in with_each(case, UNKNOWN) if case.verdict == "good" else ():
            found = judged(rule, resources, case)
            assert all(f.undecided for f in found), f"{rule.id}, case {case.title!r}, {place} unknown: {said(found)}; nobody can know that"


def survives(rule: Rule, resources: list[Resource], case: Case, place: str, shape: Any) -> None:
    """Judges a case with a wrong shape at a place: nothing is raised, and each message stays one line."""
    try:
        found = judged(rule, resources, case)
    except Exception as error:
        raise AssertionError(f"{rule.id}, case {case.title!r}, {place} is {shape!r:.40}: raises {error!r}") from error
    assert not any("\n" in finding.message for finding in found)


@EACH_RULE
def test_a_wrong_shape_at_a_place_that_matters_breaks_nothing(rule: Rule) -> None:
    for case in CASES[rule]:
        for place in () if case.whole else places(case):
            (resource,) = with_(case, place, None)
            for shape in (shape for plain in SHAPES for shape in (plain, [plain], {"a": plain})):
                put(resource.props, place, shape)
                survives(rule, [replace(resource)], case, place, shape)


@EACH_RULE
def test_a_wrong_shape_anywhere_in_a_stack_breaks_nothing(rule: Rule) -> None:
    for case, shape in product((case for case in CASES[rule] if case.whole), ([], {}, [[7]], {"a": []}, 7, "7")):
        for place, resources in with_each(case, shape):
            survives(rule, resources, case, place, shape)


def verdict_of(rule: Rule, case: Case, change: Callable[[Any], Any]) -> Any:
    return verdict(judged(rule, [replace(resource, props=change(resource.props)) for resource in case.resources], case))


@EACH_RULE
@pytest.mark.parametrize("value", [7, UNKNOWN, {"hostPID": True, "a": [None]}], ids=repr)
def test_an_unrelated_field_changes_no_verdict(rule: Rule, value: Any) -> None:
    def noisy(props: Any) -> Any:
        parts = {key: props[key] | {"x-unrelated": value} for key in ("metadata", "spec") if isinstance(props.get(key), dict)}
        return props | parts | {"x-unrelated": value}

    for case in CASES[rule]:
        now, before = verdict_of(rule, case, noisy), verdict(judged(rule, case.resources, case))
        assert now == before, f"{rule.id}, case {case.title!r} with x-unrelated: {before} became {now}"


@EACH_RULE
def test_the_order_of_keys_changes_no_verdict(rule: Rule) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(element) for element in value] if isinstance(value, list) else value

    for case in CASES[rule]:
        now, before = verdict_of(rule, case, turned), verdict(judged(rule, case.resources, case))
        assert now == before, f"{rule.id}, case {case.title!r} with its keys in reverse: {before} became {now}"
