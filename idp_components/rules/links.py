"""Links: which resource of a stack belongs to which other one, as far as that is known before an update.

The reference of a companion (a bucket's policy, a queue's) is text once its owner exists, and unknown in the preview that makes it.
Then place decides: what stands beside one owner alone is that owner's, and inside a golden path the parts bear its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Resource, Stack
from idp_components.rules.regex import regex
from idp_components.rules.values import one_or_many

GOLDEN_PATH = "idp:index:"
_ARN = regex(r"arn(?::[^:]*){4}:[^/:]*[/:](?P<name>.+)")
_SECRET = regex(r"arn:[^:]*:secretsmanager(?::[^:]*){2}:secret:(?P<name>.+)-[A-Za-z0-9]{6}")
_PHYSICAL = ("id", "arn", "bucket", "name", "url", "identifier", "clusterIdentifier")


@dataclass(frozen=True)
class Companions:
    """What belongs to a resource, and what may."""

    certain: list[Resource]
    possible: list[Field]
    """What makes a problem undecided: an unknown reference that could lead to the resource."""


def companions(stack: Stack, owner: Resource, kinds: Iterable[str], *key: str) -> Companions:
    """The resources of some kinds whose property `key` refers to the owner."""
    return stack.once(_companions, owner.aws, tuple(kinds), key).get(id(owner)) or Companions([], [])


def _companions(stack: Stack, owners: str, kinds: tuple[str, ...], key: tuple[str, ...]) -> dict[int, Companions]:
    """What belongs to each owner of one kind, by its `id()`."""
    known = stack.once(Owners, owners)
    found = {id(owner): Companions([], []) for owner in known.all}
    for companion in stack.of(*kinds):
        for reference in _below(companion.root, key):
            belongs, sure = known.of(companion, reference)
            for owner in belongs:
                if sure:
                    found[id(owner)].certain.append(companion)
                else:
                    found[id(owner)].possible[:] = [Field(UNKNOWN)]
    return found


def _below(root: Field, keys: Iterable[str]) -> list[Field]:
    """What stands under some keys; where there is a list on the way, under those of each element."""
    found = [root]
    for key in keys:
        found = [each for above in found for each in one_or_many(above.get(key))]
    return found


class Owners:
    """The resources of one kind, by what they are called and by where they stand."""

    def __init__(self, stack: Stack, kind: str) -> None:
        self.all = stack.of(kind)
        self._nameless = {id(owner) for owner in self.all if _waits(owner)}
        self._called: dict[str, list[Resource]] = {}
        self._in_program: dict[str, list[Resource]] = {}
        self._beside: dict[tuple[str, ...], list[Resource]] = {}
        for owner in self.all:
            self._beside.setdefault(owner.ancestors, []).append(owner)
            self._in_program.setdefault(owner.name, []).append(owner)
            for name in _identities(owner):
                self._called.setdefault(name, []).append(owner)

    def of(self, companion: Resource, reference: Field) -> tuple[list[Resource], bool]:
        """Those that a companion's reference is to, or may be to, and whether it is."""
        if claimants := self.called(reference):
            return claimants, True
        if reference.value is not UNKNOWN and not isinstance(reference.value, str):
            return [], False
        candidates, sure = self.by_place(companion)
        # Known text that is nobody's name may be that of an owner who has none yet.
        return [owner for owner in candidates if reference.value is UNKNOWN or self.is_nameless(owner)], sure

    def called(self, reference: Field) -> list[Resource]:
        """Those that a known reference (a name, a URL, an ARN) refers to; a name at AWS goes before the same one in the program."""
        kinds = (self._called, self._in_program)
        found = (owners for name in _names_in(reference) for known in kinds if (owners := known.get(name)))
        return next(found, [])

    def is_nameless(self, owner: Resource) -> bool:
        """Whether it isn't known yet what an owner will be called."""
        return id(owner) in self._nameless

    def by_place(self, companion: Resource) -> tuple[list[Resource], bool]:
        """The owner of a companion, as far as its place says so, and whether it does."""
        beside = self._beside.get(companion.ancestors) or self.all
        if len(beside) > 1 and companion.ancestors and companion.ancestors[-1].startswith(GOLDEN_PATH):
            named = [owner for owner in beside if companion.name.startswith(f"{owner.name}-")]
            return sorted(named, key=lambda owner: len(owner.name))[-1:], True
        return beside, len(beside) == 1


def judged(
    owner: Resource, found: Companions, problems: Callable[[Resource], Iterator[Problem]], message: str
) -> Iterator[tuple[Resource, Problem]]:
    """The problems of the companions, unless one of them is in order; with no companion at all `message` about the owner."""
    judgements = [(companion, list(problems(companion))) for companion in found.certain]
    if judgements and all(said for _, said in judgements):
        yield from ((companion, problem) for companion, said in judgements for problem in said)
    elif not judgements:
        yield owner, owner.root.problem(message, *found.possible)


def refers(reference: Field, owner: Resource) -> bool:
    """Whether a known reference (a name, a URL, an ARN) is that of the owner."""
    known = {owner.name, *_identities(owner)}
    return any(name in known for name in _names_in(reference))


def _names_in(reference: Field) -> Iterator[str]:
    """What a known reference may call its owner, the surest first. An ARN of a repository ends with `repository/shop/api`: that is
    `shop/api` before it is the `api` of somebody else. A secret's ends with six characters that Secrets Manager adds."""
    text = reference.value if isinstance(reference.value, str) else ""
    in_arn = (match["name"] for pattern in (_ARN, _SECRET) if (match := pattern.fullmatch(text)))
    yield from filter(None, (text, *in_arn, re.split("[/:]", text)[-1]))


def _identities(resource: Resource) -> set[str]:
    values = (resource.root.get(key).value for key in _PHYSICAL)
    return {str(value) for value in values if isinstance(value, str) and value}


def _waits(owner: Resource) -> bool:
    return not _identities(owner) or any(owner.root.get(key).value is UNKNOWN for key in _PHYSICAL)
