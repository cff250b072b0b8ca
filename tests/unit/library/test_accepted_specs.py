"""Whatever the platform accepts, it builds, and what it builds pleases every rule."""

import contextlib
from collections import defaultdict

import pytest
import strategies
from accepted import ACCEPTED, contexts, plain
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import SpecError
from idp_components.core.aws import Aws
from idp_components.core.context import Context
from idp_components.rules import Resource, findings
from idp_components.rules.packs import COST, active
from idp_components.schema import SPECS
from idp_components.service import schedule

ARN = "arn:aws:service:eu-central-1:123456789012:name"


def test_every_spec_is_among_them():
    assert ACCEPTED.keys() == SPECS.keys()


@pytest.mark.parametrize("path", ACCEPTED)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_accepted_spec_builds_in_every_environment_and_pleases_every_rule(path, data):
    accepted = ACCEPTED[path]
    spec, context, name = data.draw(accepted.specs), data.draw(contexts), data.draw(strategies.names)
    assert isinstance(spec, SPECS[path])
    built = accepted.build(name, spec, context)
    manifests = [each for each in built if not isinstance(each, Aws)]
    resources = [each for each in built if isinstance(each, Aws)]
    judged = [Resource.from_manifest(manifest) for manifest in manifests]
    judged += [
        Resource(each.type, each.name, plain(each.properties, {each.name: defaultdict(lambda: ARN) for each in resources}))
        for each in resources
    ]
    assert findings(judged, [rule for rule in active(context.profile.environment) if rule not in COST.levels]) == []
    assert len({(each["kind"], each["metadata"]["name"]) for each in manifests}) == len(manifests)
    assert len({each.name for each in resources}) == len(resources)
    if path in ("service", "worker", "scheduled-job"):
        assert {manifest["metadata"]["namespace"] for manifest in manifests} == {context.namespace}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_no_input_crashes_a_spec(spec, data):
    fields = st.sampled_from([*spec.model_fields, "unknown"])
    given_values = data.draw(st.dictionaries(fields, strategies.json_values, max_size=4))
    problems = ["accepted"]
    try:
        spec(**given_values)
    except SpecError as error:
        problems = list(error.problems)
    assert all(problems)


@given(st.text() | st.lists(st.text("0123456789*/-,?monSUN", max_size=8), min_size=5, max_size=5).map(" ".join))
def test_no_schedule_crashes(text):
    said = schedule.problem(text)
    assert said is None or said


@given(st.text())
def test_no_stack_name_crashes(name):
    with contextlib.suppress(SpecError):
        assert Context.of(name, {"domain": "example.com"}).namespace == name
