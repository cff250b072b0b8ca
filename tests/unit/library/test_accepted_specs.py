"""Whatever the platform accepts, it builds, and what it builds pleases every rule."""

import contextlib

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import EphemeralEnvironmentSpec, ServiceSpec, SpecError, WorkerSpec
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.rules import Resource, findings
from idp_components.service import manifests, schedule
from idp_components.service.spec import ScheduledJobSpec
from idp_components.team.spec import TeamSpec

BUILDS = (
    (strategies.services, manifests.service),
    (strategies.web_services, manifests.service),
    (strategies.workers, manifests.worker),
    (strategies.jobs, manifests.scheduled_job),
)
contexts = st.builds(
    lambda environment, routing: Context.of(f"shop-{environment}", {"domain": "example.com", "routing": routing}),
    st.sampled_from([*PROFILES, "pr-42"]),
    st.sampled_from(["ingress", "gateway"]),
)


@pytest.mark.parametrize(("specs", "build"), BUILDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_accepted_spec_builds_in_every_environment_and_pleases_every_rule(specs, build, data):
    spec, context, name = data.draw(specs), data.draw(contexts), data.draw(strategies.names)
    built = build(name, spec, context)
    assert findings(Resource.from_manifest(manifest) for manifest in built) == []
    assert {manifest["metadata"]["namespace"] for manifest in built} == {context.namespace}
    assert len({(manifest["kind"], manifest["metadata"]["name"]) for manifest in built}) == len(built)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("spec", [ServiceSpec, WorkerSpec, ScheduledJobSpec, TeamSpec, EphemeralEnvironmentSpec])
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_no_input_crashes_a_spec(spec, data):
    fields = st.sampled_from([*spec.model_fields, "unknown"])
    given_values = data.draw(st.dictionaries(fields, json_values, max_size=4))
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
