"""Who may do what: every action is checked on the server, and written down once."""

import json
import stat

import pytest
from portals import CHECKOUT, ROOMS, SCRIPT, SECRET, answer, component, git

from idp_components.portal import proposal
from idp_components.portal.app import ROUTES
from idp_components.portal.audit import Audit
from idp_components.portal.environments import DOINGS
from idp_components.portal.identity import SESSION_SECONDS, ByToken

ACTIONS = (
    "/sign-out",
    "/new/queue",
    "/new/queue?do=propose",
    "/new/team?do=propose",
    "/environments/new",
    *(f"/environments/checkout-pr-42/{doing}" for doing in DOINGS),
)
FIELDS = {"name": "extra", "team": "checkout", "environment": "dev"}
DEVELOPER = "idp:checkout:developer"


def branches(portal):
    return git(portal.site.repository.root, "for-each-ref", "--format=%(refname:short)").split()


@pytest.mark.parametrize("path", ACTIONS)
def test_without_identity_no_action_works(portal, path):
    for fields in (FIELDS, {**FIELDS, "form_token": ""}, {**FIELDS, "form_token": "0" * 64}):
        assert portal.post(path, fields).status_code == 403
    assert branches(portal) == ["main"]
    assert [entry["outcome"] for entry in portal.audit()] == ["refused"] * 3
    assert "who" not in portal.audit()[0]


def test_every_action_there_is_was_tried_above():
    changing = {route.path for route in ROUTES if "POST" in (route.methods or ())}
    # The survey has tests of its own: it is no action, since nothing of it may be written down.
    assert changing == {"/sign-in", "/sign-out", "/new/{path}", "/environments/new", "/environments/{stack}/{doing}", "/survey"}
    assert all(route.methods <= {"GET", "HEAD", "POST"} for route in ROUTES)


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_of_another_site_or_session_does_nothing(portal, path):
    portal.sign_in()
    token = portal.token_of_forms()
    other = ByToken("olga")
    for fields, headers in (
        (FIELDS, {}),
        ({**FIELDS, "form_token": "0" * 64}, {}),
        ({**FIELDS, "form_token": "é"}, {}),
        ({**FIELDS, "form_token": token}, {"origin": "https://evil.example.com"}),
        ({**FIELDS, "form_token": token}, {"origin": "null"}),
        ({**FIELDS, "form_token": token}, {"sec-fetch-site": "cross-site"}),
        ({**FIELDS, "form_token": token}, {"sec-fetch-site": "same-site"}),
    ):
        assert portal.post(path, fields, headers=headers).status_code == 403
    assert other.token != portal.site.identity.token
    assert branches(portal) == ["main"]
    assert len(portal.audit()) == 8
    assert "the form isn't one" in portal.audit()[-1]["reason"]


def test_the_wrong_token_signs_nobody_in_and_the_right_one_does(portal):
    for wrong in ("", "x", portal.site.identity.token[:-1], portal.site.identity.token.upper()):
        assert portal.post("/sign-in", {"token": wrong}).status_code == 403
    assert portal.post("/sign-in", {"token": portal.site.identity.token}, headers={"origin": "https://evil.example.com"}).status_code == 403
    answer = portal.post("/sign-in", {"token": portal.site.identity.token})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "olga" in portal.get("/").text
    assert [entry["outcome"] for entry in portal.audit()] == ["refused"] * 5 + ["done"]
    assert portal.site.identity.token not in json.dumps(portal.audit())


def test_a_session_ends_by_signing_out_and_by_itself(portal):
    portal.sign_in()
    assert portal.post("/sign-out", {"form_token": portal.token_of_forms()}).status_code == 303
    assert "Sign in" in portal.get("/").text
    portal.sign_in()
    portal.site.identity.clock = lambda began=portal.site.identity.clock: began() + SESSION_SECONDS
    assert "Sign in" in portal.get("/").text


def test_a_developer_of_the_team_may_propose_and_the_members_of_others_may_not(behind_proxy):
    for groups in (
        (),
        ("idp:catalog:developer",),
        ("idp:checkout:viewer",),
        ("idp:checkout:pipeline",),
        ("idp:platform:developer",),
        ("checkout",),
    ):
        portal = behind_proxy(*groups)
        answered = portal.submit("queue", FIELDS)
        assert answered.status_code == 403
        assert "neither a developer of team checkout nor on call" in answered.text
        assert "<option>checkout" not in portal.get("/new/queue").text
    assert behind_proxy(DEVELOPER).submit("queue", FIELDS).status_code == 200
    assert behind_proxy("other", "idp:checkout:on-call").submit("queue", FIELDS).status_code == 200


def test_only_the_platform_may_ask_for_teams_and_roles_of_pipelines(behind_proxy):
    for path in proposal.BY_PLATFORM:
        assert behind_proxy(DEVELOPER).submit(path, {**FIELDS, "team": "checkout"}).status_code == 403
        assert behind_proxy(DEVELOPER).submit(path, {**FIELDS, "team": "platform"}).status_code == 403
    assert behind_proxy("idp:platform:developer").submit("team", {**FIELDS, "name": "shipping"}).status_code == 200


def test_the_groups_that_count_are_those_that_the_platform_said(behind_proxy):
    usurped = answer(
        "checkout-dev",
        *CHECKOUT.state["deployment"]["resources"],
        component("checkout-dev", "Team", "platform", {"groups": {"developer": DEVELOPER}}, team="platform"),
    )
    portal = behind_proxy(DEVELOPER)
    portal.site.source._stacks, portal.site.source._read = lambda: (ROOMS, usurped), float("-inf")
    portal.site.source.refresh()
    assert portal.submit("team", {"name": "shipping"}).status_code == 403


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("10.0.0.8", {}),
        ("127.0.0.1", {}),
        ("10.0.0.9", {"x-idp-proxy-secret": ""}),
        ("10.0.0.9", {"x-idp-proxy-secret": SECRET[:-1]}),
        ("10.0.0.9", {"x-forwarded-user": " "}),
        ("10.0.0.8", {"x-forwarded-for": "10.0.0.9", "forwarded": "for=10.0.0.9", "x-real-ip": "10.0.0.9"}),
    ],
)
def test_headers_count_only_from_the_proxys_address_and_with_its_secret(behind_proxy, address, headers):
    portal = behind_proxy(DEVELOPER, address=address, **headers)
    page = portal.get("/")
    assert "alice" not in page.text
    assert "read-only" in page.text
    assert portal.submit("queue", FIELDS).status_code == 403


def test_a_header_that_is_there_twice_is_nobodys(behind_proxy):
    portal = behind_proxy(DEVELOPER)
    for name in ("x-forwarded-user", "x-forwarded-groups", "x-idp-proxy-secret"):
        twice = [*portal.headers.items(), (name, portal.headers[name])]
        assert "alice" not in portal.client.get("/", headers=twice).text
    assert "alice" in portal.client.get("/", headers=list(portal.headers.items())).text


def test_behind_a_proxy_nobody_signs_in_here_and_the_token_of_a_form_is_the_persons_own(behind_proxy):
    portal = behind_proxy(DEVELOPER)
    assert portal.post("/sign-in", {"token": "x"}).status_code == 404
    alices = portal.token_of_forms()
    portal.headers["x-forwarded-user"] = "bob@example.com"
    assert portal.post("/new/queue", {**FIELDS, "form_token": alices}).status_code == 403


def test_the_audit_log_has_every_action_once_and_only_its_owner_reads_it(portal):
    portal.sign_in()
    portal.submit("queue", {"name": "Bad Name"})
    portal.submit("queue", FIELDS)
    assert portal.submit("queue", FIELDS, propose=True).status_code == 200
    assert portal.submit("queue", FIELDS, propose=True).status_code == 422
    portal.post("/sign-out", {"form_token": portal.token_of_forms()})
    seen = [(entry["action"], entry["outcome"]) for entry in portal.audit()]
    assert seen == [
        ("sign-in", "done"),
        ("preview", "refused"),
        ("preview", "done"),
        ("propose", "done"),
        ("propose", "refused"),
        ("sign-out", "done"),
    ]
    proposed = portal.audit()[3]
    assert (proposed["who"], proposed["team"], proposed["path"], proposed["name"], proposed["branch"]) == (
        "olga",
        "checkout",
        "queue",
        "extra",
        "idp/checkout-extra",
    )
    assert proposed["commit"] == git(portal.site.repository.root, "rev-parse", "idp/checkout-extra").strip()
    assert "is there already" in portal.audit()[4]["reason"]
    assert stat.S_IMODE((portal.root / "audit.jsonl").stat().st_mode) == 0o600


def test_reading_is_no_action(portal):
    for path in ("/", "/new", "/new/queue", "/policy"):
        portal.get(path)
    assert portal.audit() == []


def test_an_action_that_fails_is_written_down_once_and_nothing_is_done_where_nothing_can_be_written(portal, monkeypatch, tmp_path):
    portal.sign_in()
    form_token = portal.token_of_forms()

    def broken(*_):
        raise RuntimeError("inside")

    monkeypatch.setattr(proposal, "preview", broken)
    assert portal.post("/new/queue", {**FIELDS, "form_token": form_token}).status_code == 500
    assert [(entry["action"], entry["outcome"], entry.get("reason")) for entry in portal.audit()][1:] == [
        ("preview", "failed", "RuntimeError")
    ]
    monkeypatch.undo()
    portal.site.audit = Audit(tmp_path / "audit.jsonl" / "impossible")
    assert portal.post("/new/queue?do=propose", {**FIELDS, "form_token": form_token}).status_code == 500
    assert branches(portal) == ["main"]


def test_script_in_a_form_stays_text_on_the_page_and_one_line_in_the_log(portal):
    portal.sign_in()
    answered = portal.submit(
        "service",
        {
            "name": SCRIPT,
            "team": "checkout",
            "spec.image": SCRIPT,
            "spec.env": f"A: {SCRIPT}\nB",
            "uses": f"{SCRIPT}\n",
            "environment": SCRIPT,
        },
    )
    assert answered.status_code == 422
    assert "<script>alert" not in answered.text
    portal.submit("service", {"name": "x\ny", "team": f"{SCRIPT}\n{{}}"})
    assert len(portal.audit()) == 3


def test_a_form_that_no_person_filled_in_is_refused(portal):
    portal.sign_in()
    token = portal.token_of_forms()
    assert portal.post("/new/queue", {**FIELDS, "form_token": token, "spec": "x" * 300_000}).status_code == 403
    assert portal.post("/new/queue", {"form_token": token, **{f"f{number}": "" for number in range(600)}}).status_code == 403
    assert "KiB" in portal.audit()[1]["reason"]
