"""Plans, previews and states of Pulumi, in the shapes that the engine 3.259 writes, judged like anything else."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from idp_components.cli.check import check
from idp_components.rules import UNKNOWN, findings, stack_findings
from idp_components.rules.engine_values import SECRET, SIGNATURE
from idp_components.rules.field import SecretText
from idp_components.rules.organisation.places import approved_regions
from idp_components.rules.sources import SourceError, read
from idp_components.rules.sources.pulumi import plain
from idp_components.rules.stack.network import flow_logs

STACK = "urn:pulumi:shop-dev::shop::"
PROVIDER = f"{STACK}pulumi:providers:kubernetes::in"
POD = f"{STACK}idp:index:Service$kubernetes:core/v1:Pod::web"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
INPUTS = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"hostPID": True}}
CIPHERTEXT = {SIGNATURE: SECRET, "ciphertext": "v1:abc"}


def state(urn: str = POD, inputs: Any = INPUTS, **more: Any) -> dict[str, Any]:
    token = urn.split("::")[2].rpartition("$")[2]
    return {"urn": urn, "custom": True, "type": token, "inputs": inputs, "provider": f"{PROVIDER}::id", **more}


PROVIDER_STATE = {"urn": PROVIDER, "custom": True, "type": "pulumi:providers:kubernetes", "inputs": {"namespace": "shop-dev"}}
RESOURCES = [PROVIDER_STATE, state(), state(f"{STACK}kubernetes:core/v1:Pod::old", delete=True)]
EXPORT = {"version": 3, "deployment": {"manifest": {}, "resources": RESOURCES}}
BACKEND = {"version": 3, "checkpoint": {"stack": "shop-dev", "latest": {"manifest": {}, "resources": RESOURCES}}}
GOAL = {"type": "kubernetes:core/v1:Pod", "name": "web", "custom": True, "provider": f"{PROVIDER}::{UNKNOWN_TEXT}"}
PLAN = {
    "manifest": {},
    "resourcePlans": {
        PROVIDER: {"goal": {"type": "pulumi:providers:kubernetes", "inputDiff": {"adds": {"namespace": "shop-dev"}}}, "steps": ["create"]},
        POD: {"goal": GOAL | {"inputDiff": {"adds": INPUTS}}, "steps": ["create"], "state": {}},
        f"{STACK}kubernetes:core/v1:Pod::old": {"steps": ["delete"]},
    },
}
STEPS = [{"op": "create", "urn": each["urn"], "newState": each} for each in RESOURCES[:2]]
PREVIEW = {"steps": [*STEPS, {"op": "delete", "urn": "x", "oldState": {}}], "changeSummary": {"create": 2, "delete": 1}}
ALL_KINDS = pytest.mark.parametrize(
    "document", [EXPORT, BACKEND, BACKEND["checkpoint"]["latest"], PLAN, PREVIEW], ids=["export", "backend", "bare", "plan", "preview"]
)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(document: Any, name: str = "file.json") -> str:
        path = tmp_path / name
        path.write_text(json.dumps(document), encoding="utf-8")
        return str(path)

    return write


@ALL_KINDS
@pytest.mark.parametrize("name", ["file.json", "file", "file.yaml"])
def test_each_kind_of_file_is_recognised_by_what_it_holds(written: Any, document: Any, name: str) -> None:
    target = read(written(document, name))
    assert (target.stack, target.project, target.left_out) == ("shop-dev", "shop", "")
    (found,) = (document.resource for document in target.documents)
    assert (found.type, found.name, found.urn, found.namespace) == ("kubernetes:core/v1:Pod", "web", POD, "shop-dev")
    assert (found.props, found.ancestors) == (INPUTS, ("idp:index:Service",))


@ALL_KINDS
def test_it_is_judged_at_the_level_of_its_own_stack(written: Any, document: Any) -> None:
    result = CliRunner().invoke(check, [written(document)])
    assert result.exit_code == 1
    assert "Pod shop-dev/web: hostPID is true; remove it" in result.output


def test_a_plan_that_changes_little_is_judged_with_what_stays(written: Any) -> None:
    before = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}, "gone": 1}
    diff = {"updates": {"spec": {"hostPID": True}}, "deletes": ["gone"]}
    plan = {"resourcePlans": {POD: {"goal": GOAL | {"inputDiff": diff}, "steps": ["update"], "state": before}}}
    assert read(written(plan)).documents[0].resource.props == INPUTS


def test_a_preview_that_leaves_out_what_stays_says_so_and_asks_no_rule_about_the_whole(written: Any) -> None:
    partial = {"steps": STEPS, "changeSummary": {"create": 1, "same": 3}}
    assert read(written(partial)).left_out.startswith("the preview leaves out 3 unchanged resources")
    assert "rules about a whole stack did not judge" in CliRunner().invoke(check, [written(partial)]).output
    complete = {"steps": [*STEPS, *({"op": "same", "newState": state()} for _ in range(3))], "changeSummary": {"same": 3}}
    assert read(written(complete)).left_out == ""


def test_a_provider_that_is_not_in_the_file_may_have_any_namespace(written: Any) -> None:
    alone = {"version": 3, "deployment": {"resources": [state()]}}
    assert read(written(alone)).documents[0].resource.namespace is UNKNOWN


def test_protection_is_kept_and_what_is_only_read_is_not_judged(written: Any) -> None:
    external = state(f"{STACK}kubernetes:core/v1:Pod::theirs", external=True)
    deployment = {"deployment": {"resources": [state(protect=True), external]}}
    (found,) = read(written(deployment)).documents
    assert found.resource.protected


def test_what_others_refer_to_a_resource_by_is_the_id_that_it_has(written: Any) -> None:
    network, log = f"{STACK}aws:ec2/vpc:Vpc::main", f"{STACK}aws:ec2/flowLog:FlowLog::log"
    states = [state(network, {"cidrBlock": "10.0.0.0/16"}, id="vpc-1"), state(log, {"vpcId": "vpc-1", "trafficType": "ALL"}, id="fl-1")]
    documents = read(written({"deployment": {"resources": states}})).documents
    assert [document.resource.props.get("id") for document in documents] == ["vpc-1", "fl-1"]
    assert not stack_findings([document.resource for document in documents], [flow_logs])
    assert stack_findings([documents[0].resource], [flow_logs])


@pytest.mark.parametrize("name", ["default_7_51_1", "elsewhere"])
def test_a_provider_of_aws_is_judged_for_its_region(written: Any, name: str) -> None:
    provider = {"urn": f"{STACK}pulumi:providers:aws::{name}", "custom": True, "id": "1", "inputs": {"region": "us-east-1"}}
    bucket = state(f"{STACK}aws:s3/bucket:Bucket::logs", {}, provider=f"{provider['urn']}::1")
    stack = {"urn": f"{STACK}pulumi:pulumi:Stack::shop-shop-dev", "custom": False}
    documents = read(written({"deployment": {"resources": [stack, PROVIDER_STATE, provider, bucket]}})).documents
    options = {approved_regions.id: {"regions": ["eu-central-1"]}}
    (found,) = findings([document.resource for document in documents], [approved_regions], options)
    assert (found.resource.name, found.path, len(documents)) == (name, "region", 2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (CIPHERTEXT, UNKNOWN),
        ("[secret]", UNKNOWN),
        (UNKNOWN_TEXT, UNKNOWN),
        ({SIGNATURE: SECRET, "plaintext": '{"a":["hunter2",1]}'}, {"a": ["hunter2", 1]}),
        ({SIGNATURE: SECRET, "value": "hunter2"}, "hunter2"),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "x", "secret": True}, "x"),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}, UNKNOWN),
        ({"a": [1, True, None, "text"]}, {"a": [1, True, None, "text"]}),
    ],
)
def test_what_is_secret_is_not_known_or_never_printed(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_shown_secrets_are_judged_and_not_printed(written: Any) -> None:
    image = {SIGNATURE: SECRET, "plaintext": '"hunter2"'}
    assert type(plain(image)) is SecretText
    pod = {**INPUTS, "spec": {"containers": [{"name": "web", "image": image}]}}
    for form in ("text", "json", "sarif", "junit", "markdown"):
        result = CliRunner().invoke(check, [written({"deployment": {"resources": [state(inputs=pod)]}}), "--format", form])
        assert "kubernetes-image-tag" in result.output
        assert "hunter2" not in result.output


def test_an_encrypted_value_is_not_judged_and_does_not_fail(written: Any) -> None:
    pod = {**INPUTS, "spec": CIPHERTEXT}
    result = CliRunner().invoke(check, [written({"deployment": {"resources": [PROVIDER_STATE, state(inputs=pod)]}})])
    assert result.exit_code == 0
    assert "can't be judged yet" in result.output


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"version": 3, "deployment": {}}, "a plan or a state of Pulumi without any resource"),
        ({"resourcePlans": {}}, "a plan or a state of Pulumi without any resource"),
        ({"steps": [{"newState": 1}]}, "looks like a plan or a state of Pulumi, but has not its shape"),
        ({"deployment": {"resources": [{"urn": "x"}]}}, "looks like a plan or a state of Pulumi, but has not its shape"),
        ({"deployment": {"resources": ["x"]}}, "looks like a plan or a state of Pulumi, but has not its shape"),
        ({"a": 1}, "a document is no Kubernetes object"),
        ([{"a": 1}], "a document is no Kubernetes object"),
        ("text", "a document is no Kubernetes object"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(written: Any, document: Any, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(written(document))
    result = CliRunner().invoke(check, [written(document)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_a_random_name_that_changes_with_every_preview_makes_no_new_finding(written: Any) -> None:
    prints = []
    for name in ("web-1a2b3c4d", "web-5e6f7a8b"):
        pod = {**INPUTS, "metadata": {"name": name}}
        result = CliRunner().invoke(check, [written({"deployment": {"resources": [PROVIDER_STATE, state(inputs=pod)]}}), "--json"])
        prints.append([found["fingerprint"] for found in json.loads(result.stdout)["findings"]])
    assert prints[0] == prints[1] != []
