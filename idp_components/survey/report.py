"""The report: what people say, what would help, what is measured, and what changed since the last round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from idp_components.core.spec import SpecError
from idp_components.survey import bottlenecks, plan
from idp_components.survey.bottlenecks import Bottleneck
from idp_components.survey.delivery import Measure
from idp_components.survey.numbers import LEVEL, RESAMPLES, Estimate
from idp_components.survey.plan import Assumptions, Remedy
from idp_components.survey.questionnaire import Question
from idp_components.survey.rounds import Round

METHOD = (
    "Hours are per person and month: times per month × minutes each time, as people remember them; "
    "situations may overlap, so that their sum is rather too high. "
    f"Intervals: {LEVEL:.0%}, percentile bootstrap with {RESAMPLES} resamples and a fixed seed, because times lost are few, skewed and "
    "never negative; with fewer than ten answers they are somewhat too narrow. Neighbours whose intervals overlap may stand in the "
    "other order."
)


@dataclass(frozen=True)
class Report:
    """Everything, ready for JSON."""

    round: str
    against: str
    """The round that it is compared with; empty without one."""
    title: str
    answers: int
    threshold: int
    method: str
    developers: int
    total: Estimate | None
    """Hours that all developers together lose per month; None where too few said anything."""
    bottlenecks: Sequence[Bottleneck]
    withheld: Sequence[Question]
    """Questions that too few people answered."""
    not_compared: Sequence[str]
    """Questions of one of the two rounds that the other didn't ask."""
    remedies: Sequence[Remedy]
    assumptions: Assumptions
    measured: Sequence[Measure]
    comments: Mapping[str, Sequence[str]]
    problems: Sequence[str]
    """What is missing, and why."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            **{key: value for key, value in vars(self).items() if isinstance(value, str | int)},
            "total": self.total and asdict(self.total),
            "bottlenecks": [
                {**asdict(each), "question": each.question.model_dump(mode="json"), "paths": self.paths(each)} for each in self.bottlenecks
            ],
            "withheld": [each.model_dump(mode="json") for each in self.withheld],
            "not_compared": list(self.not_compared),
            "remedies": [asdict(each) for each in self.remedies],
            "assumptions": self.assumptions.model_dump(mode="json"),
            "measured": [asdict(each) for each in self.measured],
            "comments": {key: list(texts) for key, texts in self.comments.items()},
            "problems": list(self.problems),
        }

    def paths(self, bottleneck: Bottleneck) -> dict[str, float]:
        """The golden paths that address a bottleneck, with the share that each saves, the largest first."""
        shares = {each.path: share for each in self.remedies if (share := each.saves.get(bottleneck.question.id))}
        return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def report(
    this: Round,
    assumptions: Assumptions,
    threshold: int,
    last: Round | None = None,
    measured: Sequence[Measure] = (),
    problems: Sequence[str] = (),
) -> Report:
    """The report on a round. Raises SpecError for one of fewer answers than the threshold, and for a comparison with itself."""
    if last and last.name == this.name:
        raise SpecError(f"--against {last.name}: is the round itself; name an earlier one")
    for each in (this, *((last,) if last else ())):
        if len(each.answers) < threshold:
            raise SpecError(
                f"round {each.name}: only {len(each.answers)} of the {threshold} answers that it takes to hide anybody; nothing is shown"
            )
    found = bottlenecks.ranked(this, threshold, last)
    told = {each.question.id: 1.0 for each in found}
    whole = bottlenecks.weighted(this, told)
    number = plan.developers(this, assumptions)
    missing = [f"the assumptions name {key!r}, which this round didn't ask" for key in plan.unasked(this, assumptions)]
    return Report(
        round=this.name,
        against=last.name if last else "",
        title=this.questionnaire.title,
        answers=len(this.answers),
        threshold=threshold,
        method=METHOD,
        developers=number,
        total=whole.times(number) if whole else None,
        bottlenecks=found,
        withheld=bottlenecks.withheld(this, threshold),
        not_compared=_not_compared(this, last) if last else [],
        remedies=plan.remedies(this, told, assumptions),
        assumptions=assumptions,
        measured=measured,
        comments=this.comments,
        problems=[*missing, *problems],
    )


def _not_compared(this: Round, last: Round) -> list[str]:
    new, old = ({each.id for each in one.questionnaire.questions} for one in (this, last))
    return sorted(new ^ old)
