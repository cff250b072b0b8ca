"""No rule's message shows a secret, in whatever spelling."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rule_cases import CASES, EACH_RULE, judged

from idp_components.rules.cases import Case
from idp_components.rules.field import SecretText
from idp_components.rules.model import Rule

FORMS = ("{1}", "{0}{1}", "{1}{0}", "{0}/{1}", "{0}:{1}", "{1}.{0}")
"""The text of a case and the marker, so that rules take the secret for what they look for."""
MARKERS = st.one_of(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{8,30}[A-Za-z0-9]", fullmatch=True),
    st.text(min_size=9, max_size=30).map(lambda text: f"zq{text}"),
    st.integers(10**9, 10**20).map(str),
)


def concealed(value: Any, marked: Callable[[str], str]) -> Any:
    """The value with every text in it marked and secret, also within a document that is a text itself."""
    if isinstance(value, dict):
        return {key: concealed(member, marked) for key, member in value.items()}
    if isinstance(value, list):
        return [concealed(element, marked) for element in value]
    if not isinstance(value, str):
        return value
    try:
        document = json.loads(value)
    except ValueError:
        return SecretText(marked(value))
    return SecretText(json.dumps(concealed(document, marked)) if isinstance(document, dict | list) else marked(value))


def assert_kept(rule: Rule, case: Case, marker: str) -> None:
    for form in FORMS:

        def marked(text: str, form: str = form) -> str:
            return form.format(text, marker)

        resources = [
            replace(resource, name=SecretText(marked(resource.name)), namespace=SecretText(marker), props=concealed(resource.props, marked))
            for resource in case.resources
        ]
        for finding in judged(rule, resources, case):
            assert marker not in finding.message, f"{rule.id}, case {case.title!r} with secrets {form!r}: says {finding.message}"


@EACH_RULE
def test_no_message_shows_a_secret(rule: Rule) -> None:
    for case in CASES[rule]:
        assert_kept(rule, case, "zq9Marker7")


@given(chosen=st.sampled_from([(rule, case) for rule, known in CASES.items() for case in known]), marker=MARKERS)
def test_no_message_shows_a_secret_of_any_spelling(chosen: tuple[Rule, Case], marker: str) -> None:
    assert_kept(*chosen, marker)
