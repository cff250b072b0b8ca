"""What sleep and waking change on a workload: one field, a note of what it was, and whose field it is."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.environments.fleet import at

from idp_components.environments.sleep import lulled, restored, woken


def workload(kind="Deployment", **spec):
    metadata = {"name": "web", "namespace": "shop-pr-1", "resourceVersion": "7", "labels": {"idp/team": "shop"}}
    return {"kind": kind, "metadata": metadata, "spec": {"paused": False, **spec}}


def patched(found, patch):
    """The object after a JSON patch of whole fields."""
    found = copy.deepcopy(found)
    for step in patch:
        place, (*path, last) = found, step["path"].strip("/").split("/")
        for part in path:
            place = place.setdefault(part, {})
        if step["op"] == "test":
            assert place[last] == step["value"]
        else:
            place[last] = step["value"]
    return found


workloads = st.one_of(
    st.builds(lambda kind, replicas: workload(kind, replicas=replicas), st.sampled_from(["Deployment", "StatefulSet"]), st.integers(0, 50)),
    st.builds(lambda suspend: workload("CronJob", suspend=suspend), st.booleans()),
)


@given(workloads)
def test_waking_restores_exactly_what_was(before):
    asleep = patched(before, lulled(before, at(1)))
    assert asleep["spec"] == before["spec"] | ({"suspend": True} if before["kind"] == "CronJob" else {"replicas": 0})
    assert lulled(asleep, at(2)) == []
    awake = patched(asleep, woken(asleep, at(2)))
    assert awake["spec"] == before["spec"]
    assert "idp/before-sleep" not in awake["metadata"].get("annotations", {})
    assert woken(awake, at(3)) == []
    again = patched(awake, lulled(awake, at(4)))
    assert patched(again, woken(again, at(5)))["spec"] == before["spec"]


def test_the_control_plane_of_a_virtual_cluster_keeps_how_many_pods_were_ready_in_it():
    plane = workload("StatefulSet", replicas=1)
    plane["metadata"]["labels"]["app"] = "vcluster"
    asleep = patched(plane, lulled(plane, at(1), 7))
    assert asleep["metadata"]["annotations"]["idp/inside-before-sleep"] == "7"
    awake = patched(asleep, woken(asleep, at(2)))
    assert set(awake["metadata"]["annotations"]) == {"idp/sleep-since"}
    assert "idp/inside-before-sleep" not in patched(workload(), lulled(workload(), at(1), 7))["metadata"]["annotations"]


def test_what_was_idle_anyway_is_not_woken():
    assert lulled(workload(replicas=0), at(1)) == []
    assert woken(workload(replicas=0), at(1)) == []
    assert lulled(workload("CronJob", suspend=True), at(1)) == []


def test_a_size_that_somebody_set_meanwhile_is_newer_than_the_note():
    asleep = patched(workload(replicas=2), lulled(workload(replicas=2), at(1)))
    asleep["spec"]["replicas"] = 5
    assert patched(asleep, woken(asleep, at(2)))["spec"]["replicas"] == 5


@pytest.mark.parametrize("said", ["", "many", "-1", "true", "1.5", "[]"])
def test_a_note_that_makes_no_sense_is_an_error_and_no_guess(said):
    asleep = patched(workload(replicas=2), lulled(workload(replicas=2), at(1)))
    asleep["metadata"]["annotations"]["idp/before-sleep"] = said
    with pytest.raises(ValueError, match="deployment/web: idp/before-sleep is"):
        woken(asleep, at(2))


def test_fields_go_back_to_whom_they_belonged():
    ours, status = {"manager": "idp-env"}, {"manager": "controller", "subresource": "status", "time": "1"}
    pulumi, scale = {"manager": "pulumi", "fieldsV1": {"f:spec": {"f:replicas": {}}}}, {"manager": "hpa", "subresource": "scale"}
    after = [{"manager": "pulumi", "fieldsV1": {}}, ours, {**status, "time": "2"}]
    assert restored([pulumi, scale, status], after) == [pulumi, scale, {**status, "time": "2"}]
