"""Any state, history or answer of a cluster gives a catalogue, and what can't be read is named in it."""

import copy
import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from unit.catalog.test_assessed import REAL, STACK
from unit.catalog.test_catalog import CLUSTER, HISTORY, NOW, built

from idp_components.backstage.entities import entities
from idp_components.catalog import build, show
from idp_components.catalog.build import Answer

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6)
KEYS = st.sampled_from(
    ["items", "metadata", "labels", "annotations", "spec", "status", "kind", "name", "namespace", "containers", "conditions"]
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=4), max_leaves=12
)
LIFE = {
    "items": [
        {
            "kind": "Namespace",
            "metadata": {
                "name": "checkout-pr-42",
                "creationTimestamp": "2026-11-24T12:00:00Z",
                "labels": {"idp/ephemeral": "namespace", "idp/environment": "pr-42"},
                "annotations": {"idp/owner": "alice", "idp/expires-at": "2026-11-25T12:00:00Z"},
            },
        },
        {
            "kind": "Lease",
            "metadata": {"name": "lifetime", "namespace": "checkout-pr-42", "annotations": {"idp/extended-until": "2026-11-26T12:00:00Z"}},
        },
        *CLUSTER["items"],
    ]
}


def places(value, path=()):
    """Every place inside a value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


GONE = "(gone)"
BENT = st.lists(st.tuples(st.integers(0, 10_000), st.just(GONE) | JSON), min_size=1, max_size=3)
"""One to three places, and what stands there instead; only the numbers, so that a failure can be read."""


def bent(good, changes):
    """A good answer in which some places, however deep, hold something else, or nothing."""
    found = copy.deepcopy(good)
    for number, value in changes:
        if not (there := list(places(found))):
            break
        *above, last = there[number % len(there)]
        inner = found
        for key in above:
            inner = inner[key]
        if value == GONE:
            del inner[last]
        else:
            inner[last] = value
    return found


def shown(catalog):
    """Everything that is made of a catalogue."""
    json.dumps(catalog.plain(), allow_nan=False)
    show.markdown(catalog)
    show.table(catalog, Console(file=io.StringIO(), width=120))
    for environment in catalog.environments:
        show.graph(catalog, environment.environment).mermaid()
    json.dumps(entities(catalog, "shop"))
    return catalog


@given(state=JSON, history=JSON, cluster=JSON)
def test_nonsense_gives_a_catalogue_that_says_so(state, history, cluster):
    catalog = shown(build([Answer(STACK, state, history)], cluster, NOW))
    assert catalog.problems or (isinstance(state, dict) and isinstance(state.get("deployment"), dict))


@given(state=BENT, history=BENT, cluster=BENT)
def test_a_state_that_is_wrong_at_any_depth_gives_a_catalogue_and_what_is_missing_is_named(state, history, cluster):
    catalog = shown(build([Answer(STACK, bent(REAL, state), bent(HISTORY, history))], bent(LIFE, cluster), NOW))
    named = {problem.place for problem in catalog.problems}
    assert all(each.cost is not None and each.findings is not None for each in catalog.items) or STACK in named
    assert all(each.cost is not None and each.findings is not None for each in catalog.environments) or STACK in named


def test_the_good_answers_that_are_bent_above_are_good():
    catalog = shown(build([Answer(STACK, REAL, HISTORY)], LIFE, NOW))
    assert catalog.problems == ()
    assert {"Service", "Database", "Queue"} <= {item.kind for item in catalog.items}


def test_resources_that_are_their_own_parents_end_nowhere():
    circle = [{"urn": "a", "type": "x", "custom": True, "parent": "b"}, {"urn": "b", "type": "x", "custom": True, "parent": "a"}]
    assert built([Answer("shop-dev", {"deployment": {"resources": circle}})]).items == ()
