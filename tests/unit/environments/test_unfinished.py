"""What a killed update began is destroyed with the rest: by its ID, where anybody can know it."""

from datetime import timedelta

from unit.environments.fleet import at

from idp_components.environments.account import databases, of_aws
from idp_components.environments.record import text
from idp_components.environments.unfinished import adopted, protected
from idp_components.environments.world import is_abandoned


def resource(kind, name, inputs, **more):
    return {"urn": f"urn:pulumi:shop-pr-1::idp::{kind}::{name}", "type": kind, "custom": True, "inputs": inputs, **more}


def begun(kind, name, inputs, operation="creating"):
    return {"type": operation, "resource": resource(kind, name, inputs)}


def state(resources=(), operations=()):
    return {"version": 3, "deployment": {"manifest": {}, "resources": list(resources), "pending_operations": list(operations)}}


def found(whole):
    return {each["urn"].rsplit("::", 1)[1]: each["id"] for each in whole["deployment"]["resources"]}


def test_objects_buckets_and_releases_are_known_by_their_inputs_and_queues_are_asked_for():
    asked = []

    def find(kind, inputs):
        asked.append(kind)
        return f"https://sqs/{inputs['name']}" if kind.startswith("aws:sqs") else None

    operations = [
        begun("kubernetes:core/v1:Namespace", "room", {"metadata": {"name": "shop-pr-1"}}),
        begun("kubernetes:apps/v1:Deployment", "web", {"metadata": {"name": "web", "namespace": "shop-pr-1"}}),
        begun("kubernetes:helm.sh/v3:Release", "inner", {"name": "pr-1", "namespace": "shop-pr-1"}),
        begun("kubernetes:core/v1:NamespacePatch", "patch", {"metadata": {"name": "shop-pr-1"}}),
        begun("aws:s3/bucket:Bucket", "photos", {"bucket": "shop-pr-1-photos"}),
        begun("aws:sqs/queue:Queue", "jobs", {"name": "shop-pr-1-jobs"}),
        begun("aws:s3/bucketPolicy:BucketPolicy", "policy", {"bucket": "shop-pr-1-photos"}),
        begun("random:index/randomPassword:RandomPassword", "password", {}),
        begun("aws:s3/bucket:Bucket", "changed", {"bucket": "changed"}, "updating"),
    ]
    whole, added = adopted(state(operations=operations), find)
    assert found(whole) == {
        "room": "shop-pr-1",
        "web": "shop-pr-1/web",
        "inner": "shop-pr-1/pr-1",
        "photos": "shop-pr-1-photos",
        "jobs": "https://sqs/shop-pr-1-jobs",
    }
    assert len(added) == 5
    assert "pending_operations" not in whole["deployment"]
    assert asked == ["aws:sqs/queue:Queue", "aws:s3/bucketPolicy:BucketPolicy"]


def test_what_is_recorded_is_not_added_and_a_second_one_of_the_same_urn_is_on_its_way_out():
    inputs = {"metadata": {"name": "web", "namespace": "shop-pr-1"}}
    there = resource("kubernetes:apps/v1:Deployment", "web", inputs, id="shop-pr-1/web")
    whole, added = adopted(state([there], [begun("kubernetes:apps/v1:Deployment", "web", inputs)]), lambda *_: None)
    assert (whole["deployment"]["resources"], added) == ([there], [])
    renamed = {"metadata": {"name": "web-2", "namespace": "shop-pr-1"}}
    whole, added = adopted(state([there], [begun("kubernetes:apps/v1:Deployment", "web", renamed)]), lambda *_: None)
    assert whole["deployment"]["resources"][1] | {"id": "shop-pr-1/web-2", "delete": True} == whole["deployment"]["resources"][1]
    assert len(added) == 1


def test_an_empty_state_has_nothing_in_it():
    assert adopted({"version": 3}, lambda *_: None)[1] == []
    assert protected({"version": 3}) == []
    assert not of_aws({"version": 3})


def test_protected_resources_and_what_aws_has_are_seen():
    kept = resource("aws:s3/bucket:Bucket", "photos", {}, protect=True, id="photos")
    assert protected(state([kept, resource("aws:sqs/queue:Queue", "jobs", {})])) == ["photos"]
    assert of_aws(state(operations=[begun("aws:sqs/queue:Queue", "jobs", {})]))


def test_databases_that_replicas_read_from_can_not_be_stopped_and_neither_can_replicas():
    kind = "aws:rds/instance:Instance"
    instances = [
        resource(kind, "orders", {}, id="orders"),
        resource(kind, "primary", {}, id="primary"),
        resource(kind, "replica", {"replicateSourceDb": "primary"}, id="replica"),
    ]
    assert databases(state(instances)) == ["orders"]


def test_a_lock_is_abandoned_when_it_is_older_than_any_update():
    def said(*hours):
        return "error: the stack is currently locked by 2 lock(s)" + "".join(
            f"; file:///x/{hour}.json: created by ci@host (pid 1) at {text(at(hour))}" for hour in hours
        )

    assert is_abandoned(said(0, 1), at(26))
    assert not is_abandoned(said(0, 1), at(25))
    assert not is_abandoned(said(0), at(24))
    assert is_abandoned(said(0), at(24) + timedelta(seconds=1))
    assert not is_abandoned("error: the stack is currently locked", at(1000))


def test_the_policy_of_a_role_goes_with_it_though_nobody_recorded_it():
    named = {"role": "small-pr-10-web", "name": "connections"}
    whole, _ = adopted(state(operations=[begun("aws:iam/rolePolicy:RolePolicy", "web-connections", named)]), lambda *_: None)
    assert [each["id"] for each in whole["deployment"]["resources"]] == ["small-pr-10-web:connections"]
    assert adopted(state(operations=[begun("aws:iam/rolePolicy:RolePolicy", "web", {"name": "a"})]), lambda *_: None)[1] == []
