"""The questionnaire: what is asked, and how much time each answer stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from idp_components.core.spec import Spec
from idp_components.survey import source

OWN = Path(__file__).with_name("questions.yaml")
RESERVED = ("team", "comment")
"""What an answer says besides its questions."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), Field(examples=["wait_environment"])]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Amount = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Area = Literal["environments", "pipelines", "access", "data", "docs", "on_call"]


class Question(Spec):
    """One thing that may cost a developer time."""

    id: Id
    """What answers call it; the same in every round, so that rounds can be compared."""
    area: Area
    """Part of the flow from idea to production."""
    text: Text = Field(examples=["You wait for an environment to try a change in."])
    """The situation, as a developer would say it."""


class Questionnaire(Spec):
    """The questions of a round and the scales of their answers."""

    title: Text = Field(examples=["From idea to production"])
    """What it is about."""
    intro: Text = Field(examples=["Think of the last three months."])
    """What people read before they answer."""
    how_often: dict[Id, Amount] = Field(min_length=2, examples=[{"never": 0, "weekly": 4.33}])
    """Times per month that each answer stands for."""
    how_long: dict[Id, Amount] = Field(min_length=1, examples=[{"half_hour": 30}])
    """Minutes of working time, each time, that each answer stands for."""
    working_hours_per_month: float = Field(gt=0, le=744, examples=[168])
    """The most that one person can lose to one question."""
    questions: tuple[Question, ...] = Field(min_length=1)
    """In the order in which they are asked."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        seen: set[str] = set(RESERVED)
        for question in self.questions:
            if question.id in seen:
                raise ValueError(f"question {question.id!r} stands twice, or has a name of something else; choose another id")
            seen.add(question.id)
        return self

    def question(self, name: str) -> Question | None:
        """The question of that id."""
        return next((each for each in self.questions if each.id == name), None)


def read(path: Path = OWN) -> Questionnaire:
    """The questionnaire in a file. Raises SpecError."""
    return Questionnaire.parse(source.parsed(source.text(path), str(path)), place=str(path))
