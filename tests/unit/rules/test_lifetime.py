"""How long an environment lives: what its rules accept is what the reaper reads, and the clock is handed in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp_components.core.labels import EXPIRES_AFTER, EXPIRES_AT, OWNER
from idp_components.environments.record import of_namespace
from idp_components.rules import Resource
from idp_components.rules.aws.ephemeral import expiry_tag
from idp_components.rules.evaluate import Judge
from idp_components.rules.judging import Settings, judge
from idp_components.rules.kubernetes.ephemeral import expiry
from idp_components.rules.sources.document import Document, Target

NOW = datetime(2026, 12, 1, 12, 0, 0, 5, tzinfo=UTC)


def namespace(**annotations: str) -> dict[str, Any]:
    metadata = {"name": "shop-pr-42", "annotations": {OWNER: "alice", **annotations}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def found(props: dict[str, Any], now: datetime | None = None) -> list[str]:
    return [finding.path for finding in Judge([expiry], now=now).findings(Resource.from_manifest(props))]


@given(said=st.from_regex(r"\s?[+-]?[0-9_.e]{1,6}\s?") | st.text(max_size=4))
@example("７２")
@example("²")
@example("072")
def test_hours_that_the_rule_accepts_are_read_as_the_end(said: str) -> None:
    props = namespace(**{EXPIRES_AFTER: said})
    if not found(props):
        props["metadata"]["creationTimestamp"] = "2026-12-01T12:00:00Z"
        assert (of_namespace(props, None).expires_at - datetime(2026, 12, 1, 12, tzinfo=UTC)).total_seconds() == int(said) * 3600


@pytest.mark.parametrize(("at", "far"), [("2026-12-15T11:00:00Z", False), ("2026-12-15T13:00:00Z", True), ("2026-11-01T00:00:00Z", False)])
def test_an_end_is_counted_from_now_where_nothing_says_when_it_was_made(at: str, far: bool) -> None:
    assert bool(found(namespace(**{EXPIRES_AT: at}), NOW)) is far
    assert not found(namespace(**{EXPIRES_AT: at}))
    instance = Resource("aws:rds/instance:Instance", "orders", {"tags": {EXPIRES_AT: at}})
    assert bool(list(Judge([expiry_tag], now=NOW).findings(instance))) is far
    report = judge([Target("a.yaml", [Document("a.yaml", Resource.from_manifest(namespace(**{EXPIRES_AT: at})))])], Settings(), NOW)
    assert ("ephemeral-expiry" in {judgement.finding.rule.id for judgement in report.judgements}) is far


def test_no_configuration_sets_the_clock() -> None:
    late = Judge([expiry], {expiry.id: {"now": "2099-01-01T00:00:00Z"}}, NOW)
    assert late.options_of(expiry)["now"] == NOW.isoformat()
