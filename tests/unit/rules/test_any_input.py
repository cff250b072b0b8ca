"""Rules meet anything: they never raise, and only what they ask about changes their verdict."""

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_cases import CASES, SHAPES, inner, verdict

from idp_components.rules import ALL, UNKNOWN, Finding, Resource, findings, stack_findings
from idp_components.rules.cases import base, bases
from idp_components.rules.field import SecretText, path
from idp_components.rules.model import Rule

KNOWN = [case for known in CASES.values() for case in known]
RESOURCES = [resource for case in KNOWN for resource in case.resources]
WHOLE = [case.resources for case in KNOWN if case.whole] or [RESOURCES[:2]]
OPTIONS = {rule.id: case.options for rule, known in CASES.items() for case in known if case.options}
LIKE_DEPLOYMENT = {"DaemonSet", "Job", "ReplicaSet", "StatefulSet"}
"""Bases that differ from Deployment in nothing that matters here."""
READS_ALL = {"ephemeral-production-data"}
"""To rules that look for something in every text no field is unrelated."""

WORDS = st.sampled_from(sorted({keys[-1] for resource in RESOURCES for keys, _ in inner(resource.props) if isinstance(keys[-1], str)}))
VALUES = [parent[keys[-1]] for resource in RESOURCES for keys, parent in inner(resource.props)]
TEXTS = sorted({value for value in VALUES if type(value) is str})
LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400), st.text(max_size=8), WORDS),
    *(st.just(UNKNOWN), st.sampled_from(TEXTS), st.builds(SecretText, st.sampled_from(TEXTS)), st.integers().map(str)),
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=20)
TYPES = sorted({resource.type for resource in RESOURCES})
TOKENS = st.sampled_from([f"{token}{form}" for token in TYPES for form in ("", "List", "Patch", "V2")]) | st.text(max_size=20)


@st.composite
def bent(draw: Any) -> Resource:
    """A resource of a case in which one to three places hold something else."""
    resource: Resource = draw(st.sampled_from(RESOURCES))
    props = copy.deepcopy(resource.props)
    for _ in range(draw(st.integers(1, 3))):
        if found := list(inner(props)):
            keys, parent = draw(st.sampled_from(found))
            parent[keys[-1]] = draw(JSON)
    return replace(resource, props=props)


def everything(*resources: Resource, rules: Iterable[Rule] = ALL) -> list[Finding]:
    return [*findings(resources, rules, OPTIONS), *stack_findings(resources, rules, OPTIONS)]


@given(token=TOKENS, props=JSON)
def test_no_input_makes_a_rule_raise(token: str, props: Any) -> None:
    for finding in everything(Resource(token, "web", props)):
        assert "\n" not in finding.message


@given(manifest=st.dictionaries(st.sampled_from(["apiVersion", "kind", "items", "metadata", "spec"]), JSON))
def test_no_manifest_makes_a_rule_raise(manifest: dict[str, Any]) -> None:
    everything(Resource.from_manifest(manifest))


@pytest.mark.parametrize("token", TYPES)
def test_a_list_without_elements_has_nothing_to_judge(token: str) -> None:
    assert not everything(Resource(f"{token}List", "web", {}))


@given(resource=bent(), form=st.sampled_from(["", "List", "Patch"]))
@settings(max_examples=200)
def test_nothing_that_a_known_resource_can_become_makes_a_rule_raise(resource: Resource, form: str) -> None:
    props = {"items": [resource.props]} if form == "List" else resource.props
    for finding in everything(replace(resource, type=f"{resource.type}{form}", props=props)):
        assert "\n" not in finding.message


@given(stack=st.sampled_from(WHOLE), others=st.lists(bent(), min_size=1, max_size=3), position=st.integers(0, 9))
def test_no_stack_makes_a_rule_raise(stack: list[Resource], others: list[Resource], position: int) -> None:
    everything(*stack[:position], *others, *stack[position + 1 :])


@pytest.mark.parametrize("name", sorted(bases().keys() - LIKE_DEPLOYMENT))
def test_a_wrong_shape_at_any_place_of_a_good_resource_makes_no_rule_raise(name: str) -> None:
    good = base(name)
    token = good.pop("type", "")
    resource = Resource(token, "web", good) if token else Resource.from_manifest(good)
    for keys, parent in list(inner(good)):
        before = parent[keys[-1]]
        for shape in SHAPES:
            parent[keys[-1]] = shape
            try:
                everything(replace(resource))
            except Exception as error:
                raise AssertionError(f"{name} of base.yaml, {path(keys)} is {shape!r:.40}: raises {error!r}") from error
        parent[keys[-1]] = before


@given(resource=bent(), field=st.text(max_size=12).map(lambda text: f"x-{text}"), value=JSON)
def test_an_unrelated_field_changes_no_verdict(resource: Resource, field: str, value: Any) -> None:
    rules = [rule for rule in ALL if rule.id not in READS_ALL]
    before = verdict(everything(resource, rules=rules))
    props = copy.deepcopy(resource.props)
    for part in (props, props.get("metadata"), props.get("spec")):
        if isinstance(part, dict):
            part[field] = value
    assert verdict(everything(replace(resource, props=props), rules=rules)) == before


@given(resource=bent(), randomness=st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_verdict(resource: Resource, randomness: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in randomness.sample(list(value), len(value))}
        return [shuffled(element) for element in value] if isinstance(value, list) else value

    assert verdict(everything(replace(resource, props=shuffled(resource.props)))) == verdict(everything(resource))
