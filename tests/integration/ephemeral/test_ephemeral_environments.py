"""Environments that end, on the real engine and the real API server: a team's own stack, and one environment through its life."""

import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from idp_components import EphemeralEnvironmentSpec
from idp_components.core.context import Context
from idp_components.ephemeral.manifests import ephemeral_environment
from idp_components.team.roles import rules_by_role

ROOT = Path(__file__).parents[3]
PROGRAM = """
import pulumi
from idp_components import Context, EphemeralEnvironment, EphemeralEnvironmentSpec, Expose, Service, ServiceSpec

context = Context.of({stack!r}, {{"domain": "example.com"}})
spec = EphemeralEnvironmentSpec(owner="alice@example.com", viewers=("bob",), ttl_hours={hours})
environment = EphemeralEnvironment(context.environment, spec, context=context)
for name in {services}:
    Service(name, ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080, expose=Expose()), context=environment.context)
context.ledger.close()
pulumi.export("urls", environment.urls)
pulumi.export("expires_at", environment.expires_at)
"""


@pytest.fixture
def stack():
    return f"test-{uuid.uuid4().hex[:8]}-pr-42"


def annotations(kubectl, stack):
    return kubectl("get", "namespace", stack)["metadata"]["annotations"]


def test_an_environment_comes_up_stays_the_same_is_extended_and_leaves_nothing(project, kubectl, stack):
    def program(hours, services=("web",)):
        return PROGRAM.format(stack=stack, hours=hours, services=services)

    found = project(program(24))
    found.up("--policy-pack", str(ROOT / "policies" / "security"))
    created = datetime.fromisoformat(kubectl("get", "namespace", stack)["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    ends = (created + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert annotations(kubectl, stack)["idp/expires-at"] == ends
    assert found.outputs() == {"urls": {"web": f"https://web.{stack}.example.com/"}, "expires_at": ends}
    assert kubectl("get", "deployment", "web", "-n", stack)["status"]["readyReplicas"] == 1
    only_its_people_may_do_something(kubectl, stack)

    found.up("--expect-no-changes")
    found.pulumi("refresh", "--yes", "--expect-no-changes")
    assert annotations(kubectl, stack)["idp/expires-at"] == ends

    found.write(program(48, ("web", "admin")))
    found.up()
    later = (created + timedelta(hours=48)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert annotations(kubectl, stack) == annotations(kubectl, stack) | {"idp/expires-at": later, "idp/expires-after-hours": "48"}
    assert set(found.outputs()["urls"]) == {"web", "admin"}
    assert stack in [item["metadata"]["name"] for item in kubectl("get", "namespaces", "-l", "idp/ephemeral")["items"]]

    found.pulumi("destroy", "--yes", "--skip-preview")
    assert "NotFound" in kubectl("get", "namespace", stack, check=False)


def only_its_people_may_do_something(kubectl, stack):
    everyone = rights(kubectl, stack, "nobody")
    context = Context.of(stack, {"domain": "example.com"})
    roles = rules_by_role(context.profile)
    for user, role in (("alice@example.com", "developer"), ("bob", "viewer")):
        found = rights(kubectl, stack, user)
        more = {key: verbs - everyone.get(key, set()) for key, verbs in found.items() if verbs - everyone.get(key, set())}
        of_its_end = {("coordination.k8s.io", "leases"): {"get", "patch", "update"}, ("", "namespaces"): {"get"}}
        assert more == granted(roles[role]) | (of_its_end if role == "developer" else {})
    assert rights(kubectl, "default", "alice@example.com") == rights(kubectl, "default", "nobody")


def rights(kubectl, namespace, user):
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    said = kubectl("create", "--validate=false", "-f", "-", "--output", "json", f"--as={user}", stdin=json.dumps(review))
    return granted(json.loads(said)["status"]["resourceRules"])


def granted(rules):
    found = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault((group, resource), set()).update(rule["verbs"])
    return found


@pytest.mark.parametrize("isolation", ["namespace", "vcluster"])
def test_what_is_built_passes_the_servers_dry_run(isolation, namespace, kubectl):
    context = Context.of(f"{namespace}-pr-1", {"domain": "example.com"})
    spec = EphemeralEnvironmentSpec(owner="alice", source_url="https://github.com/shop/web/pull/1", isolation=isolation)
    room, *inside = ephemeral_environment("pr-1", spec, context)
    items = [room, *({**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}} for manifest in inside)]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    said = kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", stdin=listed)
    assert said.count("serverside-applied (server dry run)") == len(items)
