"""The teams' own stacks: rooms, calls across teams, quotas, and the same text every time."""

import re
import subprocess
import sys

import pytest
import yaml
from golden_paths import EXAMPLES, GUESTS, HOSTS, ROOT, STACKS

from idp_components.core.naming import PLATFORM
from idp_components.core.spec import SpecError
from idp_components.render import declared, render


def rooms(environment):
    """Manifests of the platform's stack."""
    return render(f"{PLATFORM}-{environment}", ROOT)


@pytest.mark.parametrize("environment", HOSTS)
def test_the_platform_makes_the_namespaces_that_the_teams_deploy_into_and_they_make_none(environment):
    made = {manifest["metadata"]["name"] for manifest in rooms(environment) if manifest["kind"] == "Namespace"}
    stacks = {stack for stack in STACKS if stack.endswith(f"-{environment}")}
    assert made == stacks
    for stack in stacks:
        manifests = render(stack, ROOT)
        assert {manifest["metadata"]["namespace"] for manifest in manifests} == {stack}
        assert not {"Namespace", "ResourceQuota", "RoleBinding"} & {manifest["kind"] for manifest in manifests}


@pytest.mark.parametrize("environment", GUESTS)
def test_a_preview_makes_its_own_namespace_and_the_platform_has_none(environment):
    first = render(f"checkout-{environment}", ROOT)[0]
    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", f"checkout-{environment}")
    with pytest.raises(SpecError, match=f"stack 'platform-{environment}': previews make their own namespaces"):
        rooms(environment)


def test_the_platform_knows_which_namespaces_it_makes():
    assert sorted(declared("platform-dev", ROOT)[1].rooms) == ["catalog-dev", "checkout-dev", "storefront-dev"]


def test_a_stack_renders_to_the_same_text_every_time():
    assert render("storefront-dev", ROOT) == render("storefront-dev", ROOT)


def test_calls_across_teams_open_egress_here_and_only_where_the_owner_allows_it_there():
    frontend = next(m for m in render("storefront-dev", ROOT) if m["kind"] == "NetworkPolicy" and m["metadata"]["name"] == "frontend")
    reached = [
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for rule in frontend["spec"]["egress"]
        for peer in rule["to"]
        if (peer.get("namespaceSelector") or {}).get("matchLabels", {}).get("idp/team") == "checkout"
    ]
    assert sorted(reached) == ["cartservice", "checkoutservice", "currencyservice", "shippingservice"]
    owners = {m["metadata"]["name"]: m["spec"].get("ingress", []) for m in render("checkout-dev", ROOT) if m["kind"] == "NetworkPolicy"}
    assert owners["paymentservice"] == []
    assert owners["cartservice"][0]["from"][0] == {
        "namespaceSelector": {"matchLabels": {"idp/team": "storefront", "idp/environment": "dev"}}
    }


def test_a_preview_finds_other_teams_in_dev_which_lets_in_the_previews_of_whom_it_lets_in_and_production_lets_in_none():
    preview = {(m["kind"], m["metadata"]["name"]): m for m in render("storefront-user-alice", ROOT)}
    address = "cartservice.checkout-dev.svc.cluster.local:7070"
    container = preview["Deployment", "frontend"]["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "CART_SERVICE_ADDR", "value": address} in container["env"]
    peers = [peer for rule in preview["NetworkPolicy", "frontend"]["spec"]["egress"] for peer in rule["to"]]
    there = {"matchLabels": {"idp/team": "checkout", "idp/environment": "dev"}}
    assert {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "cartservice"}}, "namespaceSelector": there} in peers

    def admitted(stack):
        policy = next(m for m in render(stack, ROOT) if m["kind"] == "NetworkPolicy" and m["metadata"]["name"] == "cartservice")
        return [peer["namespaceSelector"] for rule in policy["spec"]["ingress"] for peer in rule["from"]]

    ephemeral = {"matchLabels": {"idp/team": "storefront"}, "matchExpressions": [{"key": "idp/ephemeral", "operator": "Exists"}]}
    assert admitted("checkout-dev")[1:] == [ephemeral]
    assert len(admitted("checkout-production")) == 1
    assert (
        preview["Namespace", "storefront-user-alice"]["metadata"]["labels"].items()
        >= {"idp/ephemeral": "namespace", "idp/team": "storefront"}.items()
    )


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_every_example_runs_as_it_stands_and_passes_every_rule(folder):
    settings = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    stack = re.search(r"pulumi stack init (\S+)", (folder / "README.md").read_text())[1]
    config = {key: entry["value"] for key, entry in settings["config"].items()}
    program = (
        "import runpy, idp_components.testing as t\n"
        f"r = t.run(lambda: runpy.run_path('__main__.py'), stack_name={stack!r}, project='example', config={config!r})\n"
        "print(sorted(x.kind for x in r.resources), [f.message for f in r.findings()])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(" []")
    wanted = "".join(word.capitalize() for word in folder.name.split("-")[1:])
    assert f"'{wanted}'" in done.stdout


def amount(text):
    """A Kubernetes quantity of CPU (in cores) or memory (in GiB)."""
    units = {"m": 1 / 1000, "Mi": 1 / 1024, "Gi": 1}
    unit = next((unit for unit in units if text.endswith(unit)), "")
    return float(text.removesuffix(unit)) * units.get(unit, 1)


@pytest.mark.parametrize("stack", STACKS)
def test_twice_the_fully_scaled_out_stack_fits_the_quota_of_its_room(stack):
    manifests, environment = render(stack, ROOT), stack.split("-", 1)[1]
    brings_it = any(m["kind"] == "Namespace" for m in manifests)
    room = manifests if brings_it else [m for m in rooms(environment) if m["metadata"].get("namespace") == stack]
    hard = next(m for m in room if m["kind"] == "ResourceQuota")["spec"]["hard"]
    most = {m["metadata"]["name"]: m["spec"]["maxReplicas"] for m in manifests if m["kind"] == "HorizontalPodAutoscaler"}
    asked = dict.fromkeys(("pods", "requests.cpu", "requests.memory", "limits.memory"), 0.0)
    for workload in (m for m in manifests if m["kind"] == "Deployment"):
        pods = most.get(workload["metadata"]["name"]) or workload["spec"]["replicas"]
        asked["pods"] += pods
        for container in workload["spec"]["template"]["spec"]["containers"]:
            for key in ("requests.cpu", "requests.memory", "limits.memory"):
                kind, resource = key.split(".")
                asked[key] += pods * amount(container["resources"][kind][resource])
    assert asked["pods"] > 0
    assert {key: total for key, total in asked.items() if 2 * total > amount(hard[key])} == {}
