"""`idp survey`, as it is typed."""

import json
import stat

import pytest
from click.testing import CliRunner

from idp_components.cli import main
from idp_components.survey import questionnaire

SHEET = "When;team;access.how_often;access.how_long;comment\n" + "2026-11-24 10:00;checkout;weekly;hour;fine\n" * 6
HISTORY = {
    "checkout-production": [
        {
            "kind": "update",
            "result": "succeeded",
            "startTime": "2026-11-24T10:00:00.000Z",
            "endTime": "2026-11-24T10:05:00.000Z",
            "resourceChanges": {"create": 1},
        }
    ]
}


@pytest.fixture
def idp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answers.csv").write_text(SHEET)
    (tmp_path / "history.json").write_text(json.dumps(HISTORY))
    return lambda *arguments, **keywords: CliRunner().invoke(main, ["survey", *arguments], catch_exceptions=False, **keywords)


def imported(idp, *more, name="2026-Q4", **keywords):
    return idp("import", "answers.csv", "--round", name, "--ignore", "When", *more, **keywords)


def test_the_questions_are_printed_as_they_are_and_as_json_and_as_forms(idp, tmp_path):
    assert questionnaire.OWN.read_text().strip() == idp("questions").stdout.strip()
    assert len(json.loads(idp("questions", "--json").stdout)["questions"]) == 14
    (tmp_path / "form.csv").write_text(idp("questions", "--form", "csv").stdout)
    (tmp_path / "form.yaml").write_text(idp("questions", "--form", "yaml").stdout)
    refused = idp("import", "form.csv", "form.yaml", "--round", "2026-Q4")
    assert (refused.exit_code, "only 1 of the 5 answers" in refused.stderr) == (2, True)


def test_an_import_stores_one_round_and_asks_before_it_replaces_it(idp, tmp_path):
    path = tmp_path / "survey" / "2026-Q4.yaml"
    would = imported(idp, "--dry-run")
    assert (would.stdout, path.exists()) == (
        "would write survey/2026-Q4.yaml: answers: 6, teams told apart: 1, comments: 6\n",
        False,
    )
    assert imported(idp).exit_code == 0
    before = path.read_text()
    (tmp_path / "answers.csv").write_text(SHEET + "x;;never;;\n")
    assert imported(idp, input="n\n").exit_code == 1
    assert path.read_text() == before
    assert imported(idp, "--yes").exit_code == 0
    assert path.read_text() != before
    assert [each.name for each in path.parent.iterdir()] == ["2026-Q4.yaml"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_bad_sheet_stores_nothing(idp, tmp_path):
    refused = idp("import", "answers.csv", "--round", "2026-Q4")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: answers.csv:1: column 'When' is no question; to leave out what a form adds")
    assert not (tmp_path / "survey").exists()


def test_a_report_says_it_in_three_ways_and_measures_by_a_file(idp):
    imported(idp, name="2026-Q3")
    imported(idp)
    common = ("--history", "history.json", "--days", "3650")
    data = json.loads(idp("report", "--against", "2026-Q3", "--json", *common).stdout)
    assert (data["round"], data["against"], data["answers"]) == ("2026-Q4", "2026-Q3", 6)
    assert data["bottlenecks"][0]["hours"] == {"mean": 4.33, "low": 4.33, "high": 4.33, "answers": 6}
    assert data["bottlenecks"][0]["change"]["verdict"] == "no clear change"
    assert data["bottlenecks"][0]["paths"] == {"team": 0.5, "pipeline-role": 0.1}
    assert data["measured"][0]["of"] == 1
    page = idp("report", "--markdown", *common).stdout
    assert "| deployment frequency | 0.0 | per week | deployments: 1, stacks: 1 |" in page
    assert "deployment frequency" in idp("report", "2026-Q4", *common).stdout


def test_without_a_backend_the_report_says_what_is_missing(idp):
    imported(idp)
    done = idp("report", "--json")
    data = json.loads(done.stdout)
    assert (done.exit_code, len(data["problems"]), data["problems"][0][:21]) == (1, 1, "nothing was measured:")
    assert [each["value"] for each in data["measured"]] == [None] * 6
    unasked = idp("report", "--no-history", "--markdown")
    assert (unasked.exit_code, "- Nothing: --no-history." in unasked.stdout) == (0, True)


def test_the_assumptions_that_are_printed_can_be_edited_and_used(idp, tmp_path):
    imported(idp)
    (tmp_path / "mine.yaml").write_text(idp("assumptions").stdout.replace("hour_usd: 90", "hour_usd: 45"))
    data = json.loads(idp("report", "--assumptions", "mine.yaml", "--no-history", "--json").stdout)
    assert data["assumptions"]["hour_usd"] == 45


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report",), "survey: has no round yet; make one: idp survey import"),
        (("report", "2026-Q1"), "survey/2026-Q1.yaml: there is no such round"),
        (("report", "../x"), "round '../x' is refused"),
        (("import", "answers.csv", "--round", "2026-11-24"), "round '2026-11-24' is refused: use a quarter"),
        (("questions", "--questions", "none.yaml"), "none.yaml: No such file or directory"),
        (("report", "--environment", "prod"), "'prod' is not one of 'dev', 'staging', 'production'"),
        (("report", "--threshold", "2"), "2 is not in the range x>=3"),
    ],
)
def test_bad_input_is_one_error_and_exit_code_two(idp, arguments, message):
    done = idp(*arguments)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr
