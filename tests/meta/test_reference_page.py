"""The reference page is the rules' own words, and complete."""

from pathlib import Path

import pytest

from idp_components.render import find_root
from idp_components.rules import ALL, reference
from idp_components.rules.exports import not_exported
from idp_components.rules.exports.forms import FOLDER, forms
from idp_components.rules.packs import PACKS

PAGE = find_root(Path(__file__)) / "policies" / "RULES.md"


def test_the_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), "rules changed: run `idp rules --markdown > policies/RULES.md`"


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_every_rule_has_its_section(rule: object) -> None:
    text = reference.described(rule, reference.pack_of(rule))
    assert text in PAGE.read_text(encoding="utf-8")
    assert "- Exports: " in text


def test_forms_for_other_gates_belong_to_rules_that_say_why_one_is_missing() -> None:
    rules = {rule.id: rule for pack in PACKS for rule in pack.rules}
    assert forms().keys() - rules.keys() == set(), f"in {FOLDER.name}/*.yaml"
    for rule_id, form in forms().items():
        for language in ("rego", "cel"):
            assert bool(getattr(form, language)) != bool(not_exported(rules[rule_id], language))
