"""The box of a round: answers one by one, of nobody, until they are counted."""

import stat
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from idp_components.cli.survey import survey
from idp_components.core.spec import SpecError
from idp_components.survey import questionnaire, rounds
from idp_components.survey.answers import answer
from idp_components.survey.box import Box, beginning, current

ASKED = questionnaire.read()


@pytest.fixture
def box(tmp_path):
    return Box("2026-Q4", ASKED, tmp_path / "boxes", tmp_path / "survey")


def reply(team="", comment="", often="weekly"):
    return answer({"team": team, "release": {"how_often": often, "how_long": "hour", "comment": comment}}, "test", ASKED)


def test_a_box_holds_no_moment_and_no_order_and_keeps_comments_apart(box):
    for number in range(20):
        box.put(reply("shop", f"comment {number}", "weekly" if number < 10 else "daily"))
    text = box.path.read_text()
    found = rounds.of_text(text, "box")
    assert len(found.answers) == 20
    assert all(not each.replies["release"].comment for each in found.answers)
    assert sorted(found.comments["release"]) == sorted(f"comment {number}" for number in range(20))
    order = [each.replies["release"].how_often for each in found.answers]
    assert order != ["weekly"] * 10 + ["daily"] * 10  # by chance once in 184,756 times
    began = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
    for path in (box.folder, *box.folder.iterdir()):
        assert path.stat().st_mtime == began
    assert stat.S_IMODE(box.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(box.folder.stat().st_mode) == 0o700


def test_counting_takes_enough_answers_hides_small_teams_and_ends_the_round(box, tmp_path):
    for _ in range(4):
        box.put(reply("shop"))
    count = ["count", "--box", str(box.folder), "--folder", str(box.counted)]
    early = CliRunner().invoke(survey, [*count, "--yes"])
    assert (early.exit_code, "only 4 of the 5 answers" in early.output) == (2, True)
    for team in ("shop", "till", "till"):
        box.put(reply(team))
    assert "would write" in CliRunner().invoke(survey, [*count, "--dry-run"]).output
    assert CliRunner().invoke(survey, count, input="n\n").exit_code == 1
    assert not box.is_closed
    counted = CliRunner().invoke(survey, [*count, "--yes"])
    assert "answers: 7" in counted.output
    stored = rounds.read("2026-Q4", box.counted)
    assert len(stored.answers) == 7
    assert {each.team for each in stored.answers} == {""}  # the two of `till` would be the difference to the whole
    assert not box.path.exists()
    with pytest.raises(SpecError, match="has been counted"):
        box.put(reply())
    report = CliRunner().invoke(survey, ["report", "--no-history", "--folder", str(box.counted)])
    assert report.exit_code == 0, report.output
    assert "no box yet" in CliRunner().invoke(survey, ["count", "--box", str(tmp_path / "none"), "--yes"]).output


def test_a_box_takes_answers_to_its_own_questions_only(box):
    box.put(reply())
    other = Box(box.name, ASKED.model_copy(update={"title": "Another"}), box.folder, box.counted)
    with pytest.raises(SpecError, match="other questions"):
        other.put(reply())


def test_a_round_is_the_quarter_of_its_day_and_begins_with_it():
    assert [current(date(2026, month, 30)) for month in (1, 3, 4, 10, 12)] == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4", "2026-Q4"]
    begins = {"2026-Q4": (10, 1), "2026-H2": (7, 1), "2026-H1": (1, 1), "2026-11": (11, 1), "2026": (1, 1)}
    assert {name: (beginning(name).month, beginning(name).day) for name in begins} == begins
    with pytest.raises(SpecError):
        beginning("2026-11-24")
