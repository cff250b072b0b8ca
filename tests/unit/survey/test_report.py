"""The report's arithmetic, against values worked out by hand."""

import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from idp_components.cli import COMMANDS
from idp_components.core.spec import SpecError
from idp_components.schema import SPECS
from idp_components.survey import bottlenecks, numbers, plan, questionnaire, rounds, show
from idp_components.survey.answers import Answer, Reply
from idp_components.survey.bottlenecks import OTHERS, UNNAMED
from idp_components.survey.questionnaire import Questionnaire
from idp_components.survey.report import report
from idp_components.survey.rounds import Round

ASKED = Questionnaire.parse(
    {
        "title": "Test",
        "intro": "x",
        "how_often": {"never": 0, "monthly": 1, "weekly": 4, "daily": 20},
        "how_long": {"half_hour": 30, "hour": 60, "day": 480},
        "working_hours_per_month": 160,
        "questions": [{"id": name, "area": "docs", "text": f"You do {name}."} for name in ("wait", "search", "repair")],
    },
    "q",
)
ASSUMED = {
    "hour_usd": 100,
    "horizon_months": 10,
    "paths": {
        "environment": {
            "because": "it ends by itself",
            "customisation_hours": 4,
            "integration_hours": 6,
            "maintenance_hours_per_month": 1,
            "licences_usd_per_month": 20,
            "running_usd_per_month": 30,
            "saves": {"wait": 0.5, "search": 0.25},
        }
    },
}


def reply(text, pain=None):
    often, _, long = text.partition(" ")
    return Reply(how_often=often, how_long=long or None, how_painful=pain)


def round_of(*people, name="2026-Q4", asked=ASKED):
    """Each person: a team, and by question what was said."""
    return Round(name, asked, tuple(Answer(team, {key: reply(said) for key, said in replies.items()}) for team, replies in people), {})


def repeated(*counted, **keywords):
    return round_of(*[("", replies) for number, replies in counted for _ in range(number)], **keywords)


def found(this, key="wait", last=None):
    return next(each for each in bottlenecks.ranked(this, 5, last) if each.question.id == key)


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("never", 0),
        ("never day", 0),
        ("monthly half_hour", 0.5),
        ("weekly hour", 4),
        ("daily half_hour", 10),
        ("daily day", 160),  # 20 times 8 hours, just the whole month
    ],
)
def test_hours_are_times_per_month_times_minutes(said, hours):
    assert bottlenecks.hours(reply(said), ASKED) == hours


def test_nobody_loses_more_than_a_month():
    assert bottlenecks.hours(reply("daily day"), ASKED.model_copy(update={"working_hours_per_month": 100})) == 100


def test_a_bottleneck_is_the_mean_of_those_who_answered():
    # Three lose 4 hours, one 0.5, one nothing, and one skipped it: 12.5 hours of 5 people.
    this = repeated((3, {"wait": "weekly hour"}), (1, {"wait": "monthly half_hour"}), (1, {"wait": "never"}), (1, {}))
    one = found(this)
    assert (one.hours.mean, one.hours.answers, one.affected, one.pain, one.groups) == (2.5, 5, 0.8, None, ())


def test_pain_is_shown_when_enough_people_said_it():
    def this(number):
        people = [Answer("", {"wait": reply("weekly hour", pain=index + 1 if index < number else None)}) for index in range(6)]
        return Round("2026-Q4", ASKED, tuple(people), {})

    assert (found(this(4)).pain, found(this(5)).pain) == (None, 3)


def test_the_most_expensive_comes_first_and_what_too_few_answered_is_withheld():
    this = repeated((5, {"wait": "monthly hour", "search": "weekly hour"}), (4, {"repair": "daily day"}))
    assert [each.question.id for each in bottlenecks.ranked(this, 5)] == ["search", "wait"]
    assert [each.id for each in bottlenecks.withheld(this, 5)] == ["repair"]


def test_the_interval_of_yes_and_no_is_that_of_the_binomial_distribution():
    # Half of 10 people: the mean of a resample is Binomial(10, 1/2) / 10. P(X <= 1) = 11/1024 = 1.1 %, P(X <= 2) = 56/1024 = 5.5 %, so 2.5 % of
    # the resamples lie below 2, and as many above 8.
    found = numbers.estimate([0, 1] * 5)
    assert (found.mean, found.low, found.high) == (0.5, 0.2, 0.8)


def test_the_interval_of_many_answers_is_that_of_the_normal_distribution():
    # 400 people, half 0 and half 1: standard error 0.5 / 20 = 0.025; 1.96 of it on each side.
    found = numbers.estimate([0, 1] * 200)
    assert found.low == pytest.approx(0.5 - 0.049, abs=0.005)
    assert found.high == pytest.approx(0.5 + 0.049, abs=0.005)


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=12))
def test_intervals_repeat_and_stay_inside_the_answers(values):
    found = numbers.estimate(values)
    assert found == numbers.estimate(values)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found.mean == pytest.approx(math.fsum(values) / len(values))


def test_a_change_is_clear_when_its_whole_interval_agrees():
    before = repeated((10, {"wait": "weekly hour", "search": "monthly hour", "repair": "never"}), name="2026-Q3")
    after = repeated((10, {"wait": "monthly hour", "search": "weekly hour"}), (6, {"repair": "never"}))
    changes = {each.question.id: each.change for each in bottlenecks.ranked(after, 5, before)}
    assert (changes["wait"].hours.mean, changes["wait"].hours.high, changes["wait"].verdict) == (-3, -3, "better")
    assert (changes["search"].hours.mean, changes["search"].hours.low, changes["search"].verdict) == (3, 3, "worse")
    assert (changes["repair"].hours.mean, changes["repair"].verdict) == (0, "no clear change")


def test_noise_is_no_change():
    mixed = [(5, {"wait": "never"}), (5, {"wait": "weekly hour"})]
    change = found(repeated(*mixed, (1, {"wait": "weekly hour"})), last=repeated(*mixed, name="2026-Q3")).change
    assert change.hours.mean == pytest.approx(24 / 11 - 2)
    assert change.verdict == "no clear change"


def test_what_too_few_said_in_the_last_round_is_not_compared():
    assert found(repeated((5, {"wait": "never"})), last=repeated((4, {"wait": "never"}), (4, {}), name="2026-Q3")).change is None


def test_each_round_is_counted_by_its_own_scales():
    other = ASKED.model_copy(update={"how_often": {"weekly": 2.0, "never": 0.0}})
    before, after = repeated((5, {"wait": "weekly hour"}), name="2026-Q3", asked=other), repeated((5, {"wait": "weekly hour"}))
    assert found(after, last=before).change.hours.mean == 2


def test_teams_are_told_apart_only_above_the_threshold_and_never_by_difference():
    people = [("a", "weekly hour")] * 6 + [("b", "monthly hour")] * 5 + [("c", "daily hour")] * 3
    # c's 3 hide among b's 5: (5 x 1 + 3 x 20) / 8
    groups = found(round_of(*[(team, {"wait": said}) for team, said in people])).groups
    assert [(group.team, group.hours.mean, group.hours.answers) for group in groups] == [(OTHERS, 65 / 8, 8), ("a", 4, 6)]


def test_a_question_that_few_of_a_team_answered_hides_them_there():
    people = (
        [("a", {"wait": "weekly hour", "search": "never"})] * 6
        + [("b", {"wait": "never", "search": "never"})] * 3
        + [("b", {"wait": "never"})] * 3
    )
    people += [("", {"search": "never"})] * 5
    this = round_of(*people)
    assert [group.team for group in found(this).groups] == ["a", "b"]
    assert sorted(group.team for group in found(this, "search").groups) == [OTHERS, "a"]


def test_a_large_group_without_a_name_is_told_as_such():
    this = round_of(*[("a", {"wait": "weekly hour"})] * 5, *[("", {"wait": "never"})] * 5)
    assert [group.team for group in found(this).groups] == ["a", UNNAMED]


def test_the_whole_is_the_sum_of_its_parts_also_with_skipped_questions():
    this = repeated((5, {"wait": "weekly hour"}), (5, {"wait": "never", "search": "monthly hour"}))
    whole = bottlenecks.weighted(this, {"wait": 1, "search": 1})
    assert whole.mean == pytest.approx(2 + 1)  # wait: 20 of 10, search: 5 of 5
    assert bottlenecks.weighted(this, {"repair": 1}) is None


def test_the_price_of_a_golden_path_by_hand():
    # 10 people lose 4 hours waiting and 1 searching: it gives back 0.5 x 4 + 0.25 x 1 = 2.25 hours each, 22.5 together, 2,250 dollars.
    this = repeated((10, {"wait": "weekly hour", "search": "monthly hour"}))
    (one,) = plan.remedies(this, {"wait", "search"}, plan.parse(ASSUMED, "a"))
    assert one.saved_hours_per_month == numbers.Estimate(22.5, 22.5, 22.5, 10)
    assert one.build_usd == 1000  # (4 + 6) hours
    assert one.keep_usd_per_month == 150  # 1 hour, 20 licences, 30 machines
    assert one.net_usd.mean == 20_000  # 10 x (2250 - 150) - 1000
    assert one.pays_back_months == pytest.approx(1000 / 2100)


def test_answers_may_speak_for_more_people():
    this = repeated((10, {"wait": "weekly hour"}))
    (one,) = plan.remedies(this, {"wait"}, plan.parse({**ASSUMED, "developers": "40"}, "a"))
    assert (one.saved_hours_per_month.mean, one.saves) == (80, {"wait": 0.5})  # 40 x 0.5 x 4


def test_what_costs_more_than_it_gives_back_never_pays():
    this = repeated((5, {"wait": "never"}))
    (one,) = plan.remedies(this, {"wait"}, plan.parse(ASSUMED, "a"))
    assert (one.pays_back_months, one.net_usd.mean) == (None, -2500)


def test_a_withheld_question_is_in_no_sum():
    this = repeated((6, {"wait": "weekly hour"}), (2, {"search": "daily day"}))
    made = report(this, plan.parse(ASSUMED, "a"), 5)
    assert made.total.mean == 4 * 8
    assert made.remedies[0].saves == {"wait": 0.5}


def test_nothing_can_be_saved_twice():
    one = ASSUMED["paths"]["environment"]
    with pytest.raises(SpecError, match=r"^a: paths save more than all time lost to wait \(x 0.5, y 0.6\); lower the shares"):
        plan.parse({**ASSUMED, "paths": {"x": one, "y": {**one, "saves": {"wait": "0.6"}}}}, "a")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hour_usd": "-1"}, "a.hour_usd: '-1' is refused: should be greater than or equal to 0, for example hour_usd=90"),
        ({"hours": "1"}, "a.hours: no such field; did you mean 'hour_usd'"),
        ({"paths": {"x": {**ASSUMED["paths"]["environment"], "saves": {"wait": "2"}}}}, "a: paths.x.saves.wait: '2' is refused"),
        ({"paths": "none"}, "a: paths: a mapping is needed"),
    ],
)
def test_bad_assumptions_are_refused_with_their_place(change, message):
    with pytest.raises(SpecError, match=f"^{message}"):
        plan.parse({**ASSUMED, **change}, "a")


def test_the_own_assumptions_name_golden_paths_and_questions_that_exist():
    own, asked = plan.read(), questionnaire.read()
    assert set(own.paths) <= set(SPECS) | set(COMMANDS)
    assert {key for each in own.paths.values() for key in each.saves} <= {each.id for each in asked.questions}
    assert {each.area for each in asked.questions} == {"environments", "pipelines", "access", "data", "docs", "on_call"}


def test_a_round_below_the_threshold_or_against_itself_is_not_reported():
    this = repeated((4, {"wait": "never"}))
    with pytest.raises(SpecError, match="only 4 of the 5 answers that it takes to hide anybody; nothing is shown"):
        report(this, plan.parse(ASSUMED, "a"), 5)
    with pytest.raises(SpecError, match="is the round itself"):
        report(this, plan.parse(ASSUMED, "a"), 3, this)


COMMENTED = rounds.Round(
    "2026-Q4",
    ASKED,
    repeated((5, {"wait": "weekly hour"}), (5, {"wait": "never"})).answers,
    {"wait": ("a day | <script>alert(1)</script> [red]x[/] `b` *c*",), "comment": ("all well",)},
)


def full(this=COMMENTED):
    last = repeated((6, {"wait": "weekly hour"}), name="2026-Q3")
    return report(this, plan.parse({**ASSUMED, "paths": {**ASSUMED["paths"]}}, "a"), 5, last)


def test_free_text_stays_text():
    page = show.markdown(full())
    assert r"| wait | a day \| \<script\>alert(1)\</script\> \[red\]x\[/\] \`b\` \*c\* |" in page
    out = io.StringIO()
    show.terminal(full(), Console(file=out, width=200))
    assert "a day | <script>alert(1)</script> [red]x[/] `b` *c*" in out.getvalue()


def test_the_page_says_what_was_found_what_would_help_what_it_costs_and_what_was_assumed():
    page = show.markdown(full())
    assert "| 1 | You do wait. | 2.0 (0.8 to 3.2) | 50% | – | 10 | environment (50%) |" in page
    assert "| environment | 10.0 (4.0 to 16.0) | 1,000 | 150 |" in page  # 10 x 0.5 x 2
    assert "| environment | 4 | 6 | 1 | 20 | 30 | wait 50%, search 25% |" in page
    assert "- Withheld, fewer than 5 answers: You do search." in page
    assert "## Since 2026-Q3" in page
    assert "percentile bootstrap with 1000 resamples and a fixed seed, because" in page
    assert "One hour costs 100 USD; 10 developers; 10 months." in page


def test_json_has_all_of_it():
    data = json.loads(json.dumps(full().plain()))
    assert data["bottlenecks"][0]["question"]["id"] == "wait"
    assert data["bottlenecks"][0]["paths"] == {"environment": 0.5}
    assert data["bottlenecks"][0]["change"]["verdict"] == "better"
    assert data["total"]["mean"] == 20
    assert data["assumptions"]["paths"]["environment"]["customisation_hours"] == 4
    assert [each["id"] for each in data["withheld"]] == ["search", "repair"]
    assert data["comments"]["comment"] == ["all well"]


def test_assumptions_about_what_was_not_asked_are_named():
    asked = ASKED.model_copy(update={"questions": ASKED.questions[:1]})
    made = report(repeated((5, {"wait": "never"}), asked=asked), plan.parse(ASSUMED, "a"), 5)
    assert made.problems == ["the assumptions name 'search', which this round didn't ask"]
