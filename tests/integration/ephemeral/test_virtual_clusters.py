"""Virtual clusters, with the real chart and the real syncer: from the golden path to pods in the host's namespace, and back to nothing."""

import json
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import strategies
from hypothesis import given, settings

from idp_components import EphemeralEnvironmentSpec
from idp_components.core.context import Context
from idp_components.environments.world import World
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


def test_two_virtual_clusters_run_what_is_put_in_them_sleep_by_themselves_and_leave_nothing(chart, project, kubectl, sandbox, tmp_path):
    team = f"test-{uuid.uuid4().hex[:8]}"
    stack, other = f"{team}-pr-42", f"{team}-pr-43"
    found, beside = (project(PROGRAM.format(stack=name, chart=chart), stack=name) for name in (stack, other))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.up(), (found, beside)))
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

    it_sleeps_and_wakes_to_what_it_was(World(found.env), stack, kubectl, inside, other)
    found.up("--expect-no-changes")
    folders = {each["metadata"]["uid"] for name in (stack, other) for each in kubectl("get", "statefulsets", "-n", name)["items"]}
    found.pulumi("destroy", "--yes", "--skip-preview")
    it_goes_while_it_sleeps(World(beside.env), other)
    beside.pulumi("stack", "init", other)  # its fixture looks into it
    for name in (stack, other):
        assert "NotFound" in kubectl("get", "namespace", name, check=False)
        assert wait_until(lambda name=name: left(kubectl, name) == [], 30), left(kubectl, name)
    assert len(folders) == 2
    assert wait_until(lambda: not folders & {path.name for path in sandbox.virtual.folder.iterdir()}, 30)


def it_sleeps_and_wakes_to_what_it_was(world, stack, kubectl, inside, other):
    def pods(name):
        return {pod["metadata"]["name"] for pod in kubectl("get", "pods", "-n", name)["items"]}

    def specs():
        listed = inside("get", "deployments,services,networkpolicies,persistentvolumeclaims", "--all-namespaces")["items"]
        return {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]): each["spec"] for each in listed}

    was, running, beside = specs(), pods(stack), pods(other)
    assert was["Deployment", "lab", "hand-made"]["replicas"] == 2
    assert world.sleep(world.find(stack), datetime.now(UTC)) == ["statefulset/pr-42"]
    assert pods(stack) == set()
    assert pods(other) == beside
    assert world.find(stack).state(datetime.now(UTC)) == "asleep"
    assert world.sleep(world.find(stack), datetime.now(UTC)) == []
    assert world.wake(world.find(stack), datetime.now(UTC)) == ["statefulset/pr-42"]
    assert len(pods(stack)) == len(running)
    assert specs() == was
    assert wait_until(lambda: inside("get", "deployment", "hand-made", "-n", "lab")["status"].get("readyReplicas") == 2, 60, step=0.5)


def it_goes_while_it_sleeps(world, stack):
    """Its virtual API server answers nobody then."""
    world.sleep(world.find(stack), datetime.now(UTC))
    world.destroy(world.find(stack), print)


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
