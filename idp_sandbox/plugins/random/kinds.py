"""What each random resource accepts and makes. Pure but for the randomness; names and defaults are the SDK's."""

from __future__ import annotations

import base64
import random
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bcrypt

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""Special characters of a password where `overrideSpecial` names none (terraform-provider-random)."""
ADJECTIVES = (
    "brave",
    "calm",
    "clever",
    "eager",
    "fair",
    "gentle",
    "happy",
    "keen",
    "kind",
    "lively",
    "merry",
    "noble",
    "proud",
    "quick",
    "wise",
)
ADVERBS = (
    "actually",
    "boldly",
    "calmly",
    "clearly",
    "duly",
    "gladly",
    "happily",
    "kindly",
    "lightly",
    "newly",
    "promptly",
    "quietly",
    "really",
)
ANIMALS = (
    "badger",
    "beaver",
    "crane",
    "dolphin",
    "falcon",
    "ferret",
    "heron",
    "ibex",
    "lynx",
    "marten",
    "otter",
    "puffin",
    "raven",
    "seal",
    "wren",
)
BCRYPT_BYTES = 72
"""bcrypt looks at no more of a password."""

Values = dict[str, Any]


class BadInput(Exception):
    """An input that can't be: `place` is the property, the message says what is allowed."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class RandomKind:
    """One resource type."""

    check: Callable[[Values], Values]
    """The inputs with their defaults. Raises BadInput."""
    make: Callable[[Values], tuple[str, Values]]
    """A new id, and the outputs beside the inputs."""
    adopt: Callable[[str], Values]
    """Outputs of an imported id."""
    secret: tuple[str, ...] = ()
    """Outputs that are secrets."""


def _whole(inputs: Mapping[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    value = inputs.get(name, default)
    if value is None:
        raise BadInput(name, f"is required, for example {name}={max(low, 16)}")
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(name, f"{value!r} is refused: use a whole number from {low} to {high}, for example {max(low, min(16, high))}")
    return value


def _check_text(inputs: Values) -> Values:
    """Inputs of RandomPassword and RandomString."""
    classes = {name: inputs.get(name, True) for name in ("lower", "upper", "numeric", "special")}
    classes["numeric"] = inputs.get("numeric", inputs.get("number", True))
    minima = {name: _whole(inputs, name, 0, 10_000, 0) for name in ("minLower", "minUpper", "minNumeric", "minSpecial")}
    length = _whole(inputs, "length", 1, 10_000)
    if sum(minima.values()) > length:
        raise BadInput("length", f"{length} is less than the minima together ({sum(minima.values())}): use at least {sum(minima.values())}")
    if not any(classes.values()):
        raise BadInput("lower", "no kind of character is allowed: set lower, upper, numeric or special to true")
    return {**inputs, **classes, **minima, "number": classes["numeric"], "length": length}


def _alphabets(inputs: Mapping[str, Any]) -> dict[str, str]:
    special = inputs.get("overrideSpecial") or SPECIAL
    return {"Lower": string.ascii_lowercase, "Upper": string.ascii_uppercase, "Numeric": string.digits, "Special": special}


def _text(inputs: Mapping[str, Any]) -> str:
    """Characters of all allowed kinds, at least as many of each as asked for, in random order."""
    alphabets = _alphabets(inputs)
    allowed = "".join(alphabet for name, alphabet in alphabets.items() if inputs[name.lower()])
    chosen = [secrets.choice(alphabet) for name, alphabet in alphabets.items() for _ in range(inputs[f"min{name}"])]
    chosen += [secrets.choice(allowed) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _adopt_text(text: str) -> Values:
    return {"result": text, "length": len(text)}


def _password(text: str) -> Values:
    return {"result": text, "bcryptHash": bcrypt.hashpw(text.encode()[:BCRYPT_BYTES], bcrypt.gensalt()).decode()}


def _make_string(inputs: Values) -> tuple[str, Values]:
    text = _text(inputs)
    return text, {"result": text}


def _check_bytes(name: str) -> Callable[[Values], Values]:
    return lambda inputs: {**inputs, name: _whole(inputs, name, 1, 65_536)}


def _make_bytes(inputs: Values) -> tuple[str, Values]:
    raw = secrets.token_bytes(inputs["length"])
    return "none", _encoded(raw)


def _encoded(raw: bytes) -> Values:
    return {"base64": base64.b64encode(raw).decode(), "hex": raw.hex()}


def _adopt_bytes(text: str) -> Values:
    raw = base64.b64decode(text, validate=True)
    return {**_encoded(raw), "length": len(raw)}


def _id_outputs(raw: bytes, prefix: str) -> Values:
    return {
        "b64Url": prefix + base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
        "b64Std": prefix + base64.b64encode(raw).decode(),
        "hex": prefix + raw.hex(),
        "dec": prefix + str(int.from_bytes(raw)),
    }


def _make_id(inputs: Values) -> tuple[str, Values]:
    raw = secrets.token_bytes(inputs["byteLength"])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), _id_outputs(raw, inputs.get("prefix") or "")


def _adopt_id(text: str) -> Values:
    prefix, _, encoded = text.rpartition(",")
    raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return {**_id_outputs(raw, prefix), "byteLength": len(raw), **({"prefix": prefix} if prefix else {})}


def _check_pet(inputs: Values) -> Values:
    separator = inputs.get("separator", "-")
    return {**inputs, "length": _whole(inputs, "length", 1, 20, 2), "separator": separator}


def _make_pet(inputs: Values) -> tuple[str, Values]:
    words = [secrets.choice(ANIMALS)]
    if inputs["length"] > 1:
        words.insert(0, secrets.choice(ADJECTIVES))
    words = [secrets.choice(ADVERBS) for _ in range(inputs["length"] - len(words))] + words
    if inputs.get("prefix"):
        words.insert(0, inputs["prefix"])
    return inputs["separator"].join(words), {}


def _check_integer(inputs: Values) -> Values:
    low, high = (_whole(inputs, name, -(2**53), 2**53) for name in ("min", "max"))
    if low > high:
        raise BadInput("max", f"{high} is below min={low}: use at least {low}")
    return {**inputs, "min": low, "max": high}


def _make_integer(inputs: Values) -> tuple[str, Values]:
    result = _seeded(inputs).randint(inputs["min"], inputs["max"])
    return str(result), {"result": result}


def _adopt_integer(text: str) -> Values:
    result, low, high, *seed = (part.strip() for part in text.split(","))
    return {"result": int(result), "min": int(low), "max": int(high), **({"seed": seed[0]} if seed else {})}


def _check_shuffle(inputs: Values) -> Values:
    if not isinstance(inputs.get("inputs"), list) or not inputs["inputs"]:
        raise BadInput("inputs", "is required: a list of strings, for example ['a', 'b']")
    return inputs


def _make_shuffle(inputs: Values) -> tuple[str, Values]:
    items, count = inputs["inputs"], inputs.get("resultCount")
    chance, results = _seeded(inputs), list[Any]()
    wanted = len(items) if count is None else count
    while len(results) < wanted:  # more than there are: every item again, in another order
        results += chance.sample(items, len(items))
    return "-", {"results": results[:wanted]}


def _seeded(inputs: Mapping[str, Any]) -> random.Random:
    """Repeatable where a seed is asked for; unpredictable else."""
    seed = inputs.get("seed")
    return random.Random(seed) if seed else secrets.SystemRandom()  # noqa: S311  a seed asks for exactly that


def _make_uuid(_: Values) -> tuple[str, Values]:
    made = str(uuid.uuid4())
    return made, {"result": made}


def _adopt_uuid(text: str) -> Values:
    return {"result": str(uuid.UUID(text))}


def _no_adoption(text: str) -> Values:
    raise ValueError(f"{text!r}: this resource can't be imported; declare it, and it makes a new value")


def _as_it_is(inputs: Values) -> Values:
    return inputs


KINDS: Mapping[str, RandomKind] = {
    "random:index/randomPassword:RandomPassword": RandomKind(
        _check_text,
        lambda inputs: ("none", _password(_text(inputs))),
        lambda text: {**_password(text), "length": len(text)},
        ("result", "bcryptHash"),
    ),
    "random:index/randomString:RandomString": RandomKind(_check_text, _make_string, _adopt_text),
    "random:index/randomBytes:RandomBytes": RandomKind(_check_bytes("length"), _make_bytes, _adopt_bytes, ("base64", "hex")),
    "random:index/randomId:RandomId": RandomKind(_check_bytes("byteLength"), _make_id, _adopt_id),
    "random:index/randomPet:RandomPet": RandomKind(_check_pet, _make_pet, _no_adoption),
    "random:index/randomInteger:RandomInteger": RandomKind(_check_integer, _make_integer, _adopt_integer),
    "random:index/randomUuid:RandomUuid": RandomKind(_as_it_is, _make_uuid, _adopt_uuid),
    "random:index/randomShuffle:RandomShuffle": RandomKind(_check_shuffle, _make_shuffle, _no_adoption),
}
