"""Property values survive the wire, and what is unknown or secret is told from what isn't."""

import math
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from idp_sandbox.plugins import values

EXACT = 2**53
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-EXACT, EXACT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text().filter(lambda text: text not in values.UNKNOWNS)
)
KEYS = st.text().filter(lambda key: key != values.SIGNATURE)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


def same(left: Any, right: Any) -> bool:
    """Equal, and a boolean is never taken for a number."""
    if isinstance(left, dict):
        return isinstance(right, dict) and left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right


@given(st.dictionaries(KEYS, ANYTHING))
def test_plain_values_come_back_as_they_were(plain: dict[str, Any]) -> None:
    wire = values.encode(plain).SerializeToString()
    assert same(values.decode(struct_pb2.Struct.FromString(wire)), plain)


@given(ANYTHING)
def test_a_secret_is_unwrapped_at_any_depth(plain: Any) -> None:
    found = values.decode(values.encode({"list": [{"inner": values.secret(plain)}]}))
    assert same(found, {"list": [{"inner": plain}]})


@pytest.mark.parametrize("mark", sorted(values.UNKNOWNS))
def test_every_mark_of_an_unknown_value_is_the_same_unknown(mark: str) -> None:
    found = values.decode(values.encode({"a": [mark], "b": values.secret(mark)}))
    assert found == {"a": [values.UNKNOWN], "b": values.UNKNOWN}
    assert values.has_unknown(found)


@given(ANYTHING)
def test_nothing_known_is_taken_for_unknown(plain: Any) -> None:
    assert not values.has_unknown(plain)
    assert values.has_unknown([{"deep": [plain, values.UNKNOWN]}])


def test_whole_numbers_are_integers_again_and_others_stay_what_they_are() -> None:
    found = values.decode(values.encode({"port": 8080, "share": 0.5, "endless": math.inf}))
    assert found == {"port": 8080, "share": 0.5, "endless": math.inf}
    assert isinstance(found["port"], int)


def test_a_map_with_the_signature_of_something_else_than_a_secret_stays_a_map() -> None:
    asset = {values.SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "content"}
    assert values.decode(values.encode({"file": asset})) == {"file": asset}
