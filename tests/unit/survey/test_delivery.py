"""What is measured, against histories whose numbers are worked out by hand."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from idp_components.core.spec import SpecError
from idp_components.survey import commits, measuring
from idp_components.survey.delivery import Life, lives, measures, restorations
from idp_components.survey.history import Update, updates

NOW = datetime(2026, 11, 29, tzinfo=UTC)
PRODUCTION, PREVIEW = "checkout-production", "acme/idp/checkout-pr-42"


def at(day, hour=0, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def ran(start, end, *, kind="update", succeeded=True, changed=True, commit="", reverts=False):
    return Update(start, end, kind, succeeded, changed, commit, reverts)


def deployed(day, hour=0, commit="", **facts):
    """An update that takes an hour and ends at this one."""
    return ran(at(day, hour) - timedelta(hours=1), at(day, hour), commit=commit, **facts)


def unknown(*_):
    """A clone that has no commit."""


def measured(histories, name, *, known=unknown, asked=None, days=28):
    return next(each for each in measures(histories, asked or {}, NOW, days, known) if each.name == name)


def test_deployments_are_updates_of_production_that_succeeded_and_changed_something():
    history = [
        deployed(2),
        deployed(9),
        deployed(10, changed=False),
        deployed(11, succeeded=False),
        deployed(12, kind="refresh"),
        deployed(16),
    ]
    others = {"checkout-dev": [deployed(3)] * 5, "catalog-production": [deployed(4)], "a stack of another name": [deployed(5)]}
    one = measured({PRODUCTION: history, **others}, "deployment frequency")
    assert (one.value, one.of, one.detail) == (1, 4, "deployments: 4, stacks: 2")  # in four weeks


def test_a_success_without_changes_after_a_failure_ends_what_that_one_had_begun():
    history = [deployed(2, succeeded=False), deployed(3, changed=False), deployed(4, changed=False)]
    assert measured({PRODUCTION: history}, "deployment frequency").of == 1
    assert measured({PRODUCTION: history}, "change failure rate").value == 0.5


def test_what_lies_before_the_window_is_not_counted():
    assert measured({PRODUCTION: [deployed(2), deployed(23)]}, "deployment frequency", days=7).value == 1


def test_lead_time_is_from_each_commit_to_the_deployment_that_first_has_it():
    made = {("", "aaa"): [at(1)], ("aaa", "bbb"): [at(2), at(3)], ("bbb", "ddd"): [at(9)]}
    history = [deployed(2, commit="aaa"), deployed(4, commit="bbb"), deployed(5), deployed(10, commit="ccc"), deployed(11, commit="ddd")]
    asked = []

    def known(before, head):
        asked.append((before, head))
        return made.get((before, head))

    one = measured({PRODUCTION: history}, "lead time for changes", known=known)
    # 24 h; 48 h and 24 h. The third says no commit; git doesn't know that of the fourth, nor what the last one brought since then.
    assert (one.value, one.of, one.detail) == (24, 3, "90 % within 48.0 h, deployments of an unknown commit: 3")
    assert asked == [("", "aaa"), ("aaa", "bbb"), ("bbb", "ccc"), ("ccc", "ddd")]


def test_a_change_failed_whose_update_failed_or_that_the_next_one_took_back():
    history = [
        deployed(2, commit="aaa"),
        deployed(3, commit="bbb"),  # taken back by the next
        deployed(4, commit="aaa"),
        deployed(5, commit="ccc"),
        deployed(6, commit="ddd"),  # reverted by the next
        deployed(7, commit="eee", reverts=True),
        deployed(8, succeeded=False),
        deployed(9, commit="fff"),
    ]
    one = measured({PRODUCTION: history}, "change failure rate")
    assert (one.value, one.detail) == (3 / 8, "failed: 3 of 8")


def test_deploying_the_same_commit_again_takes_nothing_back():
    assert measured({PRODUCTION: [deployed(2, commit="aaa"), deployed(3, commit="aaa")]}, "change failure rate").value == 0


def test_time_to_restore_is_from_the_first_failure_to_the_next_update_that_stays():
    history = [
        deployed(2, succeeded=False),
        deployed(2, 3, succeeded=False),
        deployed(2, 5),  # restored after 5 h
        deployed(3, 0, commit="aaa"),
        deployed(4, 0, commit="bbb"),  # taken back
        deployed(4, 9, commit="aaa"),  # after 9 h
        deployed(5, succeeded=False),
        deployed(5, 1, changed=False),  # after 1 h: what failed was only slow
        deployed(6, succeeded=False),
    ]
    assert list(restorations(history)) == [(at(2), at(2, 5)), (at(4), at(4, 9)), (at(5), at(5, 1)), (at(6), None)]
    one = measured({PRODUCTION: history}, "time to restore")
    assert (one.value, one.of, one.detail) == (5, 3, "90 % within 9.0 h, not restored yet: 1")


LIVED = [
    ran(at(2), at(2, 0, 10), succeeded=False),
    ran(at(2, 0, 20), at(2, 0, 30)),
    ran(at(2, 1), at(2, 1, 5)),
    ran(at(3), at(3, 0, 5), kind="destroy", succeeded=False),
    ran(at(4, 0, 20), at(4, 0, 30), kind="destroy"),
    ran(at(5), at(5, 0, 10)),
]


def test_an_environment_lives_from_its_first_update_to_its_destroy_and_may_live_again():
    assert list(lives(LIVED)) == [Life(at(2), at(2, 0, 30), at(4, 0, 30)), Life(at(5), at(5, 0, 10), None)]


def test_waiting_and_lifetime_by_hand():
    histories = {PREVIEW: LIVED, "checkout-user-alice": [ran(at(6), at(6, 1), succeeded=False)], "checkout-dev": LIVED, PRODUCTION: LIVED}
    waiting, lifetime = measured(histories, "environment waiting time"), measured(histories, "environment lifetime")
    assert (waiting.value, waiting.of, waiting.detail) == (20, 2, "never ready: 1")  # 30 and 10 minutes
    assert (lifetime.value, lifetime.of, lifetime.detail) == (48, 1, "alive: 2")


def test_waiting_begins_when_the_record_says_that_somebody_asked():
    waiting = measured({PREVIEW: LIVED[:3]}, "environment waiting time", asked={PREVIEW: at(1, 23, 30)})
    assert waiting.value == 60
    late = measured({PREVIEW: LIVED[:3]}, "environment waiting time", asked={PREVIEW: at(2, 0, 15)})
    assert late.value == 30


def test_without_a_history_every_measure_says_so_with_method_and_source():
    found = measures({}, {}, NOW, 28, unknown)
    assert [each.value for each in found] == [None] * 6
    assert all(each.method and "pulumi stack history" in each.source for each in found)
    assert all("dora.dev" in each.source for each in found[:4])


moments = st.datetimes(datetime(2026, 10, 1), datetime(2026, 12, 1), timezones=st.just(UTC))
histories = st.lists(
    st.builds(
        ran,
        moments,
        moments,
        kind=st.sampled_from(["update", "destroy", "refresh"]),
        succeeded=st.booleans(),
        changed=st.booleans(),
        commit=st.sampled_from(["", "aaa", "bbb"]),
        reverts=st.booleans(),
    ).filter(lambda each: each.start <= each.end),
    max_size=12,
).map(lambda found: sorted(found, key=lambda each: each.end))


@given(st.dictionaries(st.sampled_from([PRODUCTION, PREVIEW, "shop-production"]), histories))
def test_no_measure_is_negative_and_no_share_above_one(found):
    for each in measures(found, {}, NOW, 28, lambda *_: [at(1)]):
        assert each.value is None or each.value >= 0
        assert each.unit != "share" or each.value is None or each.value <= 1


ENTRY = {
    "version": 7,
    "kind": "update",
    "startTime": "2026-11-24T10:00:00.000Z",
    "endTime": "2026-11-24T10:05:00.000Z",
    "message": 'Revert "Let carts expire"',
    "environment": {"git.head": "ab12cd34", "git.dirty": "false"},
    "config": {},
    "result": "succeeded",
    "resourceChanges": {"same": 3, "update": 1},
}


def test_an_entry_is_read_as_pulumi_writes_it():
    (one,) = updates([ENTRY], "s")
    assert one == Update(at(24, 10), at(24, 10, 5), "update", True, True, "ab12cd34", True)


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"resourceChanges": {"same": 4}}, {"changed": False}),
        ({"resourceChanges": {}}, {"changed": False}),
        ({"result": "failed"}, {"succeeded": False}),
        ({"environment": {"git.head": "ab12cd34", "git.dirty": "true"}}, {"commit": ""}),
        ({"environment": {"git.head": "--output=x"}}, {"commit": ""}),
        ({"message": "Revert to something"}, {"reverts": False}),
    ],
)
def test_what_an_entry_tells(change, facts):
    (one,) = updates([{**ENTRY, **change}], "s")
    assert {name: getattr(one, name) for name in facts} == facts


def test_entries_are_sorted_and_what_runs_still_is_left_out():
    newer = {**ENTRY, "startTime": "2026-11-25T10:00:00.000Z", "endTime": "2026-11-25T10:05:00.000Z"}
    running = {key: value for key, value in {**ENTRY, "result": "in-progress"}.items() if key != "endTime"}
    assert [each.start.day for each in updates([running, newer, ENTRY], "s")] == [24, 25]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "h.json:1: is not JSON: "),
        ("[]", 'h.json: a mapping is needed, for example {"checkout-production"'),
        ('{"a": 1}', "h.json: a: a list is needed, as `pulumi stack history --json` writes it"),
        ('{"a": [1]}', r"h.json: a\[0\]: a mapping is needed"),
        (
            json.dumps({"a": [{**ENTRY, "startTime": "yesterday"}]}),
            r"h.json: a\[0\].startTime: 'yesterday' is no moment, for example '2026-",
        ),
        (json.dumps({"a": [{**ENTRY, "endTime": None}]}), r"h.json: a\[0\].endTime: 'None' is no moment"),
        (json.dumps({"a": [{**ENTRY, "endTime": "2026-11-24T10:00:00"}]}), r"h.json: a\[0\].endTime: .* is no moment"),
        (json.dumps({"a": [{**ENTRY, "startTime": "2026-11-25T10:00:00Z"}]}), r"h.json: a\[0\].endTime: is before startTime"),
        ("[" * 100_000, "h.json:1: is not JSON"),
    ],
)
def test_a_bad_history_gets_one_error_with_its_place(content, message):
    with pytest.raises(SpecError, match=f"^{message}"):
        measuring.parse(content, "h.json")


entries = st.fixed_dictionaries({}, optional={key: st.just(value) | json_values for key, value in ENTRY.items()})


@given(json_values | st.lists(entries | json_values, max_size=3))
def test_any_history_gives_updates_or_one_clear_error(history):
    try:
        found = updates(history, "place")
    except SpecError as error:
        problem = str(error)
    else:
        assert all(each.start <= each.end for each in found)
        return
    assert problem.startswith("place")
    assert "\n" not in problem


@given(st.text() | json_values.map(json.dumps))
def test_any_file_of_histories_gives_histories_or_one_clear_error(content):
    try:
        measuring.parse(content, "h.json")
    except SpecError as error:
        problem = str(error)
    else:
        return
    assert problem.startswith("h.json")


def test_files_of_the_same_stack_are_put_together_without_counting_anything_twice(tmp_path):
    newer = {**ENTRY, "startTime": "2026-11-25T10:00:00.000Z", "endTime": "2026-11-25T10:05:00.000Z"}
    (tmp_path / "a.json").write_text(json.dumps({"checkout-production": [ENTRY]}))
    (tmp_path / "b.json").write_text(json.dumps({"checkout-production": [newer, ENTRY]}))
    found = measuring.from_files([tmp_path / "b.json", tmp_path / "a.json"])
    assert [each.start.day for each in found.histories["checkout-production"]] == [24, 25]


def test_git_says_when_commits_were_made(tmp_path):
    def git(*arguments, day=1):
        env = {
            "GIT_COMMITTER_DATE": f"2026-11-{day:02}T12:00:00Z",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.com",
            "PATH": "/usr/bin:/bin:/usr/local/bin",
        }
        return subprocess.run(["git", *arguments], cwd=tmp_path, env=env, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    heads = []
    for day in (1, 2, 3):
        git("commit", "--quiet", "--allow-empty", "--message", "x", day=day)
        heads.append(git("rev-parse", "HEAD"))
    assert commits.between(tmp_path, "", heads[1]) == [at(2, 12)]
    assert commits.between(tmp_path, heads[0], heads[2]) == [at(3, 12), at(2, 12)]
    assert commits.between(tmp_path, heads[2], heads[0]) == []
    assert commits.between(tmp_path, "", "0" * 40) is None
