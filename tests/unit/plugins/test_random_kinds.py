"""What each kind of random resource accepts and makes, without an engine."""

import base64
import inspect
import string
import uuid
from typing import Any

import bcrypt
import pulumi
import pulumi_random
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from idp_sandbox.plugins.random import text
from idp_sandbox.plugins.random.inputs import BadInput, keepers
from idp_sandbox.plugins.random.kinds import KINDS

RESOURCES = {
    resource.pulumi_type: resource
    for resource in vars(pulumi_random).values()
    if inspect.isclass(resource) and issubclass(resource, pulumi.CustomResource)
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "RandomPassword": {"length": 8},
    "RandomString": {"length": 8},
    "RandomBytes": {"length": 8},
    "RandomId": {"byteLength": 8},
    "RandomInteger": {"min": 1, "max": 9},
    "RandomShuffle": {"inputs": ["a", "b"]},
}
COUNTS = st.integers(0, 12)


def kind(name: str) -> Any:
    return next(found for token, found in KINDS.items() if token.endswith(f":{name}"))


def make(name: str, **inputs: Any) -> dict[str, Any]:
    identity, outputs = kind(name).make(kind(name).check(inputs))
    return {"id": identity, **outputs}


def refused(name: str, **inputs: Any) -> str:
    with pytest.raises(BadInput) as caught:
        kind(name).check(inputs)
    return f"{caught.value.place}: {caught.value}"


def test_every_type_of_the_sdk_is_served() -> None:
    assert {token for token in RESOURCES if not token.startswith("pulumi:")} == set(KINDS)


@pytest.mark.parametrize("token", sorted(KINDS))
def test_every_output_of_the_sdk_is_made(token: str) -> None:
    resource = RESOURCES[token]
    names = {
        member.fget._pulumi_name
        for member in vars(resource).values()
        if isinstance(member, property) and hasattr(member.fget, "_pulumi_name")
    }
    inputs = KINDS[token].check(EXAMPLES.get(token.rsplit(":", 1)[-1], {}))
    made = {**inputs, **KINDS[token].make(inputs)[1]}
    optional = {"keepers", "prefix", "seed", "resultCount", "overrideSpecial"}
    assert names - made.keys() <= optional
    assert made.keys() <= names


@given(st.fixed_dictionaries({f"min{name}": COUNTS for name in text.CLASSES}), st.integers(0, 30), st.sets(st.sampled_from(text.CLASSES)))
def test_text_has_its_length_the_minima_and_only_allowed_characters(minima: dict[str, int], more: int, allowed: set[str]) -> None:
    length = sum(minima.values()) + more
    assume(length and allowed)
    made = make("RandomString", length=length, **minima, **{name.lower(): name in allowed for name in text.CLASSES})["result"]
    alphabets = {"Lower": string.ascii_lowercase, "Upper": string.ascii_uppercase, "Numeric": string.digits, "Special": text.SPECIAL}
    counts = {name: sum(character in alphabet for character in made) for name, alphabet in alphabets.items()}
    assert sum(counts.values()) == len(made) == length
    assert all(counts[name] >= minima[f"min{name}"] for name in counts)
    assert all(counts[name] == minima[f"min{name}"] for name in counts.keys() - allowed)


def test_special_characters_are_those_named() -> None:
    only = {"lower": False, "upper": False, "numeric": False, "overrideSpecial": "§"}
    assert make("RandomString", length=5, **only)["result"] == "§§§§§"


def test_the_older_name_of_numeric_counts_unless_the_newer_one_is_given() -> None:
    check = kind("RandomString").check
    assert check({"length": 1, "number": False})["numeric"] is False
    assert check({"length": 1, "number": False, "numeric": True})["number"] is True


@pytest.mark.parametrize("length", [8, 72, 100])
def test_the_hash_of_a_password_is_one_that_bcrypt_accepts(length: int) -> None:
    made = make("RandomPassword", length=length)
    assert bcrypt.checkpw(made["result"].encode()[: text.BCRYPT_BYTES], made["bcryptHash"].encode())
    assert made["id"] == "none"


def test_secret_outputs_are_those_that_the_sdk_marks() -> None:
    assert {token.rsplit(":", 1)[-1]: found.secret for token, found in KINDS.items() if found.secret} == {
        "RandomPassword": ("result", "bcryptHash"),
        "RandomBytes": ("base64", "hex"),
    }


@given(st.integers(1, 64), st.sampled_from(["", "web-"]))
def test_all_forms_of_an_id_say_the_same_and_it_can_be_imported(length: int, prefix: str) -> None:
    made = make("RandomId", byteLength=length, **({"prefix": prefix} if prefix else {}))
    raw = bytes.fromhex(made["hex"].removeprefix(prefix))
    assert len(raw) == length
    assert int(made["dec"].removeprefix(prefix)) == int.from_bytes(raw)
    assert base64.b64decode(made["b64Std"].removeprefix(prefix)) == raw
    assert base64.urlsafe_b64decode(made["b64Url"].removeprefix(prefix) + "==") == raw
    adopted = kind("RandomId").adopt(f"{prefix},{made['id']}" if prefix else made["id"])
    assert {key: adopted[key] for key in made if key != "id"} == {key: made[key] for key in made if key != "id"}
    assert adopted["byteLength"] == length


@given(st.integers(1, 64))
def test_bytes_can_be_imported_by_their_base64(length: int) -> None:
    made = make("RandomBytes", length=length)
    assert kind("RandomBytes").adopt(made["base64"]) == {"base64": made["base64"], "hex": made["hex"], "length": length}


@given(st.integers(1, 20), st.sampled_from(["-", "_", "."]))
def test_a_pet_has_as_many_words_as_asked_for(length: int, separator: str) -> None:
    assert len(make("RandomPet", length=length, separator=separator)["id"].split(separator)) == length
    assert make("RandomPet", length=length, separator=separator, prefix="my")["id"].startswith(f"my{separator}")


@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53))
def test_an_integer_lies_between_its_bounds(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert low <= make("RandomInteger", min=low, max=high)["result"] <= high


@given(st.lists(st.text()), st.integers(0, 40), st.none() | st.text(min_size=1))
def test_a_shuffle_has_every_item_equally_often(items: list[str], count: int, seed: str | None) -> None:
    seeded = {} if seed is None else {"seed": seed}
    everything = make("RandomShuffle", inputs=items, **seeded)["results"]
    assert sorted(everything) == sorted(items)
    some = make("RandomShuffle", inputs=items, resultCount=count, **seeded)["results"]
    assert len(some) == (count if items else 0)
    assert all(sorted(some[start : start + len(items)]) == sorted(items) for start in range(0, len(some) - len(items) + 1, len(items) or 1))


@given(st.text(min_size=1))
def test_a_seed_makes_the_same_value_again(seed: str) -> None:
    assert make("RandomInteger", min=0, max=10**9, seed=seed) == make("RandomInteger", min=0, max=10**9, seed=seed)
    assert make("RandomShuffle", inputs=list("abcdefgh"), seed=seed) == make("RandomShuffle", inputs=list("abcdefgh"), seed=seed)


@pytest.mark.parametrize(("name", "version"), [("RandomUuid", 4), ("RandomUuid4", 4), ("RandomUuid7", 7)])
def test_a_uuid_is_of_its_version_and_of_the_standards_variant(name: str, version: int) -> None:
    made = make(name)
    assert uuid.UUID(made["result"]).version == version
    assert uuid.UUID(made["result"]).variant == uuid.RFC_4122
    assert kind(name).adopt(made["id"]) == {"result": made["id"]}


def test_values_differ_from_one_resource_to_the_next() -> None:
    for name in ("RandomPassword", "RandomString", "RandomBytes", "RandomId", "RandomUuid", "RandomUuid7"):
        enough = {"byteLength": 16} if name == "RandomId" else {"length": 16}
        first, second = (make(name, **enough) for _ in range(2))
        assert not {value for key, value in first.items() if key != "id"} & {value for key, value in second.items() if key != "id"}


def test_bad_input_names_property_value_what_is_allowed_and_an_example() -> None:
    assert refused("RandomPassword") == "length: is required: a whole number from 1 to 10000, for example 16"
    assert refused("RandomString", length="8") == "length: '8' is refused: use a whole number from 1 to 10000, for example 16"
    assert refused("RandomString", length=True) == "length: True is refused: use a whole number from 1 to 10000, for example 16"
    assert refused("RandomString", length=3, minUpper=4) == (
        "length: 3 is less than the minima together (4): use at least 4, for example 16"
    )
    assert refused("RandomString", length=3, special="no") == "special: 'no' is refused: use true or false, for example true"
    assert refused("RandomString", length=3, overrideSpecial=1) == "overrideSpecial: 1 is refused: use text, for example '!?'"
    nothing = {name.lower(): False for name in text.CLASSES}
    assert refused("RandomString", length=3, **nothing).startswith("lower: no kind of character is allowed: set lower, upper")
    assert refused("RandomId", byteLength=0) == "byteLength: 0 is refused: use a whole number from 1 to 65536, for example 16"
    assert refused("RandomInteger", min=5, max=1) == "max: 1 is below min=5: use at least 5, for example 5"
    assert refused("RandomPet", separator=1) == "separator: 1 is refused: use text, for example '-'"
    assert refused("RandomShuffle") == "inputs: is required: a list of texts, for example ['a', 'b']"
    assert refused("RandomShuffle", inputs=["a"], resultCount=-1).startswith("resultCount: -1 is refused")


def test_keepers_are_texts_and_numbers_become_some() -> None:
    assert keepers({"keepers": {"a": 1, "b": True, "c": "x"}}) == {"keepers": {"a": "1", "b": "true", "c": "x"}}
    assert keepers({"length": 1}) == {"length": 1}
    with pytest.raises(BadInput, match=r"for example \{'version': '1'\}"):
        keepers({"keepers": ["a"]})


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("RandomInteger", "7"),
        ("RandomInteger", "a,1,2"),
        ("RandomUuid", "no"),
        ("RandomId", "!!"),
        ("RandomBytes", "!"),
        ("RandomPet", "a-b"),
    ],
)
def test_an_id_that_cannot_be_imported_is_refused(name: str, identity: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the reason is Python's own for most
        kind(name).adopt(identity)
