"""Pages: what they say, that they are HTML, that text in them stays text, and that 1,000 services fit."""

import json
import re
import time

import pytest
from portals import CHECKOUT, ROOMS, SCRIPT, answer, cluster, component, parsed

from idp_components.catalog import Problem
from idp_components.portal.guard import HEADERS
from idp_components.rules.waivers import NEVER
from idp_components.rules.waivers.file import parse

PAGES = (
    "/",
    "/?q=cart",
    "/items?q=cart",
    "/teams/checkout",
    "/environments/checkout-dev",
    "/environments/checkout-dev/now",
    "/environments/checkout-dev/destroy",
    "/environments",
    "/environments/new",
    "/survey",
    "/items/checkout/Service/cart",
    "/items/checkout/Service/cart/status",
    "/graph",
    "/graph?environment=dev&team=checkout",
    "/changes",
    "/policy",
    "/new",
    "/sign-in",
    "/nowhere",
    "/teams/nobody",
)
PRIVILEGED = {
    "urn": "urn:pulumi:checkout-dev::idp::idp:index:Service$kubernetes:apps/v1:Deployment::cart",
    "type": "kubernetes:apps/v1:Deployment",
    "custom": True,
    "parent": "urn:pulumi:checkout-dev::idp::idp:index:Service::cart",
    "inputs": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "checkout-dev", "name": "cart"},
        "spec": {"template": {"spec": {"containers": [{"name": "cart", "image": "cart", "securityContext": {"privileged": True}}]}}},
    },
}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_html_without_errors_with_one_heading_and_a_language(portal, path):
    page = portal.get(path)
    if path.startswith("/items?") or path.endswith(("/status", "/now")):
        assert page.text.lstrip().startswith("<")
        return
    tree = parsed(page.text)
    assert len(tree.findall(".//h1")) == 1
    assert tree.get("lang") == "en"
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {each.get("for") for each in tree.findall(".//label")}
    assert [each.get("id") for each in tree.iter() if each.tag in ("input", "select", "textarea") and each.get("type") != "hidden"] == [
        each.get("id")
        for each in tree.iter()
        if each.tag in ("input", "select", "textarea") and each.get("type") != "hidden" and each.get("id") in labelled
    ]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_the_strict_headers_and_asks_no_other_host_for_anything(portal, path):
    page = portal.get(path)
    for name, value in HEADERS.items():
        assert page.headers[name] == value
    assert re.findall(r'(?:src|action|data-live)="(?!/)[^"]*"', page.text) == []
    assert re.findall(r'<(?:link|script|img)[^>]*="https?:', page.text) == []
    assert re.findall(r"\s(?:style|on\w+)=|<script>", page.text) == []


def test_a_failure_has_the_headers_too_and_tells_nothing_of_itself(portal, monkeypatch):
    def fail(_):
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("idp_components.portal.view.changes", fail)
    answered = portal.get("/changes")
    assert answered.status_code == 500
    assert answered.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert "secret of the inside" not in answered.text


def test_a_component_says_how_it_is_whom_to_ask_what_it_uses_and_what_changed(portal):
    page = portal.get("/items/checkout/Service/cart").text
    for said in (
        "2 of 2 ready",
        "checkout@example.com",
        "v1.4.2",
        "checkout/cart uses checkout/orders (send)",
        "Let carts expire",
        "ci.example.com/7",
    ):
        assert said in page
    assert "hidden-value" not in page
    assert "LEVEL" in page


def test_an_environment_shows_its_changes_the_newest_first_whatever_their_messages_hold(portal_of):
    before = [
        {"kind": "update", "result": "failed", "message": f"<b>{text}</b>", "endTime": "2026-01-01T00:00:00Z"} for text in ("one", "two")
    ]
    portal = portal_of(answers=(ROOMS, type(CHECKOUT)("checkout-dev", CHECKOUT.state, [*CHECKOUT.history, *before])))
    page = portal.get("/environments/checkout-dev").text
    tree = parsed(page)
    assert page.index("Let carts expire") < page.index("&lt;b&gt;one") < page.index("&lt;b&gt;two")
    assert len(tree.findall(".//ol[@id='earlier']/li")) == len(before)
    assert "earlier" not in portal_of(answers=(ROOMS, CHECKOUT)).get("/environments/checkout-dev").text


def test_live_status_changes_with_the_cluster_and_is_sent_again_only_then(portal):
    first = portal.get("/items/checkout/Service/cart/status")
    tag = {"if-none-match": first.headers["ETag"]}
    assert portal.get("/items/checkout/Service/cart/status", headers=tag).status_code == 304
    portal.running.update(cluster(cart=1))
    portal.site.source.refresh()
    assert "1 of 2 ready" in portal.get("/items/checkout/Service/cart/status", headers=tag).text
    assert "1 of 2 ready" in portal.get("/").text
    portal.running["items"][0].update(spec={"replicas": 0}, status={})
    portal.site.source.refresh()
    assert "no pods wanted now" in portal.get("/items/checkout/Service/cart/status", headers=tag).text


def test_search_finds_by_any_word_of_name_kind_team_environment_and_version(portal):
    for query, count in (("cart", 1), ("CHECKOUT", 2), ("queue dev", 1), ("v1.4.2", 1), ("nothing-like-it", 0)):
        assert f'id="items-count">{count} component' in portal.get("/items", params={"q": query}).text


def test_what_is_missing_is_said_on_every_page(portal_of):
    portal = portal_of(running=None, problems=[Problem("cluster", "away, at https://user:password@cluster.example.com")])
    for path in ("/", "/teams/checkout", "/environments/checkout-dev", "/environments"):
        page = portal.get(path).text
        assert "Missing from the catalogue" in page
        assert "password" not in page


def test_what_the_rules_find_is_shown_with_the_reason_and_the_remedy(portal_of):
    state = {"deployment": {"resources": [*CHECKOUT.state["deployment"]["resources"], PRIVILEGED]}}
    portal = portal_of(answers=(ROOMS, type(CHECKOUT)("checkout-dev", state, CHECKOUT.history)))
    page = portal.get("/policy").text
    parsed(page)
    for said in ("privileged", "Why:", "Fix:", "mandatory"):
        assert said in page
    assert "privileged" in portal.get("/items/checkout/Service/cart").text
    assert "privileged" in portal.get("/teams/checkout").text


def test_what_is_waived_stands_beside_with_its_reason_and_its_end_and_is_not_counted(portal_of):
    state = {"deployment": {"resources": [*CHECKOUT.state["deployment"]["resources"], PRIVILEGED]}}
    answers = (ROOMS, type(CHECKOUT)("checkout-dev", state, CHECKOUT.history))
    rules = [each.rule for each in portal_of(answers=answers).site.source.snapshot().remarks]
    (rule, *_), count = (
        [each for each in rules if rules.count(each) == 1 and each.startswith("kubernetes-") and each not in NEVER],
        len(rules),
    )
    match = {"type": "kubernetes:apps/v1:Deployment", "name": "cart"}
    said = {"owner": "team-x", "reason": f"reviewed in SEC-311 {SCRIPT}", "created": "2026-11-01", "expires": "2027-01-30"}
    waivers = parse(json.dumps([{"id": "EX-042", "rules": [rule], "match": match, **said}]))
    assert len(waivers.entries) == 1
    portal = portal_of(answers=answers, waivers=waivers)
    page = portal.get("/policy").text
    parsed(page)
    assert f"{count - 1} findings in what runs, and 1 more that is waived" in page
    for path in ("/policy", "/environments/checkout-dev", "/items/checkout/Service/cart", "/teams/checkout"):
        page = portal.get(path).text
        assert "EX-042 of team-x, until 2027-01-30: reviewed in SEC-311" in page
        assert "<script>alert" not in page
    broken = portal_of(answers=answers, waivers=parse("- [", "waivers.yaml")).get("/policy").text
    assert "so nothing is waived" in broken
    assert f"{count + len(answers)} findings in what runs." in broken  # one about the file in each stack


def test_script_in_names_labels_texts_and_errors_stays_text(portal_of):
    odd = component(
        "checkout-dev", "Service", SCRIPT, {"image": f"ghcr.io/x:{SCRIPT}", SCRIPT: SCRIPT}, url=f"https://{SCRIPT}", uses=[f"{SCRIPT}/x:1"]
    )
    team = component(
        "platform-dev",
        "Team",
        SCRIPT,
        {"owner": {"email": SCRIPT, "slack_channel": SCRIPT}, "repositories": [f"https://{SCRIPT}"]},
        team=SCRIPT,
    )
    said = {"git.author": SCRIPT, "git.head": SCRIPT, "ci.build.url": f"javascript:{SCRIPT}"}
    answers = (answer("platform-dev", team), answer("checkout-dev", odd, message=SCRIPT, environment=said), answer(f"{SCRIPT}-dev"))
    portal = portal_of(answers=answers, problems=[Problem(SCRIPT, SCRIPT)])
    hostile = (
        "/",
        f"/?q={SCRIPT}",
        "/items",
        "/teams/checkout",
        "/environments/checkout-dev",
        "/graph",
        f"/graph?environment={SCRIPT}&team={SCRIPT}",
        "/changes",
        "/new",
        f"/teams/{SCRIPT}",
        f"/new/service?team={SCRIPT}&environment={SCRIPT}",
    )
    for path in hostile:
        page = portal.get(path).text
        assert "<script>alert" not in page, path
        assert "javascript:" not in " ".join(re.findall(r'href="[^"]*"', page))
        if not path.startswith("/items"):
            parsed(page)


def test_pages_show_1000_services(portal_of):
    many = [
        answer(
            f"team{team}-dev",
            *(
                component(
                    f"team{team}-dev",
                    "Service",
                    f"service-{team}-{number}",
                    {"image": "x:v1"},
                    uses=[f"team{team}/service-{team}-{number + 1}:80"],
                )
                for number in range(50)
            ),
        )
        for team in range(20)
    ]
    portal = portal_of(answers=many)
    began = time.monotonic()
    first, everything = portal.get("/").text, portal.get("/?all=1").text
    assert "1,000 components, 60 shown" in first
    assert everything.count("<tr>") == 1001
    parsed(everything)
    assert "don&#39;t fit" in portal.get("/graph").text or "don't fit" in portal.get("/graph").text
    assert portal.get("/graph?team=team7").text.count("<rect") == 51
    assert time.monotonic() - began < 20


def test_only_names_of_this_machine_are_answered(portal):
    assert portal.get("/", headers={"host": "evil.example.com"}).status_code == 400
