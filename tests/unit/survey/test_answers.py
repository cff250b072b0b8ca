"""Answers from CSV and YAML, and the round that is stored of them."""

import csv
import io
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from idp_components.core.spec import SpecError
from idp_components.survey import answers, plan, questionnaire, rounds, source
from idp_components.survey.answers import Answer, Reply
from idp_components.survey.questionnaire import Questionnaire

ASKED = questionnaire.read()
GOOD = {"how_often": "weekly", "how_long": "hour", "how_painful": "4"}


def answer(team="", how_long="hour", comment="", **replies):
    return Answer(team, {"access": Reply(how_often="weekly", how_long=how_long, comment=comment), **replies})


def problems_of(function, *arguments):
    """The lines of its error, none if it has none. Any other exception fails the test."""
    try:
        function(*arguments)
    except SpecError as error:
        return error.problems
    return ()


def csv_of(*rows, delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


HEADER = ["team", "access.how_often", "access.how_long", "access.how_painful", "access.comment"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_and_yaml_say_the_same(delimiter):
    sheet = csv_of(HEADER, ["checkout", "weekly", "hour", "4", "two\nlines; and, signs"], ["", "never", "", "", ""], delimiter=delimiter)
    written = yaml.safe_dump(
        [{"team": "checkout", "access": {**GOOD, "comment": "two\nlines; and, signs"}}, {"access": {"how_often": "never"}}]
    )
    found = answers.of_csv(sheet, "a.csv", ASKED)
    assert found == answers.of_yaml(written, "a.yaml", ASKED)
    assert found[0].replies["access"] == Reply(how_often="weekly", how_long="hour", how_painful=4, comment="two lines; and, signs")


def test_the_printed_forms_are_read_back_and_skip_what_nobody_filled_in():
    assert answers.of_yaml(answers.form(ASKED), "a.yaml", ASKED) == [Answer("", {})]
    assert answers.of_csv(csv_of(answers.columns(ASKED)), "a.csv", ASKED) == []
    filled = answers.form(ASKED).replace("access:\n  how_often:\n  how_long:", "access:\n  how_often: weekly\n  how_long: hour")
    assert answers.of_yaml(filled, "a.yaml", ASKED)[0].replies == {"access": Reply(how_often="weekly", how_long="hour")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "a.csv: is empty; its first row names the columns: idp survey questions --form csv"),
        (csv_of(["Timestamp", *HEADER]), "a.csv:1: column 'Timestamp' is no question; to leave out .*: --ignore 'Timestamp'"),
        (csv_of(["acess.how_often"]), "a.csv:1: column 'acess.how_often' is no question; did you mean 'access.how_often'"),
        (csv_of(["team", "team"]), "a.csv:1: column 'team' stands twice"),
        (csv_of(HEADER, [], ["checkout"]), "a.csv:3: has 1 cells where the header has 5"),
        (
            csv_of(HEADER, ["", "wekly", "hour", "", ""]),
            "a.csv:2.access.how_often: 'wekly' is refused; did you mean 'weekly'\\? use one of never",
        ),
        (csv_of(HEADER, ["", "weekly", "eternity", "", ""]), "a.csv:2.access.how_long: 'eternity' is refused; use one of minutes"),
        (csv_of(HEADER, ["", "weekly", "", "", ""]), "a.csv:2.access.how_long: is required for what happens weekly"),
        (csv_of(HEADER, ["", "", "hour", "", ""]), "a.csv:2.access.how_often: is required, for example how_often='weekly'"),
        (csv_of(HEADER, ["", "weekly", "hour", "6", ""]), "a.csv:2.access.how_painful: '6' is refused: should be less than or equal to 5"),
        (csv_of(HEADER, ["Team A", "never", "", "", ""]), "a.csv:2.team: 'Team A' is refused: use lower-case letters"),
        (csv_of(HEADER, ["", "never", "", "", "x" * 2001]), "a.csv:2.access.comment: .* string should have at most 2000 characters"),
        ('team\n"a', "a.csv:2: is not CSV: "),
    ],
)
def test_a_bad_sheet_gets_one_error_with_its_place(content, message):
    with pytest.raises(SpecError, match=f"^{message}"):
        answers.of_csv(content, "a.csv", ASKED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- 1", r"a.yaml\[0\]: a mapping is needed, for example wait_environment:"),
        ("access: weekly", "a.yaml.access: a mapping is needed, for example"),
        ("acces: {how_often: never}", "a.yaml: 'acces' is refused; did you mean 'access'"),
        ("access: {how_ofen: never}", "a.yaml.access.how_often: is required"),
        ("access: {how_often: never, when: now}", "a.yaml.access.when: no such field; allowed: how_often"),
        ("a: [", "a.yaml:1: is not YAML: "),
        ("team: a\nteam: b", "a.yaml:1: is not YAML: a key stands twice"),
        ("- &a {team: a}\n- *a", "a.yaml:2: is not YAML: aliases are refused"),
        ("[" * 5000, "a.yaml: is not YAML: "),
    ],
)
def test_a_bad_document_gets_one_error_with_its_place(content, message):
    with pytest.raises(SpecError, match=f"^{message}"):
        answers.of_yaml(content, "a.yaml", ASKED)


def test_a_long_list_of_problems_ends_with_their_number():
    with pytest.raises(SpecError) as caught:
        answers.of_csv(csv_of(HEADER, *[["", "often", "hour", "", ""]] * 100), "a.csv", ASKED)
    assert (len(caught.value.problems), caught.value.problems[-1]) == (21, "and 80 more")


def test_files_that_are_missing_no_text_or_of_another_kind_are_named(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff")
    for name, message in (("a.csv", "byte 0 is no UTF-8"), ("b.yaml", "No such file"), ("a.xlsx", "'.xlsx' is refused: use .csv")):
        with pytest.raises(SpecError, match=message):
            answers.read(tmp_path / name, ASKED)


def test_a_comment_is_one_line_that_names_nobody():
    assert answers.tidied("ask\x1b[31m bob@example.com\u202e or @alice, not b\r\n") == "ask [31m [removed] or [removed] not b"


words = st.sampled_from(
    ["team", "comment", "access", "release", "how_often", "how_long", "never", "weekly", "hour", "4", "", "a@b", "x\ny"]
)
things = st.recursive(words | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4))


@given(st.text() | things.map(lambda data: yaml.safe_dump(data)) | json_values.map(lambda data: yaml.safe_dump(data)))
def test_any_yaml_gives_answers_or_clear_errors(content):
    assert all(problem.startswith(("a.yaml", "and ")) for problem in problems_of(answers.of_yaml, content, "a.yaml", ASKED))


@given(st.text() | st.lists(st.lists(words | st.sampled_from(HEADER), max_size=4), max_size=4).map(lambda rows: csv_of(*rows)))
def test_any_csv_gives_answers_or_clear_errors(content):
    assert all(problem.startswith(("a.csv:", "and ")) for problem in problems_of(answers.of_csv, content, "a.csv", ASKED))


replies = st.builds(
    Reply,
    how_often=st.sampled_from(list(ASKED.how_often)),
    how_long=st.sampled_from(list(ASKED.how_long)),
    how_painful=st.none() | st.integers(1, 5),
    comment=st.text(max_size=30),
)
people = st.builds(
    Answer,
    team=st.sampled_from(["", "a", "b", "c"]),
    replies=st.dictionaries(st.sampled_from([each.id for each in ASKED.questions]), replies, max_size=3),
    comment=st.text(max_size=10).map(answers.tidied),
)


@given(st.lists(people, min_size=5, max_size=30))
def test_a_stored_round_is_read_back_as_it_was(given_answers):
    stored = rounds.anonymous("2026-Q4", ASKED, given_answers)
    assert rounds.of_text(rounds.text(stored), "r.yaml") == stored


@given(st.lists(people, min_size=5, max_size=30))
def test_a_stored_round_says_what_was_said_and_of_no_team_below_the_threshold(given_answers):
    stored = rounds.anonymous("2026-Q4", ASKED, given_answers)
    teams = [each.team for each in stored.answers]
    assert [team for team in set(teams) if teams.count(team) < rounds.THRESHOLD] == []

    def said(found):
        return sorted(
            repr(sorted((key, reply.how_often, reply.how_long, reply.how_painful) for key, reply in each.replies.items())) for each in found
        )

    assert said(stored.answers) == said(given_answers)
    written = [each.comment for each in given_answers] + [reply.comment for each in given_answers for reply in each.replies.values()]
    assert sorted(text for texts in stored.comments.values() for text in texts) == sorted(filter(None, written))
    assert not any(each.comment or reply.comment for each in stored.answers for reply in each.replies.values())


@given(
    st.text()
    | json_values.map(lambda data: yaml.safe_dump(data))
    | st.sampled_from(["answers", "comments", "questionnaire"]).flatmap(
        lambda key: things.map(lambda data: yaml.safe_dump({**yaml.load(STORED, yaml.BaseLoader), key: data}))
    )
)
def test_any_stored_file_gives_a_round_or_clear_errors(content):
    assert all(problem.startswith(("r.yaml", "round ")) for problem in problems_of(rounds.of_text, content, "r.yaml"))


STORED = rounds.text(rounds.anonymous("2026-Q4", ASKED, [answer()] * 5))


def test_answers_lie_in_an_order_of_chance():
    given_answers = [answer(comment=str(number), how_long=length) for number in range(20) for length in ASKED.how_long]
    one, other = (rounds.anonymous("2026-Q4", ASKED, given_answers) for _ in range(2))
    assert one.answers != other.answers
    assert one.comments != other.comments
    assert [each.replies["access"].how_long for each in one.answers] != [each.replies["access"].how_long for each in given_answers]


def test_nothing_but_the_round_says_when_or_who():
    sheet = csv_of(
        ["Timestamp", "Email", *HEADER], *[["2026-11-24 10:00:01", "bob@example.com", "", "weekly", "hour", "", "by bob@example.com"]] * 5
    )
    stored = rounds.text(rounds.anonymous("2026-Q4", ASKED, answers.of_csv(sheet, "a.csv", ASKED, ["Timestamp", "Email"])))
    assert "bob" not in stored
    assert re.findall(r"20\d\d\S*", stored) == ["2026-Q4"]


@pytest.mark.parametrize("name", ["2026-11-24", "2026-Q5", "26-Q1", "../2026", "2026-Q4\n", ""])
def test_a_round_is_no_finer_than_a_month(name):
    with pytest.raises(SpecError, match="use a quarter, half-year, month or year, for example 2026-Q4"):
        rounds.check_name(name)


def test_a_round_of_too_few_is_not_stored():
    with pytest.raises(SpecError, match="only 4 of the 5 answers that it takes to hide anybody"):
        rounds.anonymous("2026-Q4", ASKED, [answer()] * 4)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"a": 5, "b": 5}, [("a",), ("b",)]),
        ({"a": 9, "b": 3, "c": 2}, [("a",), ("b", "c")]),
        ({"a": 9, "b": 6, "c": 4}, [("a",), ("b", "c")]),  # c alone would be the whole less a and b
        ({"a": 5, "b": 4}, [("a", "b")]),
        ({"a": 3, "b": 1}, []),
        ({}, []),
    ],
)
def test_small_groups_are_told_together_with_the_smallest_large_one(sizes, told):
    assert rounds.parts(sizes, 5) == told


@given(st.dictionaries(st.text(max_size=2), st.integers(1, 12)), st.integers(3, 8))
def test_no_part_and_no_difference_of_parts_is_below_the_threshold(sizes, threshold):
    told = rounds.parts(sizes, threshold)
    if sum(sizes.values()) < threshold:
        assert told == []
    else:
        assert sorted(name for part in told for name in part) == sorted(sizes)
        assert all(sum(sizes[name] for name in part) >= threshold for part in told)


def test_rounds_follow_each_other_by_their_end(tmp_path):
    for name in ("2026-Q4", "2026-H1", "2026-09", "2025"):
        rounds.write(rounds.anonymous(name, ASKED, [answer()] * 5), tmp_path)
    (tmp_path / "notes.yaml").touch()
    assert rounds.names(tmp_path) == ["2025", "2026-H1", "2026-09", "2026-Q4"]
    with pytest.raises(SpecError, match=r"2026-Q3.yaml: there is no such round; rounds in .*: 2025, 2026-H1, 2026-09, 2026-Q4"):
        rounds.read("2026-Q3", tmp_path)
    (tmp_path / "2026-Q4.yaml").rename(tmp_path / "2026-Q1.yaml")
    with pytest.raises(SpecError, match="holds round '2026-Q4'; rename the file"):
        rounds.read("2026-Q1", tmp_path)


@given(things | json_values)
def test_any_questionnaire_and_any_assumptions_are_read_or_refused_with_their_place(data):
    content = yaml.safe_dump(data)
    for read in (Questionnaire.parse, plan.parse):
        found = problems_of(lambda read=read: read(source.parsed(content, "q.yaml"), "q.yaml"))
        assert all(problem.startswith("q.yaml") for problem in found)


def test_a_question_twice_is_refused():
    data = {**ASKED.model_dump(), "questions": [{"id": "team", "area": "docs", "text": "x"}]}
    with pytest.raises(SpecError, match="'team' stands twice, or has a name of something else"):
        Questionnaire.parse(data, "q.yaml")
