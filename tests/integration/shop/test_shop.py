"""The shop of three teams, driven through its life on the real engine and the real API server."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from integration.shop import connections

CLUSTER_WIDE = "namespaces,persistentvolumes,clusterroles,clusterrolebindings,customresourcedefinitions"
NAMESPACED = (
    "deployments,services,serviceaccounts,configmaps,secrets,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers,"
    "ingresses,roles,rolebindings,jobs,cronjobs,statefulsets,persistentvolumeclaims,limitranges,resourcequotas"
)
IDP = str(Path(sys.executable).with_name("idp"))
MADE_BY_KUBERNETES = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
RESTRICTED_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "probe"},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "main",
                "image": "a:v1",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}


def names(items):
    return {(item["kind"], item["metadata"]["name"]) for item in items}


def left(kubectl, shop, recorded):
    """Everything cluster-wide that is the shop's: named after one of its rooms, or recorded in one of its stacks."""
    rooms = [f"{team}-dev" for team in shop.teams]
    return {item for item in names(kubectl("get", CLUSTER_WIDE)["items"]) if item in recorded or any(room in item[1] for room in rooms)}


def cluster_wide(shop):
    """Kubernetes objects outside of namespaces that the stacks of the shop record."""
    states = [shop.state(f"{owner}-dev") for owner in ("platform", *shop.teams)]
    made = [r["outputs"] for state in states for r in state.values() if r["type"].startswith("kubernetes:")]
    return {(o["kind"], o["metadata"]["name"]) for o in made if "namespace" not in o["metadata"]}


def objects(kubectl, namespace):
    items = kubectl("get", NAMESPACED, "-n", namespace)["items"]
    sets = [item["metadata"]["name"] for item in items if item["kind"] == "StatefulSet"]
    volumes = {("PersistentVolumeClaim", f"data-{name}-0") for name in sets}
    runs = names(item for item in items if "ownerReferences" in item["metadata"])
    return names(items) - MADE_BY_KUBERNETES - volumes - runs


def declared(shop, team, environment):
    """Kubernetes objects inside of the team's namespace, of the states of its stack and the platform's."""
    states = [shop.state(f"{owner}-{environment}") for owner in (team, "platform")]
    made = [r["outputs"] for state in states for r in state.values() if r["type"].startswith("kubernetes:")]
    return {(o["kind"], o["metadata"]["name"]) for o in made if o["metadata"].get("namespace") == f"{team}-{environment}"}


def readable(resource):
    """Inputs without ciphertext, which each update writes anew; another secret would have another object's name."""
    return json.loads(json.dumps((resource or {}).get("inputs")), object_hook=lambda item: "[secret]" if "ciphertext" in item else item)


def changed(before, after):
    """Kubernetes objects whose inputs differ between two states, as `Kind name`."""
    different = [urn for urn in before | after if readable(before.get(urn)) != readable(after.get(urn))]
    kinds = {urn: urn.split("::")[2].split("$")[-1] for urn in different}
    return [f"{kind.rsplit(':', 1)[1]} {urn.rsplit('::', 1)[1]}" for urn, kind in kinds.items() if kind.startswith("kubernetes:")]


def test_the_shop_comes_up_changes_repairs_and_vanishes(shop, kubectl):
    assert left(kubectl, shop, set()) == set()
    a_team_without_a_room_is_told_so_in_one_sentence(shop)
    shop.pulumi("platform-dev", "stack init")
    assert "created" in shop.up("platform-dev")
    for team in shop.teams:
        shop.pulumi(f"{team}-dev", "stack init", check=False)
        assert "created" in shop.up(f"{team}-dev")
        deployments = kubectl("get", "deployments", "-n", f"{team}-dev")["items"]
        assert [d["metadata"]["name"] for d in deployments if d["status"].get("readyReplicas", 0) < 1] == []
        assert objects(kubectl, f"{team}-dev") == declared(shop, team, "dev")
    frontend = kubectl("get", "ingress", "frontend", "-n", "storefront-dev")
    assert frontend["spec"]["rules"][0]["host"] == "frontend.storefront-dev.shop.localhost"
    for team in ("platform", *shop.teams):
        shop.up(f"{team}-dev", "--expect-no-changes")
    connections.the_graph_shows_what_was_created(shop, kubectl)
    another_image_changes_one_deployment(shop)
    more_pods_come_when_they_are_asked_for(shop, kubectl)
    a_broken_manifest_fails_the_preview_and_changes_nothing(shop, kubectl)
    a_change_from_outside_is_seen_and_repaired(shop, kubectl)
    teams_cannot_reach_into_each_others_rooms(kubectl)
    recorded = cluster_wide(shop)
    assert left(kubectl, shop, recorded) >= recorded >= {("Namespace", f"{team}-dev") for team in shop.teams}
    for team in (*shop.teams, "platform"):
        shop.pulumi(f"{team}-dev", "destroy", "--yes", "--skip-preview")
    assert left(kubectl, shop, recorded) == set()


def a_team_without_a_room_is_told_so_in_one_sentence(shop):
    shop.pulumi("checkout-dev", "stack init")
    done = shop.pulumi("checkout-dev", "preview", check=False)
    assert done.returncode != 0
    assert "stack 'checkout-dev': its namespace isn't there (stack 'platform-dev' can't be read: " in done.stdout + done.stderr
    assert "run 'pulumi up --stack platform-dev' first, or 'idp up checkout-dev', which does both" in done.stdout + done.stderr


def another_image_changes_one_deployment(shop):
    before = shop.state("checkout-dev")
    shop.edit(
        "checkout", 'image = f"{IMAGES}/{name}:v0.10.6"', "image = f\"{IMAGES}/{name}:{'v0.10.7' if name == 'cartservice' else 'v0.10.6'}\""
    )
    shop.up("checkout-dev")
    assert changed(before, shop.state("checkout-dev")) == ["Deployment cartservice"]


def more_pods_come_when_they_are_asked_for(shop, kubectl):
    shop.edit("catalog", "DatabaseSpec, Resources", "DatabaseSpec, Resources, Scaling")
    shop.edit("catalog", "resources=SMALL,", "resources=SMALL, scaling=Scaling(min_replicas=3, max_replicas=5),")
    shop.up("catalog-dev")
    kubectl("wait", "deployment/productcatalogservice", "-n", "catalog-dev", "--for=jsonpath={.status.readyReplicas}=3", "--timeout=90s")
    shop.up("catalog-dev", "--expect-no-changes")
    shop.pulumi("catalog-dev", "refresh", "--yes", "--expect-no-changes")


def a_broken_manifest_fails_the_preview_and_changes_nothing(shop, kubectl):
    version = kubectl("get", "deployment", "productcatalogservice", "-n", "catalog-dev")["metadata"]["resourceVersion"]
    shop.edit("catalog", "resources=SMALL,", 'resources=SMALL, overrides={"Deployment": {"spec": {"revisionHistoryLimit": -1}}},')
    done = shop.pulumi("catalog-dev", "preview", check=False)
    assert done.returncode != 0
    assert "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0" in done.stdout + done.stderr
    shop.edit("catalog", 'overrides={"Deployment": {"spec": {"revisionHistoryLimit": -1}}},', "nonsense=True,")
    done = shop.pulumi("catalog-dev", "up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "ServiceSpec.nonsense: no such field" in done.stdout + done.stderr
    assert kubectl("get", "deployment", "productcatalogservice", "-n", "catalog-dev")["metadata"]["resourceVersion"] == version
    shop.edit("catalog", "nonsense=True,", "")


def a_change_from_outside_is_seen_and_repaired(shop, kubectl):
    kubectl("delete", "service", "adservice", "-n", "storefront-dev")
    kubectl("set", "image", "deployment/adservice", "adservice=evil.example.com/a:v1", "-n", "storefront-dev")
    seen = shop.pulumi("storefront-dev", "refresh", "--yes", "--diff").stdout
    assert "evil.example.com/a:v1" in seen
    assert "- 1 deleted" in seen
    repaired = shop.up("storefront-dev")
    assert "+ 1 created" in repaired
    assert "~ 1 updated" in repaired
    deployment = kubectl("get", "deployment", "adservice", "-n", "storefront-dev")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"].endswith("/adservice:v0.10.6")


def teams_cannot_reach_into_each_others_rooms(kubectl):
    checkout = ("--as=alice", "--as-group=idp:checkout:developer", "--dry-run=server", "-f", "-")
    pod = json.dumps(RESTRICTED_POD)
    assert "created" in kubectl("create", "-n", "checkout-dev", *checkout, stdin=pod)
    assert "is forbidden" in kubectl("create", "-n", "storefront-dev", *checkout, stdin=pod, check=False)
    privileged = json.loads(pod)
    privileged["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    assert "violates PodSecurity" in kubectl("create", "-n", "checkout-dev", *checkout, stdin=json.dumps(privileged), check=False)


def test_bad_input_in_the_last_line_of_a_stack_registers_nothing(shop, kubectl, sandbox):
    shop.edit("checkout", 'grpc("checkoutservice", 5050, allow_from=("storefront",))', 'grpc("checkoutservice", 99999)')
    shop.pulumi("checkout-preview", "stack init")
    done = shop.pulumi("checkout-preview", "up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "error: teams/checkout.py:15: ServiceSpec.port: 99999 is refused" in done.stdout + done.stderr
    assert "unhandled" not in done.stdout + done.stderr
    env = {**os.environ, "IDP_SANDBOX": str(sandbox.state)}
    again = subprocess.run([IDP, "up", "checkout-user-alice"], cwd=shop.folder, env=env, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "error: checkout-user-alice: teams/checkout.py:15: ServiceSpec.port: 99999 is refused" in again.stdout
    assert [r for r in shop.state("checkout-preview").values() if not r["type"].startswith("pulumi:")] == []
    assert "not found" in kubectl("get", "namespace", "checkout-preview", check=False)


def test_an_update_that_was_killed_in_the_middle_is_run_again_by_idp_up(shop, kubectl, sandbox):
    shop.edit("checkout", "CacheSpec(memory_mib=256)", 'CacheSpec(memory_mib=256, runs_on="cluster")')  # the sandbox has no VPC
    shop.edit("platform", '    PipelineIssuer("github", context=context)\n', "")  # an account has it once, and it may be another test's
    env = {**os.environ, "IDP_SANDBOX": str(sandbox.state)}
    shop.only = ("checkout-staging", "platform-staging")
    command = [IDP, "up", "checkout-staging"]
    killed = subprocess.Popen(
        command, cwd=shop.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + 120
    while not kubectl("get", "deployments", "-n", "checkout-staging")["items"] and time.monotonic() < end:
        time.sleep(0.1)
    locks = list((sandbox.state / "backend" / ".pulumi" / "locks").glob("**/checkout-staging/*.json"))
    os.killpg(killed.pid, signal.SIGKILL)
    os.kill(json.loads(locks[0].read_text())["pid"], signal.SIGKILL)  # the engine has a process group of its own
    killed.wait()
    again = subprocess.run([*command, "--json"], cwd=shop.folder, env=env, capture_output=True, text=True, check=False, timeout=240)
    assert again.returncode == 0, again.stderr
    assert "an earlier run was killed and left its lock" in again.stderr
    components = [component for stack in json.loads(again.stdout)["stacks"] for component in stack["components"]]
    assert [c["name"] for c in components if c.get("ready", 0) < c.get("wanted", 0)] == []
    shop.env |= sandbox.env() | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(shop.folder / ".idp" / "passphrase")}
    assert objects(kubectl, "checkout-staging") == declared(shop, "checkout", "staging")
    shop.up("checkout-staging", "--expect-no-changes")
    shop.pulumi("checkout-staging", "destroy", "--yes", "--skip-preview")
    shop.pulumi("checkout-staging", "stack rm", "--yes")
    refused = shop.pulumi("platform-staging", "destroy", "--yes", "--skip-preview", check=False)
    assert "cannot be deleted" in refused.stdout + refused.stderr
    assert kubectl("get", "namespace", "checkout-staging")["status"]["phase"] == "Active"
    shop.pulumi("platform-staging", "state unprotect", "--all", "--yes")
    shop.pulumi("platform-staging", "destroy", "--yes", "--skip-preview")
    shop.pulumi("platform-staging", "stack rm", "--yes")
    assert "not found" in kubectl("get", "namespace", "checkout-staging", check=False)


def test_what_went_with_the_old_aws_endpoint_is_made_again_by_idp_up(shop, sandbox, api):
    shop.compose("checkout", 'Queue("confirmations", context=context)')
    env = {**os.environ, "IDP_SANDBOX": str(sandbox.state)}
    shop.env |= sandbox.env() | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(shop.folder / ".idp" / "passphrase")}
    shop.only = ("checkout-user-bob",)
    command = [IDP, "up", "checkout-user-bob", "--json"]
    subprocess.run(command, cwd=shop.folder, env=env, capture_output=True, check=True, timeout=240)
    (lost,) = [url for url in api.call("sqs", "ListQueues")["QueueUrls"] if "checkout-user-bob" in url and not url.endswith("-dead")]
    api.call("sqs", "DeleteQueue", QueueUrl=lost)
    sandbox.aws_port_file.touch()  # as a new start of the endpoint leaves it
    again = subprocess.run(command, cwd=shop.folder, env=env, capture_output=True, text=True, check=True, timeout=240)
    assert "looking for what is still there" in again.stderr
    assert lost in api.call("sqs", "ListQueues")["QueueUrls"]
    calm = subprocess.run(command, cwd=shop.folder, env=env, capture_output=True, text=True, check=True, timeout=240)
    assert "looking for what is still there" not in calm.stderr
    shop.pulumi("checkout-user-bob", "destroy", "--yes", "--skip-preview")
    shop.pulumi("checkout-user-bob", "stack rm", "--yes")
