"""Where the time goes: the questions of a round, ranked by what they cost, and what changed since another round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Literal

from idp_components.survey.answers import Reply
from idp_components.survey.numbers import Estimate, difference, estimate
from idp_components.survey.questionnaire import Question, Questionnaire
from idp_components.survey.rounds import Round, parts

MINUTES = 60
OTHERS, UNNAMED = "(others)", "(unnamed)"
"""Teams that are too small to be shown alone; and those whose team isn't in the round, since it was too small there or nobody said it."""


@dataclass(frozen=True)
class Group:
    """What one team says, or several that are too small to be shown alone."""

    team: str
    hours: Estimate


@dataclass(frozen=True)
class Change:
    """What changed since another round, in hours per person and month."""

    hours: Estimate
    verdict: Literal["better", "worse", "no clear change"]
    """Clear is what the whole interval agrees on."""


@dataclass(frozen=True)
class Bottleneck:
    """One question, and what enough people said to it."""

    question: Question
    hours: Estimate
    """Hours of working time that one person loses per month."""
    affected: float
    """Share of those who answered that lose any."""
    pain: float | None
    """Mean of 1 to 5; None where too few said it."""
    groups: tuple[Group, ...] = ()
    """By team, those who lose most first; empty where no team is large enough to be told apart."""
    change: Change | None = None
    """None without another round, and where too few said it there, or it wasn't asked."""


def hours(reply: Reply, questionnaire: Questionnaire) -> float:
    """Hours per month that a reply stands for: times per month, times minutes; never more than a month's working hours."""
    if reply.how_long is None:
        return 0.0
    lost = questionnaire.how_often[reply.how_often] * questionnaire.how_long[reply.how_long] / MINUTES
    return min(lost, questionnaire.working_hours_per_month)


def ranked(this: Round, threshold: int, last: Round | None = None) -> list[Bottleneck]:
    """The questions that enough people answered, the most expensive first."""
    found = [_bottleneck(each, this, threshold, last) for each in this.questionnaire.questions if _told(each.id, this, threshold)]
    return sorted(found, key=lambda each: (-each.hours.mean, -(each.pain or 0), each.question.id))


def withheld(this: Round, threshold: int) -> list[Question]:
    """The questions that too few people answered to say anything."""
    return [each for each in this.questionnaire.questions if not _told(each.id, this, threshold)]


def weighted(this: Round, weights: Mapping[str, float]) -> Estimate | None:
    """Hours per person and month over several questions, each with its weight; None without any.

    Who skipped a question counts there as the mean of the others, so that the whole is the sum of its parts.
    """
    means = {key: fsum(said) / len(said) for key in weights if (said := _hours(key, this))}
    if not means:
        return None

    def lost(replies: Mapping[str, Reply]) -> float:
        return fsum(weights[key] * (hours(replies[key], this.questionnaire) if key in replies else mean) for key, mean in means.items())

    return estimate([lost(each.replies) for each in this.answers])


def _bottleneck(question: Question, this: Round, threshold: int, last: Round | None) -> Bottleneck:
    said = _hours(question.id, this)
    pains = [reply.how_painful for each in this.answers if (reply := each.replies.get(question.id)) and reply.how_painful]
    return Bottleneck(
        question=question,
        hours=estimate(said),
        affected=sum(value > 0 for value in said) / len(said),
        pain=sum(pains) / len(pains) if len(pains) >= threshold else None,
        groups=tuple(_groups(question.id, this, threshold)),
        change=_change(said, _hours(question.id, last)) if last and _told(question.id, last, threshold) else None,
    )


def _groups(key: str, this: Round, threshold: int) -> list[Group]:
    """By team, of those who answered this question; small teams together."""
    sizes = Counter(each.team for each in this.answers if key in each.replies)
    told = parts(sizes, threshold)
    if len(told) < 2:
        return []
    found = [Group((part[0] or UNNAMED) if len(part) == 1 else OTHERS, estimate(_hours(key, this, part))) for part in told]
    return sorted(found, key=lambda group: -group.hours.mean)


def _change(new: list[float], old: list[float]) -> Change:
    changed = difference(new, old)
    return Change(changed, "better" if changed.high < 0 else "worse" if changed.low > 0 else "no clear change")


def _hours(key: str, this: Round, teams: tuple[str, ...] | None = None) -> list[float]:
    """What each person said who answered the question."""
    return [
        hours(each.replies[key], this.questionnaire)
        for each in this.answers
        if key in each.replies and (teams is None or each.team in teams)
    ]


def _told(key: str, this: Round, threshold: int) -> bool:
    return sum(key in each.replies for each in this.answers) >= threshold
