"""What the catalogue works out of a state: cost, findings, waivers, versions, roles, when environments end."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console
from unit.catalog.test_catalog import HISTORY, NOW

from idp_components import Context, Database, DatabaseSpec, Links, Queue, Service, ServiceSpec
from idp_components.catalog import build, show
from idp_components.catalog.build import Answer
from idp_components.catalog.declared import state
from idp_components.catalog.model import Waiver
from idp_components.cost.exported import of_state
from idp_components.cost.prices import table
from idp_components.rules.waivers.file import parse
from idp_components.testing import run

STACK = "shop-dev"
CONFIG = {
    "idp:domain": "example.com",
    "idp:oidcProvider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A",
}
RUNBOOK = "https://wiki.example.com/cart"


def program():
    context = Context.from_stack()
    mails = Queue("mails", context=context)
    Service(
        "cart",
        ServiceSpec(image="registry.example.com/cart:v1.4.2", port=8080, health="grpc", links=Links(runbook=RUNBOOK)),
        uses=[mails.connection("send", "MAILS_URL")],
        context=context,
    )
    Database("orders", DatabaseSpec(engine="postgres", runs_on="cluster"), context=context)


REAL = json.loads(json.dumps(state(run(program, stack_name=STACK, config=CONFIG))))
"""The state of a stack, as far as it is known before an update."""
OPEN = {
    "urn": f"urn:pulumi:{STACK}::idp::kubernetes:core/v1:Pod::debug",
    "type": "kubernetes:core/v1:Pod",
    "custom": True,
    "inputs": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "debug", "namespace": STACK},
        "spec": {"hostNetwork": True, "containers": [{"name": "debug", "image": "registry.example.com/debug:v1"}]},
    },
}
WAIVERS = """
- id: EX-1
  rules: [kubernetes-read-only-root-filesystem]
  match: {project: idp, stack: shop-dev, type: "kubernetes:core/v1:Pod", name: debug}
  owner: team-shop
  reason: reviewed in SEC-1
  created: 2026-11-01
  expires: 2026-12-01
"""


def built(*more, cluster=None, **answer):
    resources = [*REAL["deployment"]["resources"], *more]
    return build([Answer(STACK, {"deployment": {"resources": resources}}, HISTORY, **answer)], cluster, NOW)


def item(catalog, kind):
    (found,) = [each for each in catalog.items if each.kind == kind]
    return found


def test_each_part_costs_what_its_own_resources_cost_and_together_what_the_stack_does():
    catalog = built()
    expected = of_state(STACK, REAL, table())
    assert catalog.environments[0].cost.usd_per_month == pytest.approx(expected.usd_per_month)
    assert sum(each.cost.usd_per_month for each in catalog.items) == pytest.approx(expected.usd_per_month)
    assert {each.name: each.cost.usd_per_month for each in catalog.items} == pytest.approx(expected.owners)
    assert item(catalog, "Service").cost.usd_per_month > 0


def test_what_has_no_price_is_named_beside_the_sum():
    balancer = {**OPEN, "urn": OPEN["urn"] + "-lb", "type": "kubernetes:core/v1:Service"}
    balancer["inputs"] = {"kind": "Service", "metadata": {"name": "lb", "namespace": STACK}, "spec": {"type": "LoadBalancer"}}
    catalog = built(balancer)
    assert "load balancer lb: capacity units: depends on the traffic" in catalog.environments[0].cost.unknown
    assert " + ? " in printed(catalog)


def test_findings_stand_with_what_they_are_about_and_waivers_beside_them():
    catalog = built(OPEN, waivers=parse(WAIVERS), at=NOW)
    whole = catalog.environments[0].findings
    by_rule = {each.rule: each for each in whole if "debug" in each.message}
    assert by_rule["kubernetes-host-namespaces"].counts
    assert by_rule["kubernetes-read-only-root-filesystem"].waiver == "EX-1"
    assert catalog.waivers == {"EX-1": Waiver("EX-1", "team-shop", "reviewed in SEC-1", "2026-12-01")}
    assert by_rule.keys() <= catalog.rules.keys()
    assert not any("debug" in each.message for part in catalog.items for each in part.findings)
    later = built(OPEN, waivers=parse(WAIVERS), at=datetime(2027, 1, 1, tzinfo=UTC))
    assert later.waivers == {}
    page = show.markdown(catalog)
    assert "(waived by EX-1)" in page
    assert "EX-1, team-shop, until 2026-12-01: reviewed in SEC-1" in page
    assert "1 more waived" in printed(catalog)


def test_what_is_below_a_golden_path_is_found_at_it():
    owner = item(built(), "Service").urn
    catalog = built({**OPEN, "parent": owner})
    assert any("debug" in each.message for each in item(catalog, "Service").findings)


def test_what_cannot_be_priced_or_judged_is_named_and_shown_as_unknown():
    broken = {**OPEN, "inputs": {"spec": {"containers": "none"}}}
    elsewhere = {"urn": f"urn:pulumi:{STACK}::idp::pulumi:providers:aws::aws", "type": "pulumi:providers:aws", "custom": True}
    catalog = built({**elsewhere, "inputs": {"region": "mars-north-1"}})
    assert [each.place for each in catalog.problems] == [STACK]
    assert "what it costs isn't known: region 'mars-north-1'" in catalog.problems[0].what
    assert {each.cost for each in (*catalog.items, *catalog.environments)} == {None}
    assert catalog.environments[0].findings is not None
    assert "what it costs isn't known" in built(broken).problems[0].what


def test_a_service_has_its_role_its_api_its_runbook_and_a_database_the_version_of_its_engine():
    catalog = built()
    cart = item(catalog, "Service")
    assert (cart.api, cart.runbook, cart.docs) == ("grpc", RUNBOOK, "")
    assert f"runbook: {RUNBOOK}" in show.markdown(catalog)
    database = item(catalog, "Database")
    assert database.version.startswith("17")
    role = next(each for each in REAL["deployment"]["resources"] if each["type"] == "aws:iam/role:Role")
    arn = "arn:aws:iam::123456789012:role/shop-dev-cart"
    known = built({**role, "outputs": {"arn": arn}})
    assert item(known, "Service").roles == (arn,)


def test_a_link_that_is_no_web_address_is_no_link():
    broken = json.loads(json.dumps(REAL))
    for each in broken["deployment"]["resources"]:
        if each["type"] == "idp:index:Service":
            each["inputs"]["spec"]["links"] = {"docs": "javascript:alert(1)", "runbook": ["https://a.example.com"]}
    (cart,) = [each for each in build([Answer(STACK, broken)], None, NOW).items if each.kind == "Service"]
    assert (cart.docs, cart.runbook) == ("", "")


WORKLOAD = {"namespace": STACK, "name": "cart", "generation": 2, "labels": {"app.kubernetes.io/name": "cart"}}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "rollout"),
    [
        ("Deployment", {"replicas": 2}, {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, "complete"),
        (
            "Deployment",
            {"replicas": 2},
            {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
            "progressing",
        ),
        (
            "Deployment",
            {"replicas": 2},
            {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 2},
            "progressing",
        ),
        ("Deployment", {"replicas": 2, "paused": True}, {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1}, "paused"),
        ("Deployment", {"replicas": 0}, {"observedGeneration": 2}, "complete"),
        ("Deployment", {}, {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}, "stuck"),
        (
            "StatefulSet",
            {"replicas": 1},
            {"observedGeneration": 2, "readyReplicas": 1, "updateRevision": "a", "currentRevision": "a"},
            "complete",
        ),
        (
            "StatefulSet",
            {"replicas": 1},
            {"observedGeneration": 2, "readyReplicas": 1, "updateRevision": "b", "currentRevision": "a"},
            "progressing",
        ),
        ("CronJob", {}, {}, ""),
    ],
)
def test_a_rollout_is_what_kubectl_says_it_is(kind, spec, status, rollout):
    workload = {"kind": kind, "metadata": WORKLOAD, "spec": spec, "status": status}
    pods = item(built(cluster={"items": [workload]}), "Service").pods
    assert pods.rollout == rollout
    assert pods.well is (rollout != "stuck" and pods.ready >= pods.wanted)


def test_an_environment_ends_when_the_cluster_says_so_later_ends_included():
    namespace = {
        "kind": "Namespace",
        "metadata": {
            "name": "shop-pr-42",
            "creationTimestamp": "2026-11-24T12:00:00Z",
            "labels": {"idp/ephemeral": "namespace", "idp/environment": "pr-42"},
            "annotations": {"idp/owner": "alice", "idp/expires-at": "2026-11-25T12:00:00Z"},
        },
    }
    said = {"idp/extended-until": "2026-11-26T12:00:00Z", "idp/kept-until": "2026-11-27T12:00:00Z", "idp/kept-because": "demo"}
    lease = {"kind": "Lease", "metadata": {"name": "lifetime", "namespace": "shop-pr-42", "annotations": said}}
    answer = Answer("shop-pr-42", {"deployment": {"resources": []}})
    (environment,) = build([answer], {"items": [namespace, lease]}, NOW).environments
    assert (environment.ends, environment.kept_until) == ("2026-11-26T12:00:00Z", "2026-11-27T12:00:00Z")
    del namespace["metadata"]["annotations"]["idp/owner"]
    catalog = build([answer], {"items": [namespace, lease]}, NOW)
    assert [(each.place, each.what) for each in catalog.problems] == [
        ("shop-pr-42", "when it ends can't be read from its namespace: idp/owner is missing")
    ]


def test_a_history_that_cannot_be_read_is_named():
    (problem,) = built(history_error="access denied").problems
    assert (problem.place, problem.what) == (STACK, "its history can't be read: access denied")


def printed(catalog):
    text = io.StringIO()
    show.table(catalog, Console(file=text, width=240))
    return text.getvalue()
