"""The base of every spec: frozen plain values, and errors that name the place, the value, what is allowed and an example."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Self, get_args

import pydantic
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

LIBRARIES = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(pydantic.__file__).parents[1]}{os.sep}")
"""The folders of this library, and of what is installed beside pydantic: code there is no team's program."""
NAME_PATTERN = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
MAX_NAME_LENGTH = 40
"""Characters of a component's or team's name: leaves room in a DNS label (63, RFC 1123) for the suffixes of children."""
UNKNOWN_FIELD = "extra_forbidden"
"""pydantic's word for a field that a person invented: whatever its name looks like, it is no form of a union."""

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=MAX_NAME_LENGTH), Field(examples=["checkout"])]
PortNumber = Annotated[int, Field(ge=1, le=65535, strict=True, examples=[8080])]


class SpecError(Exception):
    """Bad input, refused before anything is registered. The message has one line per problem."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Spec(BaseModel):
    """What a team may say about one thing: plain values only, no unknown fields, never changed after it is made."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise SpecError(*problems(type(self), error, place=type(self).__name__, source=caller())) from None

    # Tells pydantic that nested values need not come through this __init__, so that an error keeps its whole path.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def parse(cls, data: Any, place: str) -> Self:
        """The spec in `data` (decoded JSON or YAML); `place` starts each problem. Raises SpecError."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise SpecError(*problems(cls, error, place=place)) from None


def check_name(name: Any, place: str) -> str:
    """The name if it can be a DNS label with room for suffixes; else SpecError."""
    if isinstance(name, str) and len(name) <= MAX_NAME_LENGTH and re.fullmatch(NAME_PATTERN, name):
        return name
    raise SpecError(
        f"{place}: {name!r} is not a usable name: use lower-case letters, digits and '-', start with a letter, "
        f"at most {MAX_NAME_LENGTH} characters, for example 'checkout'"
    )


def caller() -> str:
    """`file:line: ` of the place in the program that wrote a value; empty where none of its code runs."""
    frame = program_frame()
    return f"{line_of(frame.f_code.co_filename, frame.f_lineno)}: " if frame else ""


def program_frame() -> FrameType | None:
    """The innermost frame outside of this library and of what is installed: the line of the team's program that is being run."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(LIBRARIES):
        frame = frame.f_back
    return frame


def line_of(filename: str, number: int | None) -> str:
    """`file:line` as a person reads it from the current folder."""
    path = Path(filename)
    return f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name}:{number}"


def problems(model: type[BaseModel], error: ValidationError, *, place: str, source: str = "") -> list[str]:
    """One sentence per problem of a pydantic error."""
    return [f"{source}{_problem(model, place, item)}" for item in _meant(error)]


def located(model: type[BaseModel], error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """The same sentences, each with the place in the data that it is about."""
    return [(_place(item), _problem(model, "", item).lstrip(".: ")) for item in _meant(error)]


def _meant(error: ValidationError) -> list[dict[str, Any]]:
    """The errors, of each union only those of the form that was meant: pydantic reports every form that it tried."""
    chosen: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for reported in error.errors(include_url=False):
        item: dict[str, Any] = dict(reported)
        forms = item["loc"][:-1] if item["type"] == UNKNOWN_FIELD else item["loc"]
        branch = next((index for index, part in enumerate(forms) if _is_union_branch(part)), len(item["loc"]))
        place, best = item["loc"][:branch], chosen.get(item["loc"][:branch])
        if best is None or len(item["loc"]) > max(len(other["loc"]) for other in best):
            chosen[place] = [item]
        elif item["loc"][: branch + 1] == best[0]["loc"][: branch + 1]:
            best.append(item)
    return [item for items in chosen.values() for item in items]


def _problem(model: type[BaseModel], place: str, item: dict[str, Any]) -> str:
    loc = _place(item)
    where = place + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    owner, name, field = _field(model, item["loc"])
    if item["type"] == UNKNOWN_FIELD:
        names = list(owner.model_fields)
        near = difflib.get_close_matches(str(loc[-1]), names, n=1)
        return f"{where}: no such field; {f'did you mean {near[0]!r}? ' if near else ''}allowed: {', '.join(names)}"
    example = next(iter(field.examples or ()), None) if field else None
    hint = "" if example is None else f", for example {name}={example!r}"
    if item["type"] == "missing":
        return f"{where}: is required{hint}"
    shown = "" if field is None or not field.repr else f" {_short(item['input'])} is refused:"
    return f"{where}:{shown} {_allowed(item)}{hint}"


def _place(item: dict[str, Any]) -> tuple[str | int, ...]:
    last = item["loc"][-1:] if item["type"] == UNKNOWN_FIELD else ()
    return (*(part for part in item["loc"][: len(item["loc"]) - len(last)] if not _is_union_branch(part)), *last)


def _is_union_branch(part: object) -> bool:
    """pydantic adds the tried form of a union (`int`, `SecretKey`, `constrained-int`) to the path; people don't write it."""
    if not isinstance(part, str):
        return False
    return part in {"int", "str", "dict"} or "[" in part or "-" in part or (part[:1].isupper() and not part.isupper())


def _field(model: type[BaseModel], loc: tuple[Any, ...]) -> tuple[type[BaseModel], str, Any]:
    """The spec class, and the last field with its name, that a path leads through."""
    field, name = None, ""
    inner: list[type] = []
    for part in loc:
        if _is_union_branch(part):
            model = next((arg for arg in inner if issubclass(arg, BaseModel) and arg.__name__ == part), model)
            continue
        if not isinstance(part, str) or part not in model.model_fields:
            break
        name, field = part, model.model_fields[part]
        inner = [arg for arg in _classes(field.annotation) if isinstance(arg, type)]
        model = next((arg for arg in inner if issubclass(arg, BaseModel)), model)
    return model, name, field


def _classes(annotation: Any) -> Iterator[Any]:
    """What a field may hold, of a union each form."""
    yield annotation
    for part in get_args(annotation):
        yield from _classes(part)


def _allowed(item: dict[str, Any]) -> str:
    message = str(item["msg"])
    for prefix in ("Value error, ", "Input "):
        message = message.removeprefix(prefix)
    if item["type"] == "string_pattern_mismatch" and item["ctx"]["pattern"] == NAME_PATTERN:
        return "use lower-case letters, digits and '-', starting with a letter"
    return message[:1].lower() + message[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
