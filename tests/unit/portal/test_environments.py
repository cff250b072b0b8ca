"""Environments in the portal: what their pages say, who may do what with them, and that each action is written down once."""

from types import SimpleNamespace

import pytest
from portals import CHECKOUT, ROOMS, SCRIPT, answer, component, parsed

from idp_components.core.spec import SpecError
from idp_components.environments.backend import BackendError
from idp_components.portal.environments import DOINGS, Environments
from idp_components.portal.jobs import Busy, Jobs, NotDone
from idp_components.portal.source import Unavailable

NAME = "checkout-pr-42"
ENDING = answer(
    NAME,
    component(NAME, "EphemeralEnvironment", "environment", {"owner": "alice@example.com"}, expires_at="2026-11-27T12:00:00Z"),
    component(NAME, "Service", "cart", {"image": "ghcr.io/shop/cart:v1"}, url="https://cart.checkout-pr-42.example.com/"),
)
MADE = {"team": "checkout", "environment": "pr-42"}


@pytest.fixture
def with_environment(portal_of):
    portal = portal_of(answers=(ROOMS, CHECKOUT, ENDING))
    portal.site.environments.add(NAME, "alice@example.com", source="https://github.com/shop/checkout/pull/42")
    portal.site.source.refresh(anew=True)
    return portal


def asked(portal, path, fields=None):
    return portal.post(path, {"form_token": portal.token_of_forms(), **(fields or {})})


def test_a_page_per_environment_says_where_it_answers_until_when_how_it_is_and_whom_to_ask(with_environment):
    page = with_environment.get(f"/environments/{NAME}").text
    parsed(page)
    for said in (
        "https://cart.checkout-pr-42.example.com/",
        "27 Nov 2026, 12:00 UTC",
        "running",
        "alice@example.com",
        "#contact"[1:],
        "pull/42",
    ):
        assert said in page
    assert "do-destroy" not in page
    with_environment.sign_in()
    page = with_environment.get(f"/environments/{NAME}").text
    parsed(page)
    assert [each for each in DOINGS if f'id="do-{each}"' in page] == ["update", "extend", "sleep", "destroy"]
    assert NAME in with_environment.get("/environments").text
    assert with_environment.get("/environments/checkout-pr-1").status_code == 404


def test_one_whose_record_is_broken_or_that_has_no_stack_has_a_page_too(with_environment):
    with_environment.site.environments.there["shop-pr-9"] = {"name": "shop-pr-9", "state": "broken", "broken": f"its record: {SCRIPT}"}
    with_environment.site.source.refresh(anew=True)
    with_environment.sign_in()
    for path in ("/environments", "/environments/shop-pr-9"):
        page = with_environment.get(path).text
        parsed(page)
        assert "<script>alert" not in page
        assert "broken" in page


def test_it_is_made_slept_woken_extended_and_destroyed_with_progress_and_each_is_written_down_once(portal):
    portal.sign_in()
    assert portal.get("/environments/new").status_code == 200
    portal.site.environments.until.clear()
    settings = {"spec.ttl_hours": "48", "spec.sleep_after_hours": "8", "spec.owner": "mallory"}
    settings |= {"spec.derived_from": "checkout-dev", "spec.seed": "demo"}
    made = asked(portal, "/environments/new?do=create", {**MADE, **settings})
    assert (made.status_code, made.headers["location"]) == (303, f"/environments/{NAME}")
    page = portal.get(f"/environments/{NAME}").text
    parsed(page)
    assert "in progress" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert [each["action"] for each in portal.audit()] == ["sign-in"]
    busy = asked(portal, f"/environments/{NAME}/sleep")
    assert "runs still" in busy.text or busy.status_code == 403
    portal.site.environments.until.set()
    portal.settled()
    said = {"owner": "olga", "ttlHours": "48", "sleepAfterHours": "8", "derivedFrom": "checkout-dev", "seed": "demo"}
    assert portal.site.environments.settings[NAME] == said
    first = portal.get(f"/environments/{NAME}/now")
    assert "done, it is there" in first.text
    assert portal.get(f"/environments/{NAME}/now", headers={"if-none-match": first.headers["ETag"]}).status_code == 304
    for doing, fields in (("sleep", {}), ("wake", {}), ("update", {}), ("extend", {"hours": "24"}), ("destroy", {"confirm": NAME})):
        assert asked(portal, f"/environments/{NAME}/{doing}", fields).status_code == 303
        portal.settled()
    assert portal.site.environments.done == [
        f"create {NAME}", f"sleep {NAME}", f"wake {NAME}", f"update {NAME}", f"extend {NAME} 24", f"destroy {NAME}"
    ]  # fmt: skip
    seen = [(each["action"], each["outcome"], each.get("environment")) for each in portal.audit()][1:]
    assert seen == [
        ("environment-sleep", "refused", NAME),
        *((f"environment-{doing}", "done", NAME) for doing in ("create", "sleep", "wake", "update", "extend", "destroy")),
    ]
    assert "it is so" in portal.get(f"/environments/{NAME}").text


def test_what_is_filled_in_wrongly_is_said_at_its_field_and_nothing_is_made(portal):
    portal.sign_in()
    for fields, at in (
        ({"environment": "staging"}, "environment"),
        ({"environment": SCRIPT}, "environment"),
        ({"environment": ""}, "environment"),
        ({"environment": "pr-1-pr-2"}, "environment"),
        ({"spec.ttl_hours": "soon"}, "spec-ttl_hours"),
        ({"spec.ttl_hours": "9999"}, "spec-ttl_hours"),
        ({"spec.awake": SCRIPT}, "spec-awake"),
        ({"spec.derived_from": "catalog-production"}, "spec-derived_from"),
        ({"spec.derived_from": NAME}, "spec-derived_from"),
        ({"spec.seed": SCRIPT}, "spec-seed"),
        ({"spec.source_url": f"javascript:{SCRIPT}"}, "spec-source_url"),
    ):
        assert asked(portal, "/environments/new?do=create", {**MADE, **fields}).status_code == 422, fields
        answered = asked(portal, "/environments/new", {**MADE, **fields})
        assert answered.status_code == 422, fields
        parsed(answered.text)
        assert f'id="{"field-environment" if at == "environment" else at}-error"' in answered.text, fields
        assert "<script>alert" not in answered.text
    for hours in ("", "-1", "1.5", "99999", SCRIPT):
        portal.site.environments.add(NAME, "olga")
        portal.site.source.refresh(anew=True)
        assert asked(portal, f"/environments/{NAME}/extend", {"hours": hours}).status_code == 422
    assert portal.site.environments.done == []
    assert {each["outcome"] for each in portal.audit()[1:]} == {"refused"}


def test_what_it_would_make_and_cost_is_shown_before_it_is_made(portal):
    portal.sign_in()
    assert '<option value="checkout-dev">' in portal.get("/environments/new").text
    plain = asked(portal, "/environments/new", MADE)
    parsed(plain.text)
    assert "About 2.40 US dollars a day." in plain.text
    derived = asked(portal, "/environments/new", {**MADE, "spec.derived_from": "checkout-dev", "spec.seed": "demo", "spec.ttl_hours": "48"})
    page = parsed(derived.text)
    row = [" ".join(cell.itertext()).split() for cell in page.find(".//table[@id='parts']/tbody")[0]]
    assert (row[0], row[1], row[3], row[4]) == (["Database", "carts"], ["stand-in"], ["120.50"], ["12.25"])
    for said in (
        "end 48 hours",
        "would be 1,108.25 less than checkout-dev",
        "idp:token",
        "left out",
        "the seed <code>demo</code>",
        "no price",
    ):
        assert said in derived.text
    assert "<script>alert" not in derived.text
    form = page.find(".//form[@id='again']")
    assert portal.site.environments.done == []
    kept = {each.get("name"): each.get("value") for each in form.findall("input")}
    assert portal.post(form.find("button").get("formaction"), kept).status_code == 303
    portal.settled()
    assert portal.site.environments.settings[NAME] == {"owner": "olga", "derivedFrom": "checkout-dev", "seed": "demo", "ttlHours": "48"}
    seen = [(each["action"], each["outcome"]) for each in portal.audit()[1:]]
    assert seen == [("environment-plan", "done")] * 2 + [("environment-create", "done")]


@pytest.mark.parametrize(
    ("error", "outcome"), [(SpecError(f"it costs too much {SCRIPT}"), "refused"), (NotDone("https://user:password@x is away"), "failed")]
)
def test_what_speaks_against_it_is_said_at_the_form_before_anything_is_made(portal, error, outcome):
    portal.sign_in()
    portal.site.environments.fails = error
    answered = asked(portal, "/environments/new", MADE)
    parsed(answered.text)
    assert (answered.status_code, portal.audit()[-1]["outcome"]) == (422, outcome)
    assert ("it costs too much" if outcome == "refused" else "://…@x is away") in answered.text
    for hidden in ("user:password", "<script>alert"):
        assert hidden not in answered.text


def test_nothing_is_destroyed_that_nobody_confirmed(with_environment):
    with_environment.sign_in()
    assert "type its name" not in with_environment.get(f"/environments/{NAME}/destroy").text
    for confirm in ("", "yes", "checkout-pr-4"):
        answered = asked(with_environment, f"/environments/{NAME}/destroy", {"confirm": confirm})
        assert answered.status_code == 422
        assert "type its name" in answered.text
    assert with_environment.site.environments.done == []


@pytest.mark.parametrize(
    ("groups", "allowed"),
    [
        ((), ()),
        (("idp:catalog:developer", "idp:catalog:on-call"), ()),
        (("idp:checkout:viewer",), ()),
        (("idp:checkout:developer",), ("create", "update", "sleep", "wake", "destroy")),
        (("idp:checkout:on-call",), ("create", "update", "extend", "sleep", "wake", "destroy")),
    ],
)
def test_only_the_team_works_on_its_environments_and_only_who_is_on_call_extends_them(behind_proxy, groups, allowed):
    portal = behind_proxy(*groups)
    portal.site.environments.add(NAME, "bob@example.com")
    portal.site.source.refresh(anew=True)
    shown = portal.get(f"/environments/{NAME}").text
    for doing in ("create", *DOINGS):
        fields = {"hours": "8", "confirm": NAME, "team": "checkout", "environment": "pr-43"}
        answered = asked(portal, "/environments/new?do=create" if doing == "create" else f"/environments/{NAME}/{doing}", fields)
        assert answered.status_code == (303 if doing in allowed else 403), doing
        portal.settled()
        if doing in ("update", "extend", "sleep", "destroy"):
            assert (f'id="do-{doing}"' in shown) == (doing in allowed)
    assert [each.split()[0] for each in portal.site.environments.done] == [each for each in ("create", *DOINGS) if each in allowed]
    assert len(portal.audit()) == 1 + len(DOINGS)


def test_its_owner_may_work_on_it_and_extend_it_whatever_team_they_are_of(behind_proxy):
    portal = behind_proxy("idp:catalog:developer")
    portal.site.environments.add(NAME, "alice@example.com")
    portal.site.source.refresh(anew=True)
    for doing in ("sleep", "wake", "extend"):
        assert asked(portal, f"/environments/{NAME}/{doing}", {"hours": "8"}).status_code == 303
        portal.settled()
    # Somebody else has made one of that name since the page was shown: who owns it is looked up again.
    portal.site.environments.there[NAME]["owner"] = "bob@example.com"
    assert asked(portal, f"/environments/{NAME}/destroy", {"confirm": NAME}).status_code == 303
    portal.settled()
    assert portal.site.environments.done == [f"sleep {NAME}", f"wake {NAME}", f"extend {NAME} 8"]
    assert portal.audit()[-1]["outcome"] == "refused"
    assert "not done" in portal.get(f"/environments/{NAME}").text


def test_what_stays_is_no_environment_that_anything_can_be_done_with(portal):
    portal.sign_in()
    for name in ("checkout-dev", "checkout-production", "platform-dev", "nonsense", "checkout-preview"):
        for doing in DOINGS:
            assert asked(portal, f"/environments/{name}/{doing}", {"confirm": name, "hours": "1"}).status_code == 403
    assert asked(portal, f"/environments/{NAME}/explode").status_code == 404
    assert portal.site.environments.done == []


@pytest.mark.parametrize(
    ("error", "outcome", "said"),
    [
        (NotDone(f"at https://user:password@x.example.com {SCRIPT}"), "failed", "at https://"),
        (RuntimeError("secret of the inside"), "failed", "the portal&#39;s log says what"),
    ],
)
def test_what_fails_says_why_without_secrets_or_script_and_is_written_down_once(with_environment, error, outcome, said):
    with_environment.sign_in()
    with_environment.site.environments.fails = error
    asked(with_environment, f"/environments/{NAME}/sleep")
    with_environment.settled()
    page = with_environment.get(f"/environments/{NAME}").text
    parsed(page)
    assert said in page
    for hidden in ("user:password", "<script>alert", "secret of the inside"):
        assert hidden not in page
    (entry,) = with_environment.audit()[1:]
    assert (entry["action"], entry["outcome"]) == ("environment-sleep", outcome)
    assert "user:password" not in str(entry)


def test_a_place_that_does_not_answer_is_a_failure_with_its_own_words(tmp_path):
    def away(*_, **__):
        raise BackendError("error: the bucket is gone")

    environments = Environments(tmp_path, *[lambda: SimpleNamespace(look=away, find=away)] * 2)
    with pytest.raises(Unavailable, match="the bucket is gone"):
        environments.described()
    with pytest.raises(NotDone, match="the bucket is gone"):
        environments.planned(NAME, {})
    with pytest.raises(NotDone, match="the bucket is gone"):
        environments.create(NAME, {}, print)
    with pytest.raises(NotDone, match="the bucket is gone"):
        environments.do("sleep", NAME, 0, lambda _: True, print)


def test_one_job_at_a_time_runs_for_an_environment():
    jobs, seen = Jobs(), []

    def work(say):
        say("a line at https://user:password@x.example.com")
        with pytest.raises(Busy, match="runs still"):
            jobs.start(NAME, "sleep", work)
        seen.append(jobs.of(NAME).state)
        return "well"

    jobs.start(NAME, "create", work)
    jobs.stop()
    assert (seen, jobs.of(NAME).state, jobs.of(NAME).said) == (["running"], "done", "well")
    assert jobs.of(NAME).lines == ("a line at https://…@x.example.com",)
