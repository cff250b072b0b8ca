"""Every case in `idp_components/rules/cases`: the rule objects to what is bad, with the message given, and to nothing that is good."""

import pytest

from idp_components.rules import ALL, Finding, findings, stack_findings
from idp_components.rules.cases import FOLDER, Case, base, bases, cases
from idp_components.rules.levels import STRICTEST
from idp_components.rules.model import Resource, Rule
from idp_components.rules.packs import active

RULES = {rule.id: rule for rule in ALL}
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "base")
CASES = [
    pytest.param(RULES[rule_id], case, id=f"{rule_id}: {case.title}") for rule_id in FILES if rule_id in RULES for case in cases(rule_id)
]
AT_LEAST = 6
"""Cases of each rule."""


def found(rule: Rule, case: Case) -> list[Finding]:
    judge = stack_findings if case.whole else findings
    return judge(case.resources, [rule], {rule.id: case.options})


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_the_verdict_is_the_one_of_the_case(rule: Rule, case: Case) -> None:
    seen = found(rule, case)
    verdict = "good" if not seen else "unknown" if all(finding.undecided for finding in seen) else "bad"
    assert verdict == case.verdict, [finding.message for finding in seen]
    if case.says:
        assert [f"{finding.resource.label}: {case.says}" for finding in seen] == [finding.message for finding in seen]


def test_a_file_of_cases_belongs_to_a_rule() -> None:
    assert set(FILES) - set(RULES) == set()


@pytest.mark.parametrize("rule_id", RULES)
def test_every_rule_has_cases_on_both_sides_and_the_first_bad_one_says_its_message(rule_id: str) -> None:
    known = cases(rule_id)
    assert len(known) >= AT_LEAST
    verdicts = [case.verdict for case in known]
    assert {"bad", "good"} <= set(verdicts)
    assert known[verdicts.index("bad")].says
    assert len({case.title for case in known}) == len(known)


@pytest.mark.parametrize("name", bases())
def test_every_rule_is_content_with_the_good_resources(name: str) -> None:
    props = base(name)
    token = props.pop("type", "")
    resource = Resource(token, "web", props) if token else Resource.from_manifest(props)
    assert [finding.message for finding in findings([resource], active(STRICTEST))] == []
