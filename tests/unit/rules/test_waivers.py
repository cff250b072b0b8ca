"""Waivers: what they lift, when, for what, and what never."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp_components.rules import ALL, UNKNOWN, Resource, findings
from idp_components.rules.evaluate import Judge
from idp_components.rules.field import SecretText
from idp_components.rules.judging import Settings, judge
from idp_components.rules.sources.document import Document, Target
from idp_components.rules.waivers import MAX_DAYS, NEVER, NOTHING, TYPE, Place, Verdict, Waivers, find, read, register, waived
from idp_components.rules.waivers.entry import waivers
from idp_components.rules.waivers.file import parse

TOKEN = "kubernetes:apps/v1:DaemonSet"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOST_PATH = {rule.id: rule for rule in ALL}["kubernetes-host-path"]
PRIVILEGED = {rule.id: rule for rule in ALL}["kubernetes-privileged-container"]


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": "EX-042",
        "rules": ["kubernetes-host-path"],
        "match": {"project": "idp", "stack": "checkout-*", "type": TOKEN, "name": "agent"},
        "owner": "team-x",
        "reason": "reads /var/log",
        "created": "2026-11-01",
        "expires": "2027-01-30",
    } | changes


def file(*entries: Any) -> Waivers:
    return Waivers(tuple(waivers(list(entries))), list(entries))


def agent(stack: str = "checkout-dev", project: str = "idp", token: str = TOKEN, name: str = "agent") -> Resource:
    mount = [{"name": "logs", "hostPath": {"path": "/var/log"}}]
    containers = [{"name": "agent"}, {"name": "proxy"}]
    pod = {"volumes": mount, "containers": [{**each, "securityContext": {"privileged": True}} for each in containers]}
    props = {"metadata": {"name": f"{name}-4711", "namespace": "logging"}, "spec": {"template": {"spec": pod}}}
    return Resource(token, name, props, f"urn:pulumi:{stack}::{project}::{token}::{name}")


def judged(found: Waivers, *resources: Resource, now: datetime = NOW, place: Place | None = None, rule: Any = HOST_PATH) -> Verdict:
    return waived(findings(resources or [agent()], [rule]), found, now, place or Place())


def test_a_waiver_lifts_the_finding_that_it_is_for() -> None:
    verdict = judged(file(entry()))
    assert verdict.standing == ()
    assert [(each.finding.rule.id, each.waiver.id, each.waiver.owner) for each in verdict.waived] == [
        ("kubernetes-host-path", "EX-042", "team-x")
    ]


@pytest.mark.parametrize(
    "other",
    [
        agent(stack="storefront-dev"),
        agent(project="other"),
        agent(token="kubernetes:apps/v1:Deployment"),
        agent(name="agents"),
        agent(name="x::agent"),
    ],
)
def test_it_lifts_nothing_elsewhere(other: Resource) -> None:
    assert len(judged(file(entry()), other).standing) == 1


def test_it_lifts_no_other_rule() -> None:
    assert len(judged(file(entry(rules=["kubernetes-host-ports"]))).standing) == 1


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 1, tzinfo=UTC), True),
        (datetime(2027, 1, 30, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2027, 1, 31, tzinfo=UTC), False),
        (datetime(2027, 1, 31, 1, tzinfo=timezone(timedelta(hours=2))), True),  # in UTC it is still the 30th
    ],
)
def test_it_holds_from_its_first_day_to_the_end_of_its_last_in_utc(now: datetime, holds: bool) -> None:
    assert bool(judged(file(entry()), now=now).waived) is holds


def test_a_finding_says_which_waiver_of_its_has_expired() -> None:
    (finding,) = judged(file(entry()), now=datetime(2027, 2, 1, tzinfo=UTC)).standing
    assert finding.message.endswith("; EX-042 expired 2027-01-30, owner team-x")


def test_an_active_waiver_counts_beside_an_expired_one() -> None:
    old = entry(id="EX-001", created="2026-05-01", expires="2026-08-01")
    assert [each.waiver.id for each in judged(file(old, entry())).waived] == ["EX-042"]


@pytest.mark.parametrize(("container", "standing"), [("agent", 1), ("proxy", 1), ("prox*", 2), ("", 0)])
def test_it_can_be_for_one_container(container: str, standing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp_components.rules.waivers.entry.NEVER", {})
    found = file(entry(rules=[PRIVILEGED.id], **({"container": container} if container else {})))
    verdict = judged(found, rule=PRIVILEGED)
    assert len(verdict.standing) == standing
    assert len(verdict.waived) == 2 - standing


def test_a_waiver_for_a_container_is_none_for_the_pod() -> None:
    assert len(judged(file(entry(container="agent"))).standing) == 1


def test_a_container_is_found_in_an_element_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp_components.rules.waivers.entry.NEVER", {})
    objects = {"items": [{"apiVersion": "apps/v1", "kind": "DaemonSet", **agent().props}]}
    verdict = judged(
        file(entry(rules=[PRIVILEGED.id], container="proxy", match={"type": TOKEN, "name": "agent-*"})),
        Resource("kubernetes:core/v1:List", "", objects),
        rule=PRIVILEGED,
    )
    assert [each.finding.path for each in verdict.waived] == ["items[0].spec.template.spec.containers[1].securityContext.privileged"]


def test_an_object_of_a_file_is_matched_by_its_own_name_and_the_place_that_is_named() -> None:
    manifest = Resource.from_manifest({"apiVersion": "apps/v1", "kind": "DaemonSet", **agent(name="agent").props})
    found = file(entry(match={"stack": "checkout-*", "type": TOKEN, "name": "agent-*"}))
    assert judged(found, manifest, place=Place("idp", "checkout-dev")).standing == ()
    assert len(judged(found, manifest).standing) == 1


@pytest.mark.parametrize("rule", sorted(NEVER))
def test_what_can_never_be_waived_is_a_rule_and_is_not_waived(rule: str) -> None:
    assert rule in {each.id for each in ALL}
    assert [waiver.rules for waiver in waivers([entry(rules=[rule, "kubernetes-host-path"])])] == [("kubernetes-host-path",)]


def test_every_rule_about_waivers_can_never_be_waived() -> None:
    assert {rule.id for rule in ALL if rule.id.startswith("waiver-")} <= set(NEVER)


def test_reports_learn_which_hold_and_which_end_soon() -> None:
    found = file(
        entry(),
        entry(id="EX-1", expires="2026-12-15"),
        entry(id="EX-2", expires="2026-12-16"),
        entry(id="EX-3", expires="2026-12-05"),
        entry(id="EX-4", expires="2026-11-30"),
    )
    assert [waiver.id for waiver in found.active(NOW)] == ["EX-042", "EX-1", "EX-2", "EX-3"]
    assert [waiver.id for waiver in found.expiring(NOW)] == ["EX-3", "EX-1"]


YAML = """
- id: EX-042
  rules: [kubernetes-host-path]
  match: {stack: checkout-dev, type: "kubernetes:apps/v1:DaemonSet"}
  owner: team-x
  reason: reads /var/log
  created: 2026-11-01
  expires: %s
"""


def test_a_day_that_there_is_not_spoils_its_entry_and_not_the_file() -> None:
    found = parse(YAML % "2027-02-30" + YAML.replace("042", "043") % "2027-01-30")
    assert found.error == ""
    assert [(waiver.id, waiver.expires) for waiver in found.entries] == [("EX-043", date(2027, 1, 30))]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- {id: [", "while parsing"),
        ("waivers: []", "is no list of waivers"),
        (YAML % "2027-01-30" + "  owner: team-y\n", "has 'owner' twice"),
        ("- !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("[" * 5000, ""),
    ],
)
def test_an_unreadable_file_lifts_nothing_and_says_why(text: str, error: str) -> None:
    found = parse(text)
    assert found.entries == ()
    assert found.error
    assert error in found.error
    (finding,) = Judge([rule for rule in ALL if rule.id.startswith("waiver-")]).findings(register(found, NOW))
    assert finding.rule.id == "waiver-invalid"
    assert "\n" not in finding.message


def test_a_file_that_is_not_there_or_is_a_folder_lifts_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "waivers.yaml") == Waivers(source="waivers.yaml")
    assert read(tmp_path).error
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe")
    assert read(tmp_path / "binary.yaml").error


def test_a_pack_takes_the_waivers_that_it_was_published_with_or_those_beside_it(tmp_path: Path) -> None:
    (tmp_path / "security").mkdir()
    (tmp_path / "waivers.yaml").write_text(YAML % "2027-01-30")
    assert [waiver.id for waiver in find(tmp_path / "security").entries] == ["EX-042"]
    (tmp_path / "security" / "waivers.yaml").write_text("[]")
    assert find(tmp_path / "security").entries == ()


@pytest.mark.parametrize("kind", ["kubernetes:*", "aws:*", "k*", "*:DaemonSet", "kubernetes:apps*", "[k]ubernetes:apps/*", None])
def test_a_pattern_for_more_than_a_group_of_types_lifts_nothing(kind: str | None) -> None:
    assert list(waivers([entry(match={"stack": "checkout-*", "type": kind})])) == []


@pytest.mark.parametrize("place", [{}, {"stack": "*"}, {"name": "?*"}])
def test_a_type_wherever_it_is_lifts_nothing(place: dict[str, str]) -> None:
    assert list(waivers([entry(match={"type": TOKEN, **place})])) == []


@pytest.mark.parametrize(("count", "wide"), [(10, False), (11, True)])
def test_the_resources_of_files_are_counted_too(count: int, wide: bool) -> None:
    documents = [Document("a.yaml", Resource.from_manifest({"apiVersion": "apps/v1", "kind": "DaemonSet", **agent().props}))] * count
    found = file(entry(match={"type": TOKEN, "name": "agent-*"}))
    report = judge([Target("deploy", documents)], Settings(waivers=found), NOW)
    assert ("waiver-too-wide" in {judgement.finding.rule.id for judgement in report.judgements}) is wide


def test_the_register_tells_what_a_whole_stack_knows() -> None:
    found = file(entry(), entry(id="EX-2"))
    resources = [agent(), agent(stack="checkout-production"), agent(stack="other-dev")]
    props = register(found, NOW, Place("idp", "checkout-dev"), resources, judged(found), excused=["EX-3"]).props
    assert props["facts"] == {
        "today": "2026-12-01",
        "project": "idp",
        "stack": "checkout-dev",
        "rules": [],
        "matched": {"EX-042": 2, "EX-2": 2},
        "used": ["EX-042", "EX-3"],
    }


TEXT = st.text(max_size=8) | st.sampled_from(["*", "EX-1", "2027-01-30", "2026-11-01", "kubernetes-host-path", "checkout-*", "[a", TOKEN])
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.just(UNKNOWN) | st.builds(SecretText, TEXT)
KEY = st.sampled_from(["id", "rules", "match", "owner", "reason", "created", "expires", "container", "type", "stack", "name", "facts"])
JSON = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY | TEXT, inner, max_size=8), max_leaves=30)


@given(written=JSON)
def test_no_list_of_entries_breaks_the_parser_or_a_rule(written: Any) -> None:
    found = Waivers(tuple(waivers(written)), written)
    for rules in ([], ["kubernetes-host-path"]):
        list(Judge(ALL).findings(register(found, NOW, Place("idp", "checkout-dev"), [agent()], judged(found), known=rules)))


@given(changes=st.dictionaries(KEY, JSON, max_size=3))
def test_whatever_holds_is_complete_and_ends_within_the_limit(changes: dict[str, Any]) -> None:
    for waiver in waivers([entry(**changes)]):
        assert timedelta(0) <= waiver.expires - waiver.created <= timedelta(days=MAX_DAYS)
        assert waiver.id
        assert waiver.owner
        assert waiver.reason
        assert not set(waiver.rules) & set(NEVER)
        assert not waiver.match.covers(Resource("kubernetes:core/v1:Pod", "a", {})) or not waiver.match.covers(
            Resource("aws:rds/instance:Instance", "a", {})
        )


@given(text=st.text(max_size=60) | st.binary(max_size=30).map(lambda data: data.decode("utf-8", "replace")))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(parse(text), Waivers)


@given(days=st.integers(-400, 400))
def test_the_clock_alone_decides_whether_a_valid_waiver_holds(days: int) -> None:
    found, now = file(entry()), NOW + timedelta(days=days)
    assert bool(judged(found, now=now).waived) == (date(2026, 11, 1) <= now.date() <= date(2027, 1, 30))


def test_without_waivers_findings_stand_as_they_are() -> None:
    found = findings([agent()], [HOST_PATH])
    assert waived(found, NOTHING, NOW).standing == tuple(found)
    assert TYPE not in {finding.resource.type for finding in found}
