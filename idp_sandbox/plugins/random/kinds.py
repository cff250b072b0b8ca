"""What each random resource accepts and makes. Names and defaults are the SDK's."""

from __future__ import annotations

import base64
import random
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp_sandbox.plugins.random import text
from idp_sandbox.plugins.random.inputs import LARGEST, BadInput, Values, check_texts, whole
from idp_sandbox.plugins.random.words import ADJECTIVES, ADVERBS, ANIMALS

MOST_BYTES = 65_536
LONGEST_PET = 20
"""Words; more make no name."""


@dataclass(frozen=True)
class RandomKind:
    """One resource type."""

    check: Callable[[Values], Values]
    """The inputs with their defaults. Raises BadInput."""
    make: Callable[[Values], tuple[str, Values]]
    """A new id, and the outputs beside the inputs."""
    adopt: Callable[[str], Values]
    """Inputs and outputs of an imported id. Raises ValueError."""
    secret: tuple[str, ...] = ()
    """Outputs that are secrets; the id of such a resource tells nothing."""
    example: str = ""
    """An id that can be imported."""

    @property
    def like(self) -> str:
        """The end of a sentence about an id."""
        return f"; use one like {self.example}" if self.example else ""


def _make_string(inputs: Values) -> tuple[str, Values]:
    made = text.make(inputs)
    return made, {"result": made}


def _adopt_string(identity: str) -> Values:
    return {"result": identity, "length": len(identity)}


def _adopt_password(identity: str) -> Values:
    return {**text.password(identity), "length": len(identity)}


def _check_bytes(name: str) -> Callable[[Values], Values]:
    def check(inputs: Values) -> Values:
        check_texts(inputs, {"prefix": "web-"})
        return {**inputs, name: whole(inputs, name, 1, MOST_BYTES)}

    return check


def _bytes_outputs(raw: bytes) -> Values:
    return {"base64": base64.b64encode(raw).decode(), "hex": raw.hex()}


def _adopt_bytes(identity: str) -> Values:
    raw = base64.b64decode(identity, validate=True)
    return {**_bytes_outputs(raw), "length": len(raw)}


def _id_outputs(raw: bytes, prefix: str) -> Values:
    return {
        "b64Url": prefix + _url_safe(raw),
        "b64Std": prefix + base64.b64encode(raw).decode(),
        "hex": prefix + raw.hex(),
        "dec": prefix + str(int.from_bytes(raw)),
    }


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _make_id(inputs: Values) -> tuple[str, Values]:
    raw = secrets.token_bytes(inputs["byteLength"])
    return _url_safe(raw), _id_outputs(raw, inputs.get("prefix", ""))


def _adopt_id(identity: str) -> Values:
    prefix, _, encoded = identity.rpartition(",")
    raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    return {**_id_outputs(raw, prefix), "byteLength": len(raw), **({"prefix": prefix} if prefix else {})}


def _check_pet(inputs: Values) -> Values:
    check_texts(inputs, {"separator": "-", "prefix": "web"})
    return {**inputs, "length": whole(inputs, "length", 1, LONGEST_PET, 2), "separator": inputs.get("separator", "-")}


def _make_pet(inputs: Values) -> tuple[str, Values]:
    words = [secrets.choice(ANIMALS)]
    if inputs["length"] > 1:
        words.insert(0, secrets.choice(ADJECTIVES))
    words = [secrets.choice(ADVERBS) for _ in range(inputs["length"] - len(words))] + words
    if inputs.get("prefix"):
        words.insert(0, inputs["prefix"])
    return inputs["separator"].join(words), {}


def _check_integer(inputs: Values) -> Values:
    check_texts(inputs, {"seed": "42"})
    low, high = (whole(inputs, name, -LARGEST, LARGEST) for name in ("min", "max"))
    if low > high:
        raise BadInput("max", f"{high} is below min={low}: use at least {low}, for example {low}")
    return {**inputs, "min": low, "max": high}


def _make_integer(inputs: Values) -> tuple[str, Values]:
    result = _chance(inputs).randint(inputs["min"], inputs["max"])
    return str(result), {"result": result}


def _adopt_integer(identity: str) -> Values:
    parts = identity.split(",")
    if len(parts) not in (3, 4):
        raise ValueError("it has to be RESULT,MIN,MAX or RESULT,MIN,MAX,SEED")
    result, low, high = (int(part) for part in parts[:3])
    return {"result": result, "min": low, "max": high, **({"seed": parts[3]} if parts[3:] else {})}


def _check_shuffle(inputs: Values) -> Values:
    check_texts(inputs, {"seed": "42"})
    items = inputs.get("inputs")
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BadInput("inputs", "is required: a list of texts, for example ['a', 'b']")
    return {**inputs, **({"resultCount": whole(inputs, "resultCount", 0, MOST_BYTES)} if "resultCount" in inputs else {})}


def _make_shuffle(inputs: Values) -> tuple[str, Values]:
    items: list[str] = inputs["inputs"]
    chance, results = _chance(inputs), list[str]()
    wanted = inputs.get("resultCount", len(items)) if items else 0
    while len(results) < wanted:  # more than there are: every item again, in another order
        results += chance.sample(items, len(items))
    return "-", {"results": results[:wanted]}


def _chance(inputs: Mapping[str, Any]) -> random.Random:
    """Repeatable where a seed is asked for, though not with the official provider's results; unpredictable else."""
    seed = inputs.get("seed")
    return random.Random(seed) if seed else secrets.SystemRandom()  # noqa: S311  a seed asks for exactly that


def _uuid7() -> uuid.UUID:
    """Milliseconds since 1970, then chance (RFC 9562, 5.7)."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return uuid.UUID(int=number & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x7000 << 64 | 0x8000 << 48)


def _uuids(new: Callable[[], uuid.UUID]) -> RandomKind:
    def make(_: Values) -> tuple[str, Values]:
        made = str(new())
        return made, {"result": made}

    return RandomKind(
        lambda inputs: inputs, make, lambda identity: {"result": str(uuid.UUID(identity))}, example="aabbccdd-eeff-0011-2233-445566778899"
    )


def _no_adoption(_: str) -> Values:
    raise ValueError("this kind of resource can't be imported; declare it, and it makes a new value")


KINDS: Mapping[str, RandomKind] = {
    "random:index/randomPassword:RandomPassword": RandomKind(
        text.check, lambda inputs: ("none", text.password(text.make(inputs))), _adopt_password, ("result", "bcryptHash"), "a8F!kP2x"
    ),
    "random:index/randomString:RandomString": RandomKind(text.check, _make_string, _adopt_string, example="a8FkP2x"),
    "random:index/randomBytes:RandomBytes": RandomKind(
        _check_bytes("length"),
        lambda inputs: ("none", _bytes_outputs(secrets.token_bytes(inputs["length"]))),
        _adopt_bytes,
        ("base64", "hex"),
    ),
    "random:index/randomId:RandomId": RandomKind(_check_bytes("byteLength"), _make_id, _adopt_id, example="p-9hUg or my-prefix-,p-9hUg"),
    "random:index/randomPet:RandomPet": RandomKind(_check_pet, _make_pet, _no_adoption),
    "random:index/randomInteger:RandomInteger": RandomKind(_check_integer, _make_integer, _adopt_integer, example="15390,1,50000"),
    "random:index/randomUuid:RandomUuid": _uuids(uuid.uuid4),
    "random:index/randomUuid4:RandomUuid4": _uuids(uuid.uuid4),
    "random:index/randomUuid7:RandomUuid7": _uuids(_uuid7),
    "random:index/randomShuffle:RandomShuffle": RandomKind(_check_shuffle, _make_shuffle, _no_adoption),
}
