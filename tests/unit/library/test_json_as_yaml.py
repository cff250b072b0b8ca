"""JSON for readers of YAML says the same to both."""

import json

import strategies
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from idp_components.core.json_as_yaml import json_as_yaml


@given(strategies.json_values)
def test_as_json_it_is_what_it_was(value):
    assert repr(json.loads(json_as_yaml(value))) == repr(json.loads(json.dumps(value)))


@given(st.dictionaries(st.text(), st.text()))
@example({"\U0001f680": '\U00010000 \x7f\x85\ufeff\ufffe\u2028 \\ud83d\\ude80 "\n\t'})
def test_as_yaml_every_text_is_what_it_was(texts):
    assert yaml.safe_load(json_as_yaml(texts)) == texts
