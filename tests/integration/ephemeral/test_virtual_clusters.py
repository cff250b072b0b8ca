"""Virtual clusters, with the real chart and the real syncer: from the golden path to pods in the host's namespace, and back to nothing."""

import json
import sys
import uuid
from pathlib import Path

import jsonschema
import pytest
import strategies
from hypothesis import given, settings

from idp_components import EphemeralEnvironmentSpec
from idp_components.core.context import Context
from idp_components.ephemeral.virtual_cluster import values
from idp_sandbox.process import wait_until

PROGRAM = """
import pulumi
from idp_components import Context, EphemeralEnvironment, EphemeralEnvironmentSpec, Expose, Service, ServiceSpec

context = Context.of({stack!r}, {{"domain": "example.com", "vcluster_chart": {chart!r}}})
spec = EphemeralEnvironmentSpec(owner="alice", isolation="vcluster")
environment = EphemeralEnvironment(context.environment, spec, context=context)
Service("web", ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080, expose=Expose()), context=environment.context)
context.ledger.close()
pulumi.export("kubeconfig", environment.kubeconfig)
pulumi.export("urls", environment.urls)
"""
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "hand-made", "namespace": "lab"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "hand-made"}},
        "template": {
            "metadata": {"labels": {"app": "hand-made"}},
            "spec": {
                "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [
                    {
                        "name": "main",
                        "image": "registry.example.com/a:v1",
                        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    }
                ],
            },
        },
    },
}


@pytest.fixture(scope="module")
def chart(sandbox):
    sandbox.up(lambda line: print(line, file=sys.stderr), with_vcluster=True)
    return sandbox.env()["IDP_VCLUSTER_CHART"]


def test_whatever_the_platform_accepts_the_charts_own_schema_accepts(chart):
    validator = jsonschema.Draft202012Validator(json.loads(Path(chart, "values.schema.json").read_text()))
    context = Context.of("shop-pr-42", {"domain": "example.com"})

    @given(strategies.ephemeral_environments)
    @settings(max_examples=20, deadline=None)
    def accepted(spec):
        assert [error.message for error in validator.iter_errors(values("pr-42", spec, context))] == []

    accepted()


def test_the_charts_schema_refuses_a_value_that_it_does_not_know(chart):
    validator = jsonschema.Draft202012Validator(json.loads(Path(chart, "values.schema.json").read_text()))
    said = values("pr-42", EphemeralEnvironmentSpec(owner="alice"), Context.of("shop-pr-42", {"domain": "example.com"}))
    assert list(validator.iter_errors({**said, "telemetri": {}}))


def test_a_virtual_cluster_runs_what_is_put_in_it_and_leaves_nothing(chart, project, kubectl, sandbox, tmp_path):
    stack = f"test-{uuid.uuid4().hex[:8]}-pr-42"
    found = project(PROGRAM.format(stack=stack, chart=chart))
    found.up()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(found.outputs()["kubeconfig"])

    def inside(*arguments, **options):
        return kubectl(*arguments[:1], f"--kubeconfig={kubeconfig}", *arguments[1:], **options)

    assert inside("get", "deployment", "web", "-n", stack)["status"]["readyReplicas"] == 1
    inside("create", "namespace", "lab")
    inside("apply", "-f", "-", stdin=json.dumps(DEPLOYMENT))

    def synced():
        pods = kubectl("get", "pods", "-n", stack, "-l", "vcluster.loft.sh/namespace=lab")["items"]
        return [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Running"]

    assert wait_until(lambda: len(synced()) == 2, 60, step=0.5), inside("get", "events", "-n", "lab")
    assert all(name.endswith("-x-lab-x-pr-42") for name in synced())
    assert wait_until(lambda: inside("get", "deployment", "hand-made", "-n", "lab")["status"].get("readyReplicas") == 2, 60, step=0.5)
    what_runs_inside_is_limited_from_outside(kubectl, inside, stack)
    the_credentials_are_a_secret(found, kubectl, kubeconfig.read_text(), stack)

    found.up("--expect-no-changes")
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert "NotFound" in kubectl("get", "namespace", stack, check=False)
    assert wait_until(lambda: left(kubectl, stack) == [], 30), left(kubectl, stack)
    assert wait_until(lambda: not [path for path in sandbox.virtual.folder.iterdir() if path.is_dir()], 30)


def left(kubectl, stack):
    """What the environment left outside of its namespace."""
    named = [item["metadata"]["name"] for item in kubectl("get", "clusterroles,clusterrolebindings")["items"]]
    volumes = kubectl("get", "persistentvolumes")["items"]
    bound = [each["metadata"]["name"] for each in volumes if each["spec"].get("claimRef", {}).get("namespace") == stack]
    return [name for name in named if stack in name] + bound


def what_runs_inside_is_limited_from_outside(kubectl, inside, stack):
    used = kubectl("get", "resourcequota", "team", "-n", stack)["status"]["used"]
    assert int(used["pods"]) >= 4  # the control plane, its DNS, and what was put in
    policies = {item["metadata"]["name"] for item in kubectl("get", "networkpolicies", "-n", stack)["items"]}
    assert policies >= {"default-deny", "pr-42-control-plane", "pr-42-pods", "pr-42-dns", f"web-x-{stack}-x-pr-42"}
    privileged = json.loads(json.dumps(DEPLOYMENT))
    privileged["metadata"]["name"] = "privileged"
    privileged["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    inside("apply", "-f", "-", stdin=json.dumps(privileged))

    def refused():
        events = inside("get", "events", "-n", "lab")["items"]
        return any('violates PodSecurity "restricted' in event["message"] for event in events)

    assert wait_until(refused, 60, step=0.5)


def the_credentials_are_a_secret(found, kubectl, kubeconfig, stack):
    key = kubeconfig.partition("client-key-data: ")[2].split()[0]
    assert key not in found.pulumi("stack", "export").stdout
    assert key not in found.pulumi("stack", "output", "--json").stdout
    can = ("auth", "can-i", "get", "secret/vc-pr-42", "-n", stack)
    assert kubectl(*can, "--as=alice").strip() == "yes"
    team = stack.removesuffix("-pr-42")
    assert "yes" not in kubectl(*can, "--as=bob", f"--as-group=idp:{team}:developer", check=False)
