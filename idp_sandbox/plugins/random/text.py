"""Random text: RandomPassword and RandomString."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

import bcrypt

from idp_sandbox.plugins.random.inputs import BadInput, Values, check_texts, flag, whole

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""Special characters where `overrideSpecial` names none (terraform-provider-random)."""
CLASSES = ("Lower", "Upper", "Numeric", "Special")
LONGEST = 10_000
BCRYPT_BYTES = 72
"""bcrypt looks at no more of a password; the official provider cuts there too."""
BCRYPT_ROUNDS = 10
"""The cost that the official provider has (terraform-provider-random: `bcrypt.DefaultCost`), a quarter of Python's default."""


def check(inputs: Values) -> Values:
    """Inputs with their defaults. `number` is the older name of `numeric`."""
    check_texts(inputs, {"overrideSpecial": "!?"})
    classes = {name.lower(): flag(inputs, name.lower(), True) for name in CLASSES}
    if "numeric" not in inputs:
        classes["numeric"] = flag(inputs, "number", True)
    minima = {f"min{name}": whole(inputs, f"min{name}", 0, LONGEST, 0) for name in CLASSES}
    length, least = whole(inputs, "length", 1, LONGEST), sum(minima.values())
    if least > length:
        raise BadInput("length", f"{length} is less than the minima together ({least}): use at least {least}, for example {max(least, 16)}")
    if not any(classes.values()):
        raise BadInput("lower", "no kind of character is allowed: set lower, upper, numeric or special to true, for example lower=true")
    return {**inputs, **classes, **minima, "number": classes["numeric"], "length": length}


def make(inputs: Mapping[str, Any]) -> str:
    """Characters of all allowed kinds, at least as many of each as asked for, in random order."""
    alphabets = {
        "Lower": string.ascii_lowercase,
        "Upper": string.ascii_uppercase,
        "Numeric": string.digits,
        "Special": inputs.get("overrideSpecial") or SPECIAL,
    }
    allowed = "".join(alphabet for name, alphabet in alphabets.items() if inputs[name.lower()])
    chosen = [secrets.choice(alphabet) for name, alphabet in alphabets.items() for _ in range(inputs[f"min{name}"])]
    chosen += [secrets.choice(allowed) for _ in range(inputs["length"] - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def password(text: str) -> Values:
    """Outputs of a password."""
    return {"result": text, "bcryptHash": bcrypt.hashpw(text.encode()[:BCRYPT_BYTES], bcrypt.gensalt(BCRYPT_ROUNDS)).decode()}
