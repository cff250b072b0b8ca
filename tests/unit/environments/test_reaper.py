"""The reaper over random fleets and clocks: never what stays, never twice, always all that is due."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from unit.environments.fleet import Places, at, room, stack

from idp_components.environments.inventory import join
from idp_components.environments.people import described
from idp_components.environments.reaper import reap
from idp_components.environments.record import text

HOURS_MAX, KEPT_MAX = 336, 1440
"""Of the profile `preview`; said once more here, since the test must not ask what it tests."""
STAYS = ("dev", "staging", "production")


@dataclass(frozen=True)
class Drawn:
    """One environment: hours are those since the start."""

    name: str
    created: int
    ttl: int
    extended: int | None
    kept: int | None
    has_stack: bool
    has_room: bool
    fate: str
    """`usual`, `protected`, `failing`, `broken`, `another's` or `argocd`."""

    def is_over(self, now):
        """By plain arithmetic on what was drawn."""
        end = min(max(self.created + self.ttl, self.extended or 0), self.created + HOURS_MAX)
        kept = min(self.kept or 0, self.created + KEPT_MAX)
        return now >= end and now >= kept

    @property
    def ends(self):
        return text(at(self.created + self.ttl))

    @property
    def leased(self):
        said = {"idp/extended-until": self.extended, "idp/kept-until": self.kept}
        return {key: text(at(value)) for key, value in said.items() if value is not None} | {"idp/kept-because": "a demo"}

    def stack(self):
        record = {"idp/owner": "alice", "idp/created-at": text(at(self.created)), "idp/expires-at": self.ends, **self.leased}
        tags = {key.replace("/", ":", 1): value for key, value in record.items()}
        return stack(self.name, tags={**tags, "idp:expires-at": "soon"} if self.fate == "broken" else tags)

    def room(self):
        labels = {"argocd": {"app.kubernetes.io/managed-by": "argocd"}, "another's": {"idp/team": "another"}}.get(self.fate)
        annotations = {"idp/expires-at": "soon" if self.fate == "broken" else self.ends}
        return room(self.name, created=self.created, labels=labels, annotations=annotations, leased=self.leased)

    @property
    def ends_at_all(self):
        """The stack `shop-preview` is the team's own, unless the namespace says that it ends."""
        environment = self.name.partition("-")[2]
        return environment not in STAYS and (environment != "preview" or self.has_room)

    @property
    def may_go(self):
        """Whether anything may remove it, ever."""
        if not self.ends_at_all or self.fate in ("protected", "broken"):
            return False
        return self.fate not in ("argocd", "another's") or not self.has_room


hours = st.integers(0, 2000)
environments = st.sampled_from(["pr-1", "pr-22", "user-bob", "preview", *STAYS])


@st.composite
def drawn(draw):
    has_stack = draw(st.booleans())
    return Drawn(
        name=f"{draw(st.sampled_from(['shop', 'cart', 'mail']))}-{draw(environments)}",
        created=draw(hours),
        ttl=draw(st.integers(1, HOURS_MAX)),
        extended=draw(st.none() | hours),
        kept=draw(st.none() | hours),
        has_stack=has_stack,
        has_room=draw(st.booleans()) or not has_stack,
        fate=draw(st.sampled_from(["usual", "usual", "usual", "protected", "failing", "broken", "another's", "argocd"])),
    )


fleets = st.lists(drawn(), max_size=12, unique_by=lambda each: each.name)
clocks = st.integers(0, 4000)


def places(fleet):
    by_fate = {fate: [each.name for each in fleet if each.fate == fate] for fate in ("protected", "failing")}
    return Places([each.stack() for each in fleet if each.has_stack], [each.room() for each in fleet if each.has_room], **by_fate)


@given(fleets, clocks)
def test_exactly_what_is_over_goes_and_nothing_that_is_unexpired_kept_protected_or_no_preview(fleet, now):
    there = places(fleet)
    outcomes = {outcome.name: outcome for outcome in reap(there, at(now))}
    due = {each.name for each in fleet if each.is_over(now) and each.may_go}
    assert sorted(there.destroyed) == sorted(due - set(there.failing))
    for each in fleet:
        outcome = outcomes.get(each.name)
        if each.name in due & set(there.failing):
            assert outcome.became == "failed"
            assert outcome.error == "error: the cluster said no"
            assert there.look(each.name)[0].record is not None, "it keeps its record"
        if each.fate in ("broken", "another's") and each.has_room:
            assert outcome.became == "reported"
            assert "record" in outcome.reason
        if each.fate == "protected" and each.is_over(now) and each.ends_at_all:
            assert outcome.became == "refused"


@given(fleets, clocks)
def test_a_dry_run_says_what_would_go_and_touches_nothing(fleet, now):
    there = places(fleet)
    planned = [outcome.name for outcome in reap(there, at(now), dry_run=True) if outcome.became == "planned"]
    assert there.destroyed == []
    reap(there, at(now))
    assert set(there.destroyed) <= set(planned) == set(there.destroyed) | set(planned) & (there.protected | there.failing)


@given(fleets, clocks)
def test_many_reapers_at_once_and_one_after_the_other_destroy_nothing_twice(fleet, now):
    there = places(fleet)
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: reap(there, at(now)), range(4)))
    reap(there, at(now))
    assert len(there.destroyed) == len(set(there.destroyed))
    assert set(there.destroyed) == {each.name for each in fleet if each.is_over(now) and each.may_go and each.fate != "failing"}
    assert all(outcome.became != "done" or outcome.name in there.destroyed for outcomes in rounds for outcome in outcomes)


@given(fleets, clocks, clocks)
def test_what_goes_at_a_moment_had_not_to_go_before_it(fleet, first, second):
    early, late = sorted((first, second))
    there = places(fleet)
    reap(there, at(early))
    gone = set(there.destroyed)
    reap(there, at(late))
    assert gone <= set(there.destroyed)
    fresh = places(fleet)
    reap(fresh, at(late))
    assert set(fresh.destroyed) == set(there.destroyed)


@given(fleets, clocks)
def test_every_environment_can_be_described(fleet, now):
    for environment in places(fleet).look():
        found = described(environment, at(now))
        assert found["name"] == environment.name
        assert ("broken" in found) == (found["state"] == "broken")


def test_one_that_is_extended_while_others_are_destroyed_stays():
    class Late(Places):
        """Somebody extends between the first look and the second."""

        def look(self, name=None):
            if name:
                self.rooms[name] = room(name, leased={"idp/extended-until": text(at(100))})
            return super().look(name)

    there = Late([stack("shop-pr-1")], [room("shop-pr-1")])
    (outcome,) = reap(there, at(30))
    assert (outcome.became, there.destroyed) == ("left", [])


def test_a_stack_without_anything_and_without_a_record_goes_when_no_environment_may_be_as_old():
    there = Places([stack("shop-pr-1", resources=0), stack("shop-pr-2", resources=3)], [])
    assert [outcome.became for outcome in reap(there, at(HOURS_MAX - 1))] == ["left", "reported"]
    assert [outcome.became for outcome in reap(there, at(HOURS_MAX))] == ["done", "reported"]
    assert there.destroyed == ["shop-pr-1"]


def test_two_stacks_that_claim_one_namespace_are_left_to_a_person():
    claims = [stack("shop-pr-1"), stack("shop-pr-1", project="another")]

    class Claimed(Places):
        """What one name has one stack for, in every other test."""

        def look(self, name=None):  # noqa: ARG002
            return join(claims, self.rooms.values())

    there = Claimed([], [room("shop-pr-1")])
    (outcome,) = reap(there, at(5000))
    assert (outcome.became, there.destroyed) == ("reported", [])
    assert "organization/idp/shop-pr-1 and organization/another/shop-pr-1" in outcome.reason
