"""What the golden paths make has no finding, and one bad change to it, or beside it, makes the one rule about that change object."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from golden_paths import MADE, environment_of, resources
from rule_cases import FIRST_BAD, judged, said

from idp_components.rules import ALL, Finding, Resource, findings, stack_findings
from idp_components.rules.cases import Case, put, steps
from idp_components.rules.levels import ENVIRONMENTS, Level
from idp_components.rules.model import ResourceRule, Rule
from idp_components.rules.packs import levels

OBJECT_TOO: dict[str, tuple[set[str], str]] = {
    "aws-iam-pass-role": ({"aws-iam-wildcard-resource"}, "every role is every resource"),
    "aws-iam-privilege-escalation": ({"aws-iam-wildcard-resource"}, "every policy is every resource"),
    "kubernetes-ingress-wildcard-host": ({"kubernetes-ingress-tls"}, "without a host, its certificate is for another"),
}
"""Rules to which others object as well when they do: which ones, and why one change is two mistakes."""
OPTIONS = {
    "kubernetes-image-registry-allowed": {"registries": ["ghcr.io", "public.ecr.aws", "registry.example.com", "us-central1-docker.pkg.dev"]}
}
"""Options under which the golden paths are good, where those of the case would not have them."""
BESIDE = "checkout-production"
"""The stack that gets what golden paths don't make, as a team may write it beside them."""
SHARE = 1 / 4
"""Of the rules, at least so many have something on the golden paths that can be made bad; the others guard what teams make beside them."""


@pytest.mark.parametrize(("stack", "example"), MADE, ids=lambda value: value)
def test_what_golden_paths_make_has_no_finding_in_its_environment(stack: str, example: str) -> None:
    rules = [rule for rule, level in levels(environment_of(stack)).items() if level is not Level.DISABLED]
    made = resources(stack, example)
    found = [*findings(made, rules), *stack_findings(made, rules)]
    assert not found, f"{example or 'the team'} in {stack}: {said(found)}: {sorted({finding.rule.id for finding in found})}"


def kind(resource: Resource) -> str:
    return resource.aws or "/".join(resource.group_kind)


def of_each_path() -> Iterator[Resource]:
    """One resource of each kind out of each golden path and environment."""
    seen = set()
    for stack, example in MADE:
        for resource in resources(stack, example):
            origin = (environment_of(stack), resource.ancestors, kind(resource), frozenset(resource.props))
            if origin not in seen:
                seen.add(origin)
                yield resource


@pytest.fixture(scope="module")
def golden() -> dict[str, list[Resource]]:
    """By kind."""
    found: dict[str, list[Resource]] = {}
    for resource in of_each_path():
        found.setdefault(kind(resource), []).append(resource)
    return found


def targets(rule: Rule, golden: dict[str, list[Resource]]) -> list[Resource]:
    """Resources that a rule's first bad case can be put on."""
    case = FIRST_BAD[rule]
    on_request = all(levels(environment)[rule] is Level.DISABLED for environment in ENVIRONMENTS)
    if on_request or not isinstance(rule, ResourceRule) or not case.changes:
        return []
    return golden.get(kind(case.resources[0]), [])


def changed(resource: Resource, case: Case) -> Resource:
    """A resource with what a case changes, also within documents that it has as text."""
    props = copy.deepcopy(resource.props)
    for place, value in case.changes.items():
        first, *below = steps(place)
        document = below and isinstance(props.get(first), str)
        if document:
            props[first] = json.loads(props[first])
        put(props, place, value)
        if document:
            props[first] = json.dumps(props[first])
    return replace(resource, props=props)


def replaced(resource: Resource, case: Case) -> Resource:
    """A resource with the whole properties that a case changes: what stands around a change in a policy document decides, too."""
    bad = case.resources[0].props
    return replace(resource, props=resource.props | {key: bad.get(key) for key in (str(steps(place)[0]) for place in case.changes)})


def objecting(resource: Resource, rule: Rule, case: Case) -> set[str]:
    return {
        finding.rule.id for finding in findings([resource], ALL, {rule.id: OPTIONS.get(rule.id, case.options)}) if not finding.undecided
    }


def beside(rule: Rule, more: list[Resource]) -> list[Finding]:
    """What a rule says about a team's whole stack with something more in it."""
    return judged(rule, [*resources(BESIDE), *more], FIRST_BAD[rule])


@pytest.mark.parametrize("rule", FIRST_BAD, ids=lambda rule: rule.id)
def test_one_bad_change_to_a_golden_path_or_beside_it_makes_exactly_its_rule_object(rule: Rule, golden: dict[str, list[Resource]]) -> None:
    case = FIRST_BAD[rule]
    possible = [resource for resource in targets(rule, golden) if rule.id not in objecting(resource, rule, case)]
    if not possible:  # golden paths make nothing of the kind, or nothing good by a rule that is in force nowhere
        new = {said([finding]) for finding in beside(rule, case.resources)} - {said([finding]) for finding in beside(rule, [])}
        assert new, f"{rule.id}, case {case.title!r}: says nothing about it beside {BESIDE}"
        return
    also = OBJECT_TOO.get(rule.id, (set(), ""))[0]
    for change in (changed, replaced) if possible[0].aws else (changed,):
        fired = False
        for resource in possible:
            new = objecting(change(resource, case), rule, case) - objecting(resource, rule, case)
            fired |= rule.id in new
            others = new - {rule.id} - also
            assert not others, f"{rule.id}, case {case.title!r} on {resource.label} ({resource.urn}): object too: {sorted(others)}"
        if fired:
            return
    raise AssertionError(f"{rule.id}, case {case.title!r}: says nothing on any of {sorted({resource.label for resource in possible})}")


def test_most_rules_have_something_on_the_golden_paths_to_guard(golden: dict[str, list[Resource]]) -> None:
    without = [rule.id for rule in FIRST_BAD if not targets(rule, golden)]
    assert len(without) <= (1 - SHARE) * len(FIRST_BAD), f"nothing to change for {without}"
