"""A round of the survey as it is stored: anonymous by construction.

There is no name, address, number or moment in it, only the round's own. Answers lie in an order of chance that nobody can repeat. Comments
lie apart from the answers that they came with. A team with fewer answers than the threshold is stored as no team.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from typing import Any

import yaml

from idp_components.core.spec import SpecError
from idp_components.survey import source
from idp_components.survey.answers import Answer, answer, tidied
from idp_components.survey.questionnaire import Questionnaire

THRESHOLD = 5
"""The least number of people that a number may be about. Five is usual for surveys of employees."""
LEAST_THRESHOLD = 3
"""Of two people each could work out the other's answer."""
NAME = re.compile(r"(?P<year>20[0-9]{2})(-(Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>0[1-9]|1[0-2])))?")
SUFFIX = ".yaml"
GENERAL = "comment"
"""Where comments about everything are kept."""


@dataclass(frozen=True)
class Round:
    """The answers of one round with the questions that were asked."""

    name: str
    """`2026-Q4`, `2026-H2`, `2026-11` or `2026`: the finest moment that is kept."""
    questionnaire: Questionnaire
    answers: tuple[Answer, ...]
    comments: Mapping[str, tuple[str, ...]]
    """By question, and by `comment` those about everything."""


def check_name(name: str) -> str:
    """The name of a round; SpecError for what isn't one, such as a day."""
    if NAME.fullmatch(name):
        return name
    raise SpecError(
        f"round {name[:60]!r} is refused: use a quarter, half-year, month or year, for example 2026-Q4, 2026-H2, 2026-11 or 2026"
    )


def anonymous(name: str, questionnaire: Questionnaire, answers: Iterable[Answer], threshold: int = THRESHOLD) -> Round:
    """The round that may be stored. Raises SpecError for fewer answers than the threshold."""
    return hidden(mixed(Round(name, questionnaire, (), {}), answers), threshold)


def mixed(there: Round, answers: Iterable[Answer]) -> Round:
    """A round with more answers: all in an order of chance, comments apart from what they came with, teams as they were said."""
    found = list(answers)
    comments = {key: list(texts) for key, texts in there.comments.items()}
    for each in found:
        for key, text in [(GENERAL, each.comment), *((key, reply.comment) for key, reply in each.replies.items())]:
            if text:
                comments.setdefault(key, []).append(text)
    bare = [
        *there.answers,
        *(
            Answer(each.team, {key: reply.model_copy(update={"comment": ""}) for key, reply in sorted(each.replies.items())})
            for each in found
        ),
    ]
    chance = SystemRandom()
    chance.shuffle(bare)
    for texts in comments.values():
        chance.shuffle(texts)
    return Round(there.name, there.questionnaire, tuple(bare), {key: tuple(texts) for key, texts in sorted(comments.items())})


def hidden(found: Round, threshold: int) -> Round:
    """The round without the names of teams that are too small. Raises SpecError for fewer answers than the threshold."""
    if len(found.answers) < threshold:
        raise SpecError(
            f"{found.name}: only {len(found.answers)} of the {threshold} answers that it takes to hide anybody; "
            "collect more, and store all at once"
        )
    kept = {part[0] for part in parts(Counter(each.team for each in found.answers), threshold) if len(part) == 1}
    return replace(found, answers=tuple(replace(each, team=each.team if each.team in kept else "") for each in found.answers))


def parts(sizes: Mapping[str, int], threshold: int) -> list[tuple[str, ...]]:
    """The groups that may be told apart: the large ones each alone, the others together.

    If all small ones together are still below the threshold, the smallest of the large joins them: else the difference between the whole
    and the large ones would tell what the few said. Empty if the whole is below the threshold.
    """
    if sum(sizes.values()) < threshold:
        return []
    by_size = sorted(sizes, key=lambda name: (sizes[name], name))
    together = [name for name in by_size if sizes[name] < threshold]
    alone = by_size[len(together) :]
    while together and sum(sizes[name] for name in together) < threshold:
        together.append(alone.pop(0))
    return [*((name,) for name in sorted(alone)), *([tuple(sorted(together))] if together else [])]


def text(stored: Round) -> str:
    """The round as it is stored."""
    data = {
        "round": stored.name,
        "questionnaire": stored.questionnaire.model_dump(mode="json"),
        "answers": [_plain(each) for each in stored.answers],
        "comments": {key: list(texts) for key, texts in stored.comments.items()},
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=140)


def of_text(content: str, place: str) -> Round:
    """The round that was stored. Raises SpecError."""
    data = source.mapping(source.parsed(content, place), place, "what `idp survey import` writes")
    if missing := [key for key in ("round", "questionnaire", "answers", "comments") if key not in data]:
        raise SpecError(f"{place}: has no {missing[0]!r}; a round is what `idp survey import` writes")
    questionnaire = Questionnaire.parse(data["questionnaire"], f"{place}: questionnaire")
    if not isinstance(data["answers"], list):
        raise SpecError(f"{place}: answers: a list is needed; a round is what `idp survey import` writes")
    answers = tuple(answer(each, f"{place}: answers[{index}]", questionnaire) for index, each in enumerate(data["answers"]))
    return Round(check_name(str(data["round"])), questionnaire, answers, _comments(data["comments"], f"{place}: comments"))


def read(name: str, folder: Path) -> Round:
    """The round of that name in `folder`. Raises SpecError."""
    path = path_of(name, folder)
    if not path.is_file():
        there = ", ".join(names(folder)) or "none"
        raise SpecError(
            f"{path}: there is no such round; rounds in {folder}: {there}; make one: "
            f"idp survey import answers.csv --round {name}, or of the portal's answers: idp survey count {name}"
        )
    found = of_text(source.text(path), str(path))
    if found.name != name:
        raise SpecError(f"{path}: holds round {found.name!r}; rename the file to {found.name}{SUFFIX}")
    return found


def write(stored: Round, folder: Path) -> Path:
    """Store a round, whole or not at all."""
    path = path_of(stored.name, folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=f".{stored.name}-", encoding="utf-8", delete=False) as file:
        file.write(text(stored))
    os.replace(file.name, path)
    return path


def path_of(name: str, folder: Path) -> Path:
    """Where a round is stored. Raises SpecError for a name that is none."""
    return folder / f"{check_name(name)}{SUFFIX}"


def names(folder: Path) -> Sequence[str]:
    """The rounds in `folder`, oldest first."""
    return sorted((path.stem for path in folder.glob(f"*{SUFFIX}") if NAME.fullmatch(path.stem)), key=_end)


def _end(name: str) -> tuple[int, int, str]:
    """The month in which a round ends."""
    found = NAME.fullmatch(name)
    assert found is not None  # noqa: S101  (names() chose it by the same pattern)
    months = (int(found["month"] or 0), 3 * int(found["quarter"] or 0), 6 * int(found["half"] or 0))
    return int(found["year"]), max(months) or 12, name


def _plain(each: Answer) -> dict[str, Any]:
    replies = {key: reply.model_dump(exclude_defaults=True) for key, reply in each.replies.items()}
    return {**({"team": each.team} if each.team else {}), **replies}


def _comments(data: Any, place: str) -> dict[str, tuple[str, ...]]:
    found = source.mapping(data, place, "wait_environment: [It takes a day.]")
    for key, texts in found.items():
        if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
            raise SpecError(f"{place}.{key}: a list of texts is needed")
    return {key: tuple(tidied(each) for each in texts) for key, texts in found.items()}
