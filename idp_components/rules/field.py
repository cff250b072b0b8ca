"""Fields: reading a resource's properties so that null, wrong types and unknown values can't break a rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from idp_components.rules.regex import regex


class _Unknown:
    """The type of `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"  # a copy is the same


UNKNOWN: Final = _Unknown()
"""A value that only exists after an update, such as the address of a database that a preview has not created."""


class SecretText(str):
    """Text that may be judged but never printed: a message shows plain `str` only."""

    __slots__ = ()


_PRINTABLE = regex(r"[A-Za-z0-9_](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9_])?")


def shown(value: Any) -> str:
    """`value` in quotes if it looks like a name (63 characters at most) and is no secret, otherwise empty."""
    return f'"{value}"' if type(value) is str and _PRINTABLE.fullmatch(value) else ""


class Problem:
    """One place that a rule objects to, or can't judge yet because a value that decides is unknown."""

    __slots__ = ("field", "message", "undecided")

    def __init__(self, field: Field, message: str, undecided: bool) -> None:
        self.field = field
        self.message = message
        self.undecided = undecided

    @property
    def missing(self) -> bool:
        """Whether the objection is that something is unset; a patch may leave out anything."""
        return self.field.value is None


class Field:
    """A value and where it stands. Missing, null and unreachable are all `None`; whatever lies below an unknown is unknown."""

    __slots__ = ("key", "parent", "value")

    def __init__(self, value: Any, key: str | int = "", parent: Field | None = None) -> None:
        self.value = value
        self.key = key
        self.parent = parent

    def get(self, *keys: str) -> Field:
        """The field below, one key per level."""
        field, value = self, self.value
        for key in keys:
            if value is not UNKNOWN:
                value = value.get(key) if isinstance(value, dict) else None
            field = Field(value, key, field)
        return field

    def items(self) -> Iterator[Field]:
        """The elements of a list; of an unknown list one unknown element, so that a rule can't pass it by."""
        if self.value is UNKNOWN:
            yield Field(UNKNOWN, 0, self)
        elif isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Field(value, index, self)

    def entries(self, prefix: str = "") -> Iterator[Field]:
        """The members of an object whose key starts with `prefix`; of an unknown object the object itself."""
        if self.value is UNKNOWN:
            yield self
        elif isinstance(self.value, dict):
            for key, value in self.value.items():
                if isinstance(key, str) and key.startswith(prefix):
                    yield Field(value, key, self)

    def problem(self, message: str, *decisive: Field) -> Problem:
        """An objection to this field. It is undecided where this or another `decisive` field is unknown.

        A rule therefore compares with what is allowed: `UNKNOWN` equals nothing, ends up here, and is never a silent pass.
        """
        undecided = self.value is UNKNOWN or any(field.value is UNKNOWN for field in decisive)
        return Problem(self, message, undecided)

    @property
    def keys(self) -> tuple[str | int, ...]:
        """The way here from the root: `("spec", "containers", 0, "image")`."""
        return tuple(field.key for field in self._from_root())

    def place(self, below: Field) -> str:
        """For people, relative to `below` where that is an ancestor: `initContainers[0] "migrate" securityContext.privileged`."""
        parts: list[str] = []
        for field in self._from_root():
            if field is below:
                parts.clear()
                continue
            parts.append(_step(field.key))
            if isinstance(field.key, int) and isinstance(field.value, dict) and (name := shown(field.value.get("name"))):
                parts.append(f" {name} ")
        return _joined(parts).strip()

    def _from_root(self) -> list[Field]:
        chain: list[Field] = []
        field: Field | None = self
        while field is not None and field.parent is not None:
            chain.append(field)
            field = field.parent
        return chain[::-1]


def path(keys: Iterable[str | int]) -> str:
    """Keys as one text for machines: `spec.template.spec.initContainers[0].securityContext.privileged`."""
    return _joined([_step(key) for key in keys])


@lru_cache(1000)  # few keys, again and again
def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if key.replace("-", "_").isidentifier() else f'["{key}"]'


def _joined(parts: list[str]) -> str:
    return "".join(parts).replace(" .", " ").removeprefix(".")
