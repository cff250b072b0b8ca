"""Answers, as a form, a spreadsheet or a person wrote them: read, checked against the questions, cleared of what isn't text."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from idp_components.core.spec import Name, Spec, SpecError
from idp_components.survey import source
from idp_components.survey.questionnaire import RESERVED, Questionnaire

MAX_COMMENT_LENGTH = 2000
SHOWN_PROBLEMS = 20
"""Lines of an error; a spreadsheet with one wrong column has one per row."""
DELIMITERS = ",;\t"
REMOVED = "[removed]"
"""In place of every word with an @ in it: an e-mail address, or a name as chats have it."""


def tidied(value: Any) -> Any:
    """One line without control characters, e-mail addresses and @names: neither a terminal nor a table is led astray, nobody is named."""
    if not isinstance(value, str):
        return value
    words = "".join(sign if sign.isprintable() else " " for sign in value).split()
    return " ".join(REMOVED if "@" in word else word for word in words)


def _given(value: Any) -> Any:
    """An empty cell is no answer."""
    return None if value == "" else value


Comment = Annotated[str, StringConstraints(max_length=MAX_COMMENT_LENGTH), BeforeValidator(tidied)]


class Reply(Spec):
    """What somebody said to one question."""

    how_often: str = Field(examples=["weekly"])
    """One of the questionnaire's `how_often`."""
    how_long: Annotated[str | None, BeforeValidator(_given)] = Field(default=None, examples=["hour"])
    """One of the questionnaire's `how_long`; not needed for what never happens."""
    how_painful: Annotated[int | None, BeforeValidator(_given)] = Field(default=None, ge=1, le=5, examples=[3])
    """1 (hardly noticed) to 5 (I think about leaving)."""
    comment: Comment = ""
    """Free text."""


class Head(Spec):
    """What an answer says besides the questions."""

    team: Annotated[Name | None, BeforeValidator(_given)] = None
    """Team, where people want to say it."""
    comment: Comment = ""
    """Free text about everything."""


@dataclass(frozen=True)
class Answer:
    """One filled-in questionnaire, of nobody."""

    team: str
    """Empty where nobody said it, and where too few of a team answered."""
    replies: Mapping[str, Reply]
    comment: str = ""


FIELDS = tuple(Reply.model_fields)


def columns(questionnaire: Questionnaire) -> list[str]:
    """The header of a spreadsheet of answers."""
    return ["team", *(f"{question.id}.{field}" for question in questionnaire.questions for field in FIELDS), "comment"]


def form(questionnaire: Questionnaire) -> str:
    """One answer to fill in, as YAML: empty is skipped."""
    often, long = (" | ".join(scale) for scale in (questionnaire.how_often, questionnaire.how_long))
    said = [" ".join(text.split()) for text in (questionnaire.title, questionnaire.intro)]
    lines = [
        *(f"# {text}" for text in said),
        f"# how_often: {often}",
        f"# how_long: {long}",
        "# how_painful: 1 to 5",
        "team:",
    ]
    for question in questionnaire.questions:
        lines += [f"# {' '.join(question.text.split())}", f"{question.id}:", *(f"  {field}:" for field in FIELDS)]
    return "\n".join([*lines, "comment:"])


def read(path: Path, questionnaire: Questionnaire, ignored: Collection[str] = ()) -> list[Answer]:
    """The answers in a `.csv`, `.yaml` or `.yml` file; columns and fields in `ignored` are passed over. Raises SpecError."""
    if path.suffix not in (".csv", ".yaml", ".yml"):
        raise SpecError(f"{path}: {path.suffix or 'no suffix'!r} is refused: use .csv, .yaml or .yml, for example answers.csv")
    content = source.text(path)
    return (of_csv if path.suffix == ".csv" else of_yaml)(content, str(path), questionnaire, ignored)


def of_yaml(content: str, name: str, questionnaire: Questionnaire, ignored: Collection[str] = ()) -> list[Answer]:
    """One answer, or a list of them. Raises SpecError."""
    data = source.parsed(content, name)
    if isinstance(data, list):
        return _all([(each, f"{name}[{index}]") for index, each in enumerate(data)], questionnaire, ignored)
    return _all([(data, name)], questionnaire, ignored)


def of_csv(content: str, name: str, questionnaire: Questionnaire, ignored: Collection[str] = ()) -> list[Answer]:
    """One answer per row; the delimiter is a comma, a semicolon or a tab. Raises SpecError."""
    delimiter = max(DELIMITERS, key=content.partition("\n")[0].count)
    # Line ends stay as they are: a cell may hold some.
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[Any, str]] = []
    header: list[str] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            cells = [cell.strip() for cell in row]
            if not header:
                header = _header(cells, f"{name}:{reader.line_num}", questionnaire, ignored)
                continue
            place = f"{name}:{reader.line_num}"
            if len(cells) != len(header):
                raise SpecError(
                    f"{place}: has {len(cells)} cells where the header has {len(header)}; put cells with {delimiter!r} into quotes"
                )
            rows.append((_nested(dict(zip(header, cells, strict=True)), ignored), place))
    except csv.Error as error:
        raise SpecError(f"{name}:{reader.line_num}: is not CSV: {error}") from None
    if not header:
        raise SpecError(f"{name}: is empty; its first row names the columns: idp survey questions --form csv")
    return _all(rows, questionnaire, ignored)


def answer(data: Any, place: str, questionnaire: Questionnaire, ignored: Collection[str] = ()) -> Answer:
    """The answer in decoded data: `team`, `comment`, and a mapping per question. Raises SpecError."""
    given = source.mapping(data, place, "wait_environment: {how_often: weekly, how_long: hour}")
    said = {key: value for key, value in given.items() if key not in ignored}
    head = Head.parse({key: said.pop(key) for key in RESERVED if key in said}, place)
    found = {}
    problems: list[str] = []
    for key, value in said.items():
        if _is_skipped(value):
            continue
        try:
            if questionnaire.question(key) is None:
                raise SpecError(f"{place}: {_unknown(key, [*RESERVED, *(each.id for each in questionnaire.questions)])}")
            found[key] = _reply(value, f"{place}.{key}", questionnaire)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(*problems)
    return Answer(head.team or "", found, head.comment)


def _all(data: list[tuple[Any, str]], questionnaire: Questionnaire, ignored: Collection[str]) -> list[Answer]:
    found: list[Answer] = []
    problems: list[str] = []
    for each, place in data:
        try:
            found.append(answer(each, place, questionnaire, ignored))
        except SpecError as error:
            problems += error.problems
    if len(problems) > SHOWN_PROBLEMS:
        problems[SHOWN_PROBLEMS:] = [f"and {len(problems) - SHOWN_PROBLEMS} more"]
    if problems:
        raise SpecError(*problems)
    return found


def _reply(value: Any, place: str, questionnaire: Questionnaire) -> Reply:
    reply = Reply.parse(source.mapping(value, place, "{how_often: weekly, how_long: hour, how_painful: 3}"), place)
    if reply.how_often not in questionnaire.how_often:
        raise SpecError(f"{place}.how_often: {_unknown(reply.how_often, questionnaire.how_often)}")
    if reply.how_long is not None and reply.how_long not in questionnaire.how_long:
        raise SpecError(f"{place}.how_long: {_unknown(reply.how_long, questionnaire.how_long)}")
    if reply.how_long is None and questionnaire.how_often[reply.how_often]:
        raise SpecError(f"{place}.how_long: is required for what happens {reply.how_often}; use one of {', '.join(questionnaire.how_long)}")
    return reply


def _is_skipped(value: Any) -> bool:
    """A question of the form that nobody filled in."""
    return value == "" or (isinstance(value, dict) and not any(value.values()))


def _unknown(value: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(value[:60], allowed, n=1)
    return f"{value[:60]!r} is refused; {f'did you mean {near[0]!r}? ' if near else ''}use one of {', '.join(allowed)}"


def _header(cells: list[str], place: str, questionnaire: Questionnaire, ignored: Collection[str]) -> list[str]:
    allowed = columns(questionnaire)
    unknown = [cell for cell in cells if cell not in allowed and cell not in ignored]
    if unknown:
        near = difflib.get_close_matches(unknown[0][:60], allowed, n=1)
        raise SpecError(
            f"{place}: column {unknown[0][:60]!r} is no question; {f'did you mean {near[0]!r}? ' if near else ''}"
            f"to leave out what a form adds, such as times and names: --ignore {unknown[0][:60]!r}; "
            "all columns: idp survey questions --form csv"
        )
    if twice := [cell for cell in cells if cells.count(cell) > 1 and cell not in ignored]:
        raise SpecError(f"{place}: column {twice[0]!r} stands twice")
    return cells


def _nested(row: Mapping[str, str], ignored: Collection[str]) -> dict[str, Any]:
    """A row in the form of YAML; a question without any filled cell was skipped."""
    found: dict[str, Any] = {}
    for column, cell in row.items():
        if column in ignored or not cell:
            continue
        question, dot, field = column.partition(".")
        if dot:
            found.setdefault(question, {})[field] = cell
        else:
            found[column] = cell
    return found
