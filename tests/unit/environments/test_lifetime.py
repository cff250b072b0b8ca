"""How long an environment stays, what its records may say, and when it sleeps: decisions with the clock as an argument."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.environments.fleet import at, lease, namespace, room, sleeper, stack

from idp_components import SpecError
from idp_components.core.profiles import PROFILES
from idp_components.environments import lifetime, record
from idp_components.environments.decision import decide
from idp_components.environments.hours import OfficeHours
from idp_components.environments.inventory import join
from idp_components.environments.record import Broken, Record, moment, of_namespace, of_tags, text

PREVIEW = PROFILES["preview"]
BERLIN = "Mon-Fri 07:00-19:00 Europe/Berlin"
hours = st.integers(0, 2000)


def made(**fields):
    return Record(owner="alice", created_at=at(0), expires_at=at(fields.pop("ttl", 24)), **fields)


@given(hours, hours, hours, st.integers(1, 400))
def test_an_extension_adds_what_was_asked_or_is_refused_with_the_latest_end(ttl, already, now, more):
    environment = made(ttl=min(ttl, 336), extended_until=at(already))
    start = max(lifetime.end(environment, PREVIEW), at(now))
    if start + timedelta(hours=more) > at(336):
        with pytest.raises(SpecError, match=text(at(336))):
            lifetime.extended("shop-pr-1", environment, PREVIEW, at(now), more)
    else:
        end = lifetime.extended("shop-pr-1", environment, PREVIEW, at(now), more)
        assert end == start + timedelta(hours=more)
        assert lifetime.end(made(ttl=min(ttl, 336), extended_until=end), PREVIEW) == end


@given(hours, hours, st.text(max_size=250))
def test_keeping_needs_a_reason_and_ends_too(now, until, because):
    if not because.strip() or len(because) > 200 or not now < until <= 1440:
        with pytest.raises(SpecError, match="shop-pr-1: "):
            lifetime.keep("shop-pr-1", made(), PREVIEW, at(now), at(until), because)
    else:
        kept = lifetime.keep("shop-pr-1", made(), PREVIEW, at(now), at(until), because)
        assert lifetime.is_kept(made(kept_until=kept), PREVIEW, at(now))
        assert not lifetime.is_kept(made(kept_until=kept), PREVIEW, at(1440))


def test_a_hand_that_writes_more_than_the_maximum_writes_in_vain():
    assert lifetime.end(made(extended_until=at(100_000)), PREVIEW) == at(336)
    assert lifetime.kept_until(made(kept_until=at(100_000)), PREVIEW) == at(1440)


def test_it_lasts_until_its_end_or_for_as_long_as_somebody_keeps_it():
    assert lifetime.lasts(made(), PREVIEW) == 24
    assert lifetime.lasts(made(extended_until=at(36)), PREVIEW) == 36
    assert lifetime.lasts(made(kept_until=at(12)), PREVIEW) == 24
    assert lifetime.lasts(made(kept_until=at(100_000)), PREVIEW) == 1440


@given(
    st.dictionaries(
        st.sampled_from(["idp/owner", "idp/expires-at", "idp/expires-after-hours", "idp/awake", "idp/kept-until"]), st.text(max_size=30)
    )
)
def test_whatever_is_written_is_understood_or_called_broken(annotations):
    found = namespace("shop-pr-1")
    found["metadata"]["annotations"] = annotations
    try:
        understood = of_namespace(found, lease({key: value for key, value in annotations.items() if "kept" in key}))
    except Broken:
        return
    assert understood.expires_at.tzinfo
    assert understood.owner == annotations["idp/owner"] != ""


def test_a_record_comes_from_the_namespace_with_its_lease_or_from_the_stacks_tags():
    leased = lease(
        {"idp/extended-until": text(at(48)), "idp/kept-until": text(at(72)), "idp/kept-because": "a demo", "idp/owner": "mallory"}
    )
    found = of_namespace(namespace("shop-pr-1", annotations={"idp/awake": BERLIN, "idp/sleep-after-hours": "8"}), leased)
    assert (found.owner, found.expires_at, found.extended_until) == ("alice", at(24), at(48))
    assert (found.kept_until, found.kept_because, found.sleep_after_hours) == (at(72), "a demo", 8)
    assert found.awake == OfficeHours.parse(BERLIN)
    tags = {"idp:owner": "bob", "idp:created-at": text(at(0)), "idp:expires-at": text(at(5)), "idp:kept-until": text(at(6)), "other": "x"}
    assert (of_tags(tags).owner, of_tags(tags).expires_at, of_tags(tags).kept_until) == ("bob", at(5), at(6))
    with pytest.raises(Broken, match="its stack has no tag idp:expires-at"):
        of_tags({key: value for key, value in tags.items() if key != "idp:expires-at"})


def test_the_written_end_counts_and_without_it_the_hours_from_the_creation():
    assert of_namespace(namespace("shop-pr-1", annotations={"idp/expires-at": text(at(9))}), None).expires_at == at(9)
    assert of_namespace(namespace("shop-pr-1"), None).expires_at == at(24)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "always",
        "Mon-Fri",
        "Mon-Fri 19:00-07:00 Europe/Berlin",
        "Mon-Fri 07:00-25:00 UTC",
        "Mon-Fri 07:00-19:00 Nowhere/Town",
        "Mon-Fri 07:00-19:00 ../../etc/passwd",
    ],
)
def test_office_hours_that_make_no_sense_are_refused_with_an_example(said):
    with pytest.raises(ValueError, match=r"is refused.*for example 'Mon-Fri"):
        OfficeHours.parse(said)


@pytest.mark.parametrize(
    ("now", "is_open", "since"),
    [
        ("2026-03-27T06:00:00Z", True, "2026-03-27T06:00:00Z"),  # Friday, winter time: 07:00 in Berlin
        ("2026-03-27T05:59:59Z", False, "2026-03-26T18:00:00Z"),
        ("2026-03-29T12:00:00Z", False, "2026-03-27T18:00:00Z"),  # Sunday
        ("2026-03-30T05:00:00Z", True, "2026-03-30T05:00:00Z"),  # Monday, summer time has begun
        ("2026-03-30T16:59:59Z", True, "2026-03-30T05:00:00Z"),
        ("2026-03-30T17:00:00Z", False, "2026-03-30T17:00:00Z"),
    ],
)
def test_office_hours_follow_the_clock_on_the_wall(now, is_open, since):
    assert OfficeHours.parse(BERLIN).changed(moment(now)) == (is_open, moment(since))


def test_office_hours_may_go_over_the_end_of_the_week():
    hours = OfficeHours.parse("Sat-Mon 09:00-17:00 Asia/Tokyo")
    assert sorted(hours.days) == [0, 5, 6]
    assert OfficeHours.parse("Wed 09:00-17:00 UTC").days == {2}


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_office_hours_changed_at_a_boundary_in_the_past(now):
    is_open, since = OfficeHours.parse(BERLIN).changed(now.replace(tzinfo=UTC))
    local = since.astimezone(OfficeHours.parse(BERLIN).zone)
    assert since <= now.replace(tzinfo=UTC)
    assert (local.hour, local.minute) == ((7, 0) if is_open else (19, 0))
    assert local.weekday() < 5


def environment(*, sleepers=(), renewed=None, saved=0, **annotations):
    found = room("shop-pr-1", annotations={f"idp/{key.replace('_', '-')}": value for key, value in annotations.items()}, sleepers=sleepers)
    with_lease = type(found)(found.namespace, lease({}, renewed), found.sleepers)
    return join([stack("shop-pr-1", saved=saved)], [with_lease])[0]


def action(now, **fields):
    return decide(environment(expires_after_hours="300", **fields), at(now)).action


def test_it_goes_to_sleep_when_nobody_used_it_and_every_use_counts():
    assert action(7, sleep_after_hours="8") == "leave"
    assert action(8, sleep_after_hours="8") == "sleep"
    assert action(8, sleep_after_hours="8", saved=1) == "leave"
    assert action(8, sleep_after_hours="8", renewed=1) == "leave"
    assert action(8, sleep_after_hours="8", sleepers=[sleeper("awake", 1)]) == "leave"
    assert action(20, sleep_after_hours="8", sleepers=[sleeper("asleep", 8)]) == "leave"


def test_it_sleeps_and_wakes_by_office_hours_and_the_last_word_of_a_person_counts_until_the_next():
    always = {"awake": "Mon-Sun 08:00-18:00 UTC"}  # the start is a midnight in UTC
    assert action(9, **always) == "leave"
    assert action(18, **always) == "sleep"
    assert action(20, **always, sleepers=[sleeper("asleep", 18)]) == "leave"
    assert action(32, **always, sleepers=[sleeper("asleep", 18)]) == "wake"
    assert action(22, **always, sleepers=[sleeper("awake", 21)]) == "leave", "woken in the evening"
    assert action(42, **always, sleepers=[sleeper("awake", 21)]) == "sleep", "the next evening"
    assert action(15, **always, sleepers=[sleeper("asleep", 14)]) == "leave", "put to sleep by day"
    assert action(32, **always, sleepers=[sleeper("asleep", 14)]) == "wake"


def test_with_both_the_morning_does_not_wake_what_nobody_uses():
    both = {"awake": "Mon-Sun 08:00-18:00 UTC", "sleep_after_hours": "8"}
    assert action(32, **both, sleepers=[sleeper("asleep", 18)]) == "leave"
    assert action(32, **both, sleepers=[sleeper("asleep", 18)], renewed=30) == "wake", "extended in the night"


def test_what_says_nothing_of_sleep_is_left_alone():
    assert action(200) == "leave"
    assert action(200, sleepers=[sleeper("asleep", 1)]) == "leave"


def test_a_broken_time_of_sleep_counts_as_long_ago():
    broken = sleeper("asleep", 1)
    broken["metadata"]["annotations"]["idp/sleep-since"] = "?"
    assert action(9, awake="Mon-Sun 08:00-18:00 UTC", sleepers=[broken]) == "wake"


def test_profiles_of_environments_that_end_have_a_maximum():
    assert lifetime.profile_of("pr-42") is PREVIEW
    assert lifetime.profile_of("dev").ttl_hours_max == 0
    assert PREVIEW.kept_hours_max > PREVIEW.ttl_hours_max
    assert record.tag("idp/expires-at") == "idp:expires-at"
