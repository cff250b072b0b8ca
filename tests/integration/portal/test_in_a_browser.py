"""The portal as people use it: a headless Chromium over what really runs on the sandbox."""

from __future__ import annotations

import pytest
from integration.portal.conftest import ROOT, Seen
from playwright.sync_api import Page, expect

DESKTOP, PHONE = {"width": 1200, "height": 760}, {"width": 390, "height": 844}
PAGES = (
    "/",
    "/teams/bakery",
    "/environments",
    "/environments/new",
    "/environments/bakery-dev",
    "/items/bakery/Service/oven",
    "/graph",
    "/changes",
    "/policy",
    "/survey",
    "/new",
    "/new/service",
    "/nowhere",
)


def shown(page: Page) -> None:
    """Waits for what is loaded, so that a picture has it all."""
    page.wait_for_load_state("networkidle")


def test_a_service_is_found_by_typing_and_its_pods_are_seen_to_change(seen: Seen, pods) -> None:
    page = seen.open("/")
    expect(page.locator("#items tbody tr")).not_to_have_count(1)
    seen.picture("overview")
    page.get_by_role("searchbox").type("counter menu")
    expect(page.locator("#items tbody tr")).to_have_count(1)
    expect(page.locator("#search-result")).to_have_text("1 component")
    page.get_by_role("searchbox").blur()
    expect(page.locator("#items .status")).to_have_text("1 of 1 ready")
    pods("counter-dev", "menu", 2)
    expect(page.locator("#items .status")).to_have_text("2 of 2 ready")
    page.get_by_role("link", name="menu", exact=True).click()
    expect(page.locator("#status .status")).to_have_text("2 of 2 ready")
    pods("counter-dev", "menu", 0)
    expect(page.locator("#status .status")).to_have_text("no pods wanted now")
    pods("counter-dev", "menu", 1)
    expect(page.locator("#status .status")).to_have_text("1 of 1 ready")


def test_the_graph_shows_who_uses_what_and_leads_to_it(seen: Seen) -> None:
    page = seen.open("/")
    page.get_by_role("link", name="Connections", exact=True).click()
    expect(page.locator("#picture .node")).to_have_count(5)
    expect(page.locator("#picture .arrow")).to_have_count(3)
    seen.picture("connections")
    page.locator("#picture a", has_text="oven").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("oven")
    expect(page.locator("#contact")).to_contain_text("bakery@example.com")
    seen.picture("component")


def test_a_form_says_what_is_wrong_at_its_fields_and_becomes_a_branch_that_previews_clean(seen: Seen, bakery, tmp_path) -> None:
    page = seen.open("/new/service?team=bakery")
    page.get_by_label("Name required").fill("Bread Slicer")
    page.locator("#spec-image").fill("registry.example.com/slicer:latest")
    page.get_by_role("button", name="Show what it would make").click()
    expect(page.get_by_role("alert")).to_be_visible()
    for field in ("field-name", "spec-image"):
        expect(page.locator(f"#{field}-error li").first).to_be_visible()
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    assert seen.axe() == []
    seen.picture("form")
    page.get_by_label("Name required").fill("slicer")
    page.locator("#spec-image").fill("registry.example.com/slicer:v1.0.0")
    page.locator("#spec-port-0").fill("8080")
    page.get_by_role("button", name="Show what it would make").click()
    expect(page.locator("#made")).to_contain_text("Deployment slicer")
    assert seen.axe() == []
    seen.picture("proposal")
    page.get_by_role("button", name="Make the branch").click()
    expect(page.locator("#proposed")).to_contain_text("idp/bakery-slicer")
    assert bakery.run("git", "branch", "--show-current").strip() == "main"
    checkout = tmp_path / "checkout"
    bakery.run("git", "worktree", "add", "--quiet", str(checkout), "idp/bakery-slicer")
    said = bakery.pulumi("bakery-dev", "preview", "--policy-pack", str(ROOT / "policies" / "all"), cwd=checkout)
    assert "slicer" in said
    assert "to delete" not in said


def test_an_environment_is_made_put_to_sleep_woken_extended_and_destroyed(seen: Seen, bakery) -> None:
    page = seen.open("/environments")
    page.get_by_role("link", name="New environment").click()
    page.get_by_label("Team required").select_option("bakery")
    page.get_by_label("Name required").fill("staging")
    page.get_by_role("button", name="Show what it would make").click()
    expect(page.locator("#field-environment-error")).to_contain_text("no environment that ends")
    assert seen.axe() == []
    page.get_by_label("Name required").fill("pr-7")
    page.locator("#spec-source_url").fill("https://github.com/corner-bakery/bakery/pull/7")
    page.locator("#spec-derived_from").fill("bakery-dev")
    page.get_by_role("button", name="Show what it would make").click()
    expect(page.get_by_role("row", name="Service oven")).to_contain_text("copied")
    expect(page.locator("#cost")).to_contain_text("than bakery-dev")
    assert seen.axe() == []
    seen.picture("derivation")
    assert bakery.environments() == []
    page.get_by_role("button", name="Make it").click()
    expect(page).to_have_url(f"{bakery.url}/environments/bakery-pr-7")
    expect(page.locator("#job")).to_contain_text("in progress")
    expect(page.locator("#job .lines li").first).to_be_visible()
    assert seen.axe() == []
    expect(page.locator("#job")).to_contain_text("Create: done, it is there")
    expect(page.locator("#now .level")).to_have_text("running")
    expect(page.locator("#now .status")).to_have_text("2 of 2 ready")
    assert bakery.environments() == ["bakery-pr-7"]
    shown(page)
    seen.picture("environment")
    for button, job, state in (
        ("Put to sleep", "Put to sleep: done", "asleep"),
        ("Wake", "Wake: done", "running"),
        ("Extend", "Extend: done", "running"),
    ):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#job")).to_contain_text(job)
        expect(page.locator("#now .level")).to_have_text(state)
        expect(page.locator("#do-destroy")).to_be_visible()  # the page has loaded anew
    assert seen.axe() == []
    page.get_by_role("link", name="Destroy…").click()
    page.get_by_role("button", name="Destroy it").click()
    expect(page.locator("#confirm-error")).to_contain_text("type its name")
    assert seen.axe() == []
    page.get_by_label("Its name, to confirm").fill("bakery-pr-7")
    page.get_by_role("button", name="Destroy it").click()
    expect(page.locator("#job")).to_contain_text("Destroy: done, it is gone")
    assert bakery.environments() == []
    done = [(each["action"].removeprefix("environment-"), each["outcome"]) for each in bakery.audit() if "environment-" in each["action"]]
    assert done == [
        ("plan", "refused"),
        ("plan", "done"),
        ("create", "done"),
        ("sleep", "done"),
        ("wake", "done"),
        ("extend", "done"),
        ("destroy", "refused"),
        ("destroy", "done"),
    ]


def test_the_survey_takes_an_answer_and_keeps_nothing_of_who_gave_it(seen: Seen, bakery) -> None:
    page = seen.open("/survey")
    seen.picture("survey")
    page.locator("#wait_environment-long").select_option("hour")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#wait_environment-error")).to_be_visible()
    page.locator("#wait_environment-often").select_option("weekly")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("#thanks")).to_be_visible()
    (box,) = (bakery.folder / ".idp" / "survey").glob("*.yaml")
    assert "how_often: weekly" in box.read_text()
    assert all("survey" not in each["action"] for each in bakery.audit())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_in_light_and_dark_on_a_desk_and_on_a_phone(seen: Seen, path: str) -> None:
    if path == "/nowhere":
        seen.status = 404
    page = seen.open(path)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than {size['width']} px"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert seen.axe() == []
    if path == "/environments/bakery-dev":
        seen.picture("phone")
