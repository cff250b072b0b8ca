"""Remediation as the engine meets it: what is safe is added, what is secret or unknown is left alone, and the rule is content then."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2

from idp_components.rules import Options, Resource
from idp_components.rules.cases import cases
from idp_components.rules.crossguard import Analyzer
from idp_components.rules.crossguard.server import Methods
from idp_components.rules.evaluate import Judge
from idp_components.rules.field import Problem
from idp_components.rules.levels import ALWAYS, Level, by_environment
from idp_components.rules.model import ResourceRule, Severity
from idp_components.rules.packs import PACKS, Pack

TOKEN = "aws:ecr/repository:Repository"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
REMEDIATE = by_environment(*[Level.REMEDIATE] * 4)
Props = dict[str, Any]


def rule(rule_id: str, wanted: Callable[[Resource], bool], remedy: Callable[[Resource, Options], Props | None] | None) -> ResourceRule:
    def check(resource: Resource, _options: Options) -> Iterator[Problem]:
        if not wanted(resource):
            yield resource.root.get("tags").problem("is not as it should be")

    return ResourceRule(
        id=rule_id,
        title="Something holds.",
        severity=Severity.LOW,
        rationale="r",
        fix="Do it.",
        source="s",
        applies=lambda token: token == TOKEN,
        check=check,
        remedy=remedy,
    )


def tagged(key: str, value: str = "x") -> ResourceRule:
    def remedy(resource: Resource, _options: Options) -> Props:
        return {**resource.props, "tags": {**(resource.props.get("tags") or {}), key: value}}

    return rule(f"tag-{key}", lambda resource: resource.root.get("tags", key).value == value, remedy)


def analyzer(*rules: ResourceRule, folder: Path | None = None, levels: Any = REMEDIATE) -> Analyzer:
    return Analyzer(Pack("idp-test", "d", dict.fromkeys(rules, levels)), lambda: None, folder)


def request(props: Props) -> Any:
    message = analyzer_pb2.AnalyzeRequest(type=TOKEN, name="images", urn=f"urn:pulumi:shop-dev::shop::{TOKEN}::images")
    message.properties.update(props)
    return message


def remediated(found: Analyzer, props: Props) -> list[tuple[str, Props, str]]:
    response = found.Remediate(request(props), None)
    return [(each.policyName, json_format.MessageToDict(each.properties), each.diagnostic) for each in response.remediations]


def test_what_is_missing_is_added_and_the_rule_is_content_then() -> None:
    found = analyzer(tagged("team"))
    ((name, props, refusal),) = remediated(found, {"name": "images", "__defaults": []})
    assert (name, props, refusal) == ("tag-team", {"name": "images", "__defaults": [], "tags": {"team": "x"}}, "")
    assert not found.Analyze(request(props), None).diagnostics
    assert remediated(found, props) == []


def test_each_remedy_goes_on_with_what_the_one_before_left() -> None:
    found = analyzer(tagged("team"), tagged("owner"))
    steps = remediated(found, {"tags": {"a": "b"}})
    assert [props["tags"] for _, props, _ in steps] == [{"a": "b", "team": "x"}, {"a": "b", "team": "x", "owner": "x"}]


def test_secrets_and_unknown_values_beside_the_change_stay_what_they_are() -> None:
    props = {"policy": {SIGNATURE: SECRET, "value": "hunter2"}, "arn": UNKNOWN, "tags": {"a": {SIGNATURE: SECRET, "value": "hunter2"}}}
    ((_, changed, _),) = remediated(analyzer(tagged("team")), props)
    assert changed == {**props, "tags": {**props["tags"], "team": "x"}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("props", "remedy"),
    [
        ({"tags": {SIGNATURE: SECRET, "value": {"a": "hunter2"}}}, lambda _resource, _: {"tags": {"a": "hunter2", "team": "x"}}),
        ({"tags": {"team": UNKNOWN}}, lambda _resource, _: {"tags": {"team": "x"}}),
        ({"tags": {"team": {SIGNATURE: SECRET, "value": "hunter2"}}}, lambda _resource, _: {"tags": {"team": "x"}}),
        (
            {"tags": {"a": {SIGNATURE: SECRET, "value": "hunter2"}}},
            lambda resource, _: {"tags": {**resource.props["tags"], "team": resource.props["tags"]["a"]}},
        ),
        ({"tags": {"a": "b"}, "name": "images"}, lambda _resource, _: {"tags": {"a": "b", "team": "x"}}),
        ({"tags": ["a", "b"]}, lambda _resource, _: {"tags": ["a"]}),
        ({"tags": {}}, lambda _resource, _: {"tags": {"team": "not it"}}),
    ],
    ids=[
        "a secret object",
        "an unknown value",
        "a secret value",
        "a copied secret",
        "a loss",
        "a shorter list",
        "not enough",
    ],
)
def test_a_change_that_is_not_safe_is_refused_and_said(props: Props, remedy: Any) -> None:
    asked = rule("never-content", lambda resource: resource.props.get("tags") == {"team": "x"}, remedy)
    ((name, changed, refusal),) = remediated(analyzer(asked), props)
    assert (name, changed) == ("never-content", {})
    assert refusal.startswith("ecr.Repository images: is left as it is: ")
    assert refusal.endswith("; Do it.")
    assert "hunter2" not in refusal


def test_what_cannot_be_judged_yet_is_not_mended_yet() -> None:
    assert remediated(analyzer(tagged("team")), {"tags": UNKNOWN}) == []


def test_a_refused_remedy_does_not_stop_the_next() -> None:
    refused = rule("refused", lambda _: False, lambda resource, _: {**resource.props, "name": "other"})
    assert [(name, bool(refusal)) for name, _, refusal in remediated(analyzer(refused, tagged("team")), {"name": "a"})] == [
        ("refused", True),
        ("tag-team", False),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        rule("content", lambda _: True, lambda _resource, _: {"a": "b"}),
        rule("impossible", lambda _: False, lambda _resource, _: None),
        rule("without", lambda _: False, None),
    ],
    ids=lambda each: each.id,
)
def test_nothing_is_done_where_nothing_is_wrong_or_nothing_can_be_added(asked: ResourceRule) -> None:
    assert remediated(analyzer(asked), {}) == []


def test_only_the_level_remediate_remediates() -> None:
    found = analyzer(tagged("team"), levels=ALWAYS)
    assert remediated(found, {}) == []
    assert Methods(found).service(type("Call", (), {"method": "/pulumirpc.Analyzer/Remediate"})) is None


def test_what_is_waived_is_left_as_it_is(tmp_path: Path) -> None:
    entry = "[{id: EX-1, rules: [tag-team], match: {type: 'aws:ecr/*', name: images}, owner: o, reason: r, created: %s, expires: %s}]"
    for first, last, expected in (("2020-01-01", "2020-02-01", 1), (date.today(), date.today() + timedelta(days=1), 0)):
        (tmp_path / "waivers.yaml").write_text(entry % (first, last))
        assert len(remediated(analyzer(tagged("team"), folder=tmp_path), {})) == expected


LEAF = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5) | st.just(UNKNOWN)
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=12
)


@given(props=st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_nothing_but_the_change_is_changed(props: Props) -> None:
    before = copy.deepcopy(props)
    for _, changed, refusal in remediated(analyzer(tagged("team")), props):
        if not refusal:
            tags = changed.pop("tags")
            assert tags == {**(before.pop("tags", None) or {}), "team": "x"}
            assert changed == before


def test_every_remedy_of_the_packs_makes_its_rule_content_and_changes_nothing_in_place() -> None:
    for each in [rule for pack in PACKS for rule in pack.rules if isinstance(rule, ResourceRule) and rule.remedy]:
        done = 0
        for case in cases(each.id):
            judge = Judge([each], {each.id: case.options})
            for resource in case.resources if case.verdict == "bad" else []:
                before = copy.deepcopy(resource.props)
                mended = each.remedy(resource, judge.options_of(each)) if each.remedy else None
                assert resource.props == before
                if mended is not None:
                    done += 1
                    after = replace(resource, props=mended)
                    assert list(judge.findings(after)) == [], each.id
        assert done, f"no case of {each.id} shows what its remedy does"
