"""The provider's pure parts: values on the wire, differences, drift, names and readiness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp_sandbox.plugins import values
from idp_sandbox.plugins.kubernetes.diff import differences, drifted, replaces, same_quantity
from idp_sandbox.plugins.kubernetes.invokes import decoded, with_string_data
from idp_sandbox.plugins.kubernetes.objects import complete, foreseen, identity, manager, named, split_identity
from idp_sandbox.plugins.kubernetes.readiness import state

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
objects = st.dictionaries(st.text(), json_values, max_size=4)


@given(objects)
def test_values_survive_the_wire(value):
    assert values.decode(values.encode(value)) == value


@given(objects)
def test_secrets_arrive_unwrapped(value):
    assert values.decode(values.encode({"a": values.secret(value)})) == {"a": value}


@given(objects)
def test_nothing_differs_from_itself_and_has_not_drifted(value):
    assert list(differences(value, value)) == []
    assert drifted(value, value) == value


@given(objects, objects)
def test_differences_are_found_in_both_directions_or_in_none(one, other):
    assert bool(list(differences(one, other))) is bool(list(differences(other, one)))


def paths(old, new):
    return {(str(difference), difference.kind) for difference in differences(old, new)}


def test_places_are_written_as_pulumi_writes_them():
    old = {"metadata": {"labels": {"a.b/c": "1"}}, "spec": {"ports": [{"port": 1}], "gone": 1}}
    new = {"metadata": {"labels": {"a.b/c": "2"}}, "spec": {"ports": [{"port": 1}, {"port": 2}]}}
    assert paths(old, new) == {('metadata.labels["a.b/c"]', "update"), ("spec.ports[1]", "add"), ("spec.gone", "delete")}


def meta(**more):
    return {"name": "a", "namespace": "n", **more}


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ({"kind": "Deployment", "spec": {"replicas": 1}}, {"kind": "Deployment", "spec": {"replicas": 2}}, False),
        ({"kind": "Deployment", "spec": {"selector": 1}}, {"kind": "Deployment", "spec": {"selector": 2}}, True),
        ({"kind": "ConfigMap", "data": {"a": "1"}}, {"kind": "ConfigMap", "data": {"a": "2"}}, False),
        ({"kind": "ConfigMap", "immutable": True, "data": {"a": "1"}}, {"kind": "ConfigMap", "immutable": True, "data": {"a": "2"}}, True),
        ({"kind": "Secret", "type": "a"}, {"kind": "Secret", "type": "b"}, True),
        ({"kind": "StatefulSet", "spec": {"serviceName": "a"}}, {"kind": "StatefulSet", "spec": {"serviceName": "b"}}, True),
        ({"kind": "StatefulSet", "spec": {"replicas": 1}}, {"kind": "StatefulSet", "spec": {"replicas": 2}}, False),
        ({"kind": "Pod", "spec": {"containers": [{"image": "a"}]}}, {"kind": "Pod", "spec": {"containers": [{"image": "b"}]}}, False),
        ({"kind": "Pod", "spec": {"nodeName": "a"}}, {"kind": "Pod", "spec": {"nodeName": "b"}}, True),
        ({"kind": "A", "metadata": meta()}, {"kind": "A", "metadata": meta(namespace="m")}, True),
        ({"kind": "A", "metadata": meta()}, {"kind": "A", "metadata": meta(labels={"a": "b"})}, False),
    ],
)
def test_only_what_the_api_server_cannot_change_replaces(old, new, replaced):
    assert any(replaces(difference, old) for difference in differences(old, new)) is replaced


def test_drift_shows_what_was_set_and_nothing_that_belongs_to_others():
    inputs = {"spec": {"cpu": "500m", "tags": [], "items": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}], "gone": 1}}
    live = {"spec": {"cpu": "0.5", "items": [{"name": "b", "value": "x", "default": 1}, {"name": "a", "value": "1"}], "replicas": 7}}
    assert drifted(inputs, live) == {
        "spec": {"cpu": "500m", "tags": [], "items": [{"name": "a", "value": "1"}, {"name": "b", "value": "x"}]}
    }


@pytest.mark.parametrize(("one", "other"), [("1Gi", "1024Mi"), ("1000m", "1"), (1, "1"), ("0.1", "100m")])
def test_quantities_may_be_written_in_many_ways(one, other):
    assert same_quantity(one, other)


@pytest.mark.parametrize(("one", "other"), [("1Gi", "1G"), ("1", "2"), ("a", "b"), (True, 1), ("1", "one")])
def test_other_quantities_are_other(one, other):
    assert not same_quantity(one, other)


def test_types_and_plain_manifests_agree():
    assert complete({"spec": {}}, "kubernetes:core/v1:Pod") == {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {}}
    assert complete({}, "kubernetes:apps/v1:DeploymentPatch")["kind"] == "Deployment"
    assert complete({"apiVersion": "a/v1", "kind": "B"}, "kubernetes:a/v1:B")["apiVersion"] == "a/v1"


def test_a_made_name_stays_and_a_given_one_is_left_alone():
    first = named({"metadata": {}}, "web", {}, b"seed")
    assert first["metadata"]["name"].startswith("web-")
    assert named({"metadata": {}}, "web", first, b"another")["metadata"]["name"] == first["metadata"]["name"]
    assert named({"metadata": {"name": "mine"}}, "web", first, b"")["metadata"] == {"name": "mine"}


@given(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.none() | st.from_regex(r"[a-z]{1,8}", fullmatch=True))
def test_ids_lead_back_to_their_objects(name, namespace):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    assert split_identity(identity({"metadata": metadata})) == (namespace, name)


def test_the_field_manager_is_the_same_in_every_run_of_a_resource():
    assert manager({}, "urn:1") == manager({}, "urn:1") != manager({}, "urn:2")


def test_what_the_server_decides_anew_is_unknown_in_a_preview():
    live = {
        "kind": "Service",
        "metadata": {"name": "a", "uid": "u", "resourceVersion": "1"},
        "spec": {"clusterIP": "10.0.0.1", "type": "ClusterIP"},
    }
    found = foreseen(live)
    assert found["metadata"] == {"name": "a", "uid": values.UNKNOWN}
    assert found["spec"] == {"clusterIP": values.UNKNOWN, "type": "ClusterIP"}


def test_yaml_lists_are_taken_apart_and_secrets_shown_as_written():
    text = "apiVersion: v1\nkind: List\nitems:\n- {kind: A, metadata: {name: a}}\n---\n---\nkind: B\nmetadata: {name: b, namespace: x}\n"
    assert [(o["kind"], o["metadata"]["namespace"]) for o in decoded(text, "n")] == [("A", "n"), ("B", "x")]
    assert with_string_data({"kind": "Secret", "data": {"a": "YQ==", "b": "/w=="}})["stringData"] == {"a": "a"}


def status(kind, api="apps/v1", spec=None, **found):
    return state(
        {"apiVersion": api, "kind": kind, "metadata": {"generation": 1}, "spec": spec or {}, "status": {"observedGeneration": 1, **found}}
    )


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (status("Deployment", spec={"replicas": 2}, updatedReplicas=2, availableReplicas=2, replicas=2), None),
        (
            status("Deployment", spec={"replicas": 2}, updatedReplicas=2, availableReplicas=1, replicas=3),
            "1 of 2 pods are available, 1 old ones to go",
        ),
        (status("Deployment", observedGeneration=0), "the controller has not seen the change yet"),
        (status("StatefulSet", readyReplicas=1, currentRevision="a", updateRevision="a"), None),
        (
            status("StatefulSet", readyReplicas=0, currentRevision="a", updateRevision="b"),
            "0 of 1 pods are ready, the new revision is rolling out",
        ),
        (status("Job", "batch/v1", conditions=[{"type": "Complete", "status": "True"}]), None),
        (
            status("Job", "batch/v1", conditions=[{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]),
            "the job failed: BackoffLimitExceeded",
        ),
        (status("PersistentVolumeClaim", "v1", phase="Pending"), "the claim is Pending"),
        (status("Service", "v1", spec={"type": "LoadBalancer"}), "no load balancer address yet"),
        (status("Service", "v1", spec={"type": "ClusterIP"}), None),
        (status("Namespace", "v1", phase="Active"), None),
        (status("Unknown", "a/v1"), None),
    ],
)
def test_an_object_is_there_when_its_status_says_so(found, message):
    assert (found.message if found else None) == message


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("condition=Ready", True),
        ("condition=Ready=False", False),
        ("jsonpath={.status.phase}=Up", True),
        ("jsonpath={.status.none}", False),
    ],
)
def test_a_custom_resource_is_there_when_its_own_condition_is_met(wanted, there):
    live = {
        "apiVersion": "a/v1",
        "kind": "A",
        "metadata": {"annotations": {"pulumi.com/waitFor": wanted}},
        "status": {"phase": "Up", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    assert (state(live) is None) is there
