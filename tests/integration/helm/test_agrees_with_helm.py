"""Values are refused by the platform exactly where the real helm refuses them."""

import json
import subprocess

import charts
import strategies
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idp_components import SpecError
from idp_components.core.json_as_yaml import json_as_yaml
from idp_components.helm_application.chart import load
from idp_components.helm_application.values import Said, check

OUTER = {
    "type": "object",
    "required": ["color"],
    "properties": {
        "color": {"type": "string", "minLength": 3},
        "size": {"type": ["integer", "null"], "minimum": 1},
        "limits": {"type": "object", "additionalProperties": {"anyOf": [{"type": "integer"}, {"enum": ["none"]}]}},
        "store": {"type": "object", "not": {"required": ["forbidden"]}},
    },
}
INNER = {
    "type": "object",
    "properties": {
        "ports": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        "enabled": {},
        "global": {"type": "object"},
    },
    "additionalProperties": False,
}
TYPING_ERROR = "the chart lists no such value"
"""What helm lets pass, and the platform does not."""


def nested(folder):
    charts.chart(folder / "charts" / "cache", name="cache", values="ports: [1]\n", schema=INNER, template="# nothing\n")
    dependency = {"name": "cache", "version": "0.1.0", "alias": "store", "condition": "store.enabled", "tags": ["data"]}
    values = "color: red\nsize: 1\nlimits: {cpu: 1}\nglobal: {zone: a}\n"
    return charts.chart(folder, values=values, schema=OUTER, template="# nothing\n", dependencies=[dependency])


plain = strategies.json_values.filter(lambda value: "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value))
ports = st.lists(st.integers(1, 3) | st.just("a"), max_size=3)
chosen = st.fixed_dictionaries(
    {},
    optional={
        "color": st.sampled_from(["blue", "no", None, 3]),
        "size": st.sampled_from([1, 0, None, "1", 1.0, 1.5]),
        "limits": st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from([1, "none", "a", None]), max_size=2) | plain,
        "global": st.sampled_from([{}, {"zone": "b"}, {"zone": {"a": 1}}]),
        "tags": st.sampled_from([{"data": False}, {"data": True}, {}]),
        "store": st.fixed_dictionaries(
            {},
            optional={
                "enabled": st.booleans(),
                "ports": ports,
                "forbidden": st.just(1),
                "more": st.just(1),
                "global": st.just({"zone": "c"}),
            },
        )
        | st.sampled_from([3, "text", []]),
    },
)


def test_what_is_refused_here_is_refused_by_helm_and_nothing_else(sandbox, tmp_path):
    nested(tmp_path / "chart")
    chart = load(tmp_path, "chart", "shop.web.chart")
    values = tmp_path / "values.json"

    @given(chosen)
    @example({"store": {"enabled": False, "ports": "a"}})
    @example({"store": {"ports": ["a"]}})
    @example({"store": []})
    @example({"store": None})
    @example({"color": None})
    @example({"unknown": None, "limits": {"cpu": None, "memory": None}})
    @example({"global": None, "store": {"global": None}})
    @example({"global": {"zone": None}, "store": {"global": {"zone": "b"}}})
    @example({"size": None, "limits": None})
    @example({"limits": {"\U00010000": None, "\U0001f680": 1, "\x7f\x85\ufeff\ufffe": 2}, "unknown": "\u20ac"})
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    def agree(given_values):
        refused = []
        try:
            check(chart, Said(given_values), "shop.web")
        except SpecError as error:
            refused = [problem for problem in error.problems if TYPING_ERROR not in problem]
        values.write_text(json_as_yaml(given_values), encoding="utf-8")
        command = ["helm", "template", "web", str(tmp_path / "chart"), f"--values={values}"]
        done = subprocess.run(command, env=sandbox.env(), capture_output=True, text=True, check=False)
        assert bool(done.returncode) == bool(refused), (given_values, refused, done.stderr)

    agree()
