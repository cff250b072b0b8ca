"""`idp env` as it is typed: what it shows, and what it says where something is missing or wrong."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from unit.environments.fleet import Places, room, sleeper, stack

from idp_components.cli import env as command
from idp_components.cli import main
from idp_components.environments.cluster import PAUSES


@pytest.fixture
def run(monkeypatch):
    there = Places(
        [stack("shop-pr-1"), stack("shop-pr-2", resources=3), stack("shop-dev")],
        [
            room("shop-pr-1", annotations={"idp/expires-after-hours": "300"}, sleepers=[sleeper("asleep", 5)]),
            room("mail-user-bob", leased={"idp/kept-until": "2026-01-20T00:00:00Z", "idp/kept-because": "[demo]"}),
        ],
    )
    there.find = lambda name: next(iter(there.look(name)), None)

    def world(_env, pauses):
        there.pauses = pauses
        return there

    monkeypatch.setattr(command, "World", world)

    def invoke(*arguments, typed=""):
        result = CliRunner().invoke(main, ["env", *arguments], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    invoke.there = there
    return invoke


def test_a_list_has_a_line_for_each_and_its_exit_code_tells_of_broken_records(run):
    result = run("list", "--now", "2026-01-05T00:00:00Z")
    assert result.exit_code == 1
    for line in (
        ("kept", "mail-user-bob", "[demo]"),
        ("asleep", "shop-pr-1", "since 2026-01-01T05:00:00Z"),
        ("broken", "shop-pr-2", "no tag"),
    ):
        assert any(all(part in row for part in line) for row in result.stdout.splitlines()), line
    assert "shop-dev" not in result.stdout
    assert [each["name"] for each in json.loads(run("list", "--json").stdout)] == ["mail-user-bob", "shop-pr-1", "shop-pr-2"]


def test_only_who_changes_something_waits_for_an_api_server_that_starts_anew(run):
    for arguments, pauses in ((("list",), ()), (("show", "gone-pr-9"), ()), (("reap", "--dry-run"), PAUSES)):
        run(*arguments)
        assert run.there.pauses == pauses, arguments


def test_the_reaper_asks_first_and_says_what_it_would_do(run):
    moment = ("--now", "2026-01-18T00:00:00Z")
    assert "planned" in run("reap", "--dry-run", *moment).stdout
    declined = run("reap", *moment, typed="n\n")
    assert (declined.exit_code, run.there.destroyed) == (1, [])
    assert "shop-pr-1" in declined.stderr
    result = run("reap", "--yes", "--json", *moment)
    assert result.exit_code == 1, "a broken record needs a look"
    assert {each["name"]: each["became"] for each in json.loads(result.stdout)} == {
        "mail-user-bob": "left",
        "shop-pr-1": "done",
        "shop-pr-2": "reported",
    }
    assert run.there.destroyed == ["shop-pr-1"]


def test_the_present_counts_unless_another_time_is_said(run):
    assert datetime.now(UTC) > datetime(2026, 2, 1, tzinfo=UTC), "the fleet of this test is from January 2026"
    run("reap", "--yes")
    assert sorted(run.there.destroyed) == ["mail-user-bob", "shop-pr-1"], "which of two at once is first, nobody says"


@pytest.mark.parametrize("said", ["tomorrow", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_time_without_a_zone_is_no_time(run, said):
    result = run("reap", "--now", said)
    assert result.exit_code == 2
    assert "use for example 2026-01-31T12:00:00Z" in result.stderr


def test_what_is_not_there_is_answered_with_what_is(run):
    result = run("sleep", "shop-pr-9")
    assert result.exit_code == 2
    assert "there is no environment 'shop-pr-9'; there are: mail-user-bob, shop-pr-1, shop-pr-2" in result.stderr


def test_without_the_programs_it_says_how_to_get_them(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    result = CliRunner().invoke(main, ["env", "list"])
    assert result.exit_code == 1
    assert 'is not on PATH; for the sandbox: eval "$(idp sandbox env)"' in result.stderr
