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

GOLDEN_PATH = "idp:index:"
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
        reference = companion.root.get(*key)
        if claimants := known.called(reference):
            for owner in claimants:
                found[id(owner)].certain.append(companion)
        elif reference.value is UNKNOWN or isinstance(reference.value, str):
            candidates, sure = known.by_place(companion)
            # Known text that is nobody's name may be that of an owner who has none yet.
            for owner in candidates if reference.value is UNKNOWN else filter(known.is_nameless, candidates):
                if sure:
                    found[id(owner)].certain.append(companion)
                else:
                    found[id(owner)].possible[:] = [Field(UNKNOWN)]
    return found


class Owners:
    """The resources of one kind, by what they are called and by where they stand."""

    def __init__(self, stack: Stack, kind: str) -> None:
        self.all = stack.of(kind)
        self._nameless = {id(owner) for owner in self.all if _waits(owner)}
        self._called: dict[str, list[Resource]] = {}
        self._beside: dict[tuple[str, ...], list[Resource]] = {}
        for owner in self.all:
            self._beside.setdefault(owner.ancestors, []).append(owner)
            for name in {owner.name, *_identities(owner)}:
                self._called.setdefault(name, []).append(owner)

    def called(self, reference: Field) -> list[Resource]:
        """Those that a known reference (a name, a URL, an ARN) refers to."""
        if not isinstance(reference.value, str):
            return []
        names = dict.fromkeys((reference.value, _last(reference.value)))
        return list({id(owner): owner for name in names if name for owner in self._called.get(name, ())}.values())

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
    if not isinstance(reference.value, str):
        return False
    known = {owner.name, *_identities(owner)} - {""}
    return reference.value in known or _last(reference.value) in known


def _last(text: str) -> str:
    return re.split("[/:]", text)[-1]


def _identities(resource: Resource) -> set[str]:
    values = (resource.root.get(key).value for key in _PHYSICAL)
    return {str(value) for value in values if isinstance(value, str) and value}


def _waits(owner: Resource) -> bool:
    return not _identities(owner) or any(owner.root.get(key).value is UNKNOWN for key in _PHYSICAL)
