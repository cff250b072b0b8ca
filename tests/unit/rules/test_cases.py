"""Every case in `idp_components/rules/cases`: the rule objects to what is bad, with the message given, and to nothing that is good."""

import pytest
from rule_cases import CASES, IN_FORCE, judged, said

from idp_components.rules import ALL, findings
from idp_components.rules.cases import FOLDER, Case, base, bases, cases
from idp_components.rules.model import Resource, Rule

AT_LEAST = 6
"""Cases of each rule."""


@pytest.mark.parametrize(
    ("rule", "case"), [pytest.param(rule, case, id=f"{rule.id}: {case.title}") for rule, known in CASES.items() for case in known]
)
def test_the_verdict_is_the_one_of_the_case(rule: Rule, case: Case) -> None:
    found = judged(rule, case.resources, case)
    verdict = "good" if not found else "unknown" if all(finding.undecided for finding in found) else "bad"
    assert verdict == case.verdict, f"{rule.id}, case {case.title!r}: {said(found)}"
    if case.says:
        assert [finding.message for finding in found] == [f"{finding.resource.label}: {case.says}" for finding in found]


def test_a_file_of_cases_belongs_to_a_rule() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} - {rule.id for rule in ALL} == {"base"}


def test_no_two_rules_have_one_id() -> None:
    assert len({rule.id for rule in ALL}) == len(ALL)


@pytest.mark.parametrize("rule_id", [rule.id for rule in ALL])
def test_every_rule_has_cases_on_both_sides_and_the_first_bad_one_says_its_message(rule_id: str) -> None:
    known = cases(rule_id)
    assert len(known) >= AT_LEAST
    verdicts = [case.verdict for case in known]
    assert {"bad", "good"} <= set(verdicts)
    assert known[verdicts.index("bad")].says
    assert len({case.title for case in known}) == len(known)


@pytest.mark.parametrize("name", bases())
def test_every_rule_in_force_is_content_with_the_good_resources(name: str) -> None:
    props = base(name)
    token = props.pop("type", "")
    resource = Resource(token, "web", props) if token else Resource.from_manifest(props)
    found = findings([resource], IN_FORCE)
    assert not found, f"{name} of base.yaml: {said(found)}"
