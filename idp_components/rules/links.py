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
    """Unknown references: each could lead to the resource."""


def companions(stack: Stack, owner: Resource, kinds: Iterable[str], *key: str) -> Companions:
    """The resources of some kinds whose property `key` refers to the owner."""
    found = Companions([], [])
    for companion in stack.of(*kinds):
        reference = companion.root.get(*key)
        if refers(reference, owner):
            found.certain.append(companion)
        elif reference.value is UNKNOWN or (isinstance(reference.value, str) and _unclaimed(reference, owner, stack)):
            belongs = _by_place(companion, owner, stack)
            if belongs:
                found.certain.append(companion)
            elif belongs is None:
                found.possible.append(Field(UNKNOWN))
    return found


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
    return reference.value in known or re.split("[/:]", reference.value)[-1] in known


def _identities(resource: Resource) -> set[str]:
    values = (resource.root.get(key).value for key in _PHYSICAL)
    return {str(value) for value in values if isinstance(value, str) and value}


def _unclaimed(reference: Field, owner: Resource, stack: Stack) -> bool:
    """Whether known text could be what the owner will be called: nobody else is, and what the owner is called isn't known yet."""
    waits = not _identities(owner) or any(owner.root.get(key).value is UNKNOWN for key in _PHYSICAL)
    return waits and not any(refers(reference, other) for other in stack.of(owner.aws))


def _by_place(companion: Resource, owner: Resource, stack: Stack) -> bool | None:
    """Whether the owner is the companion's; `None` where others may be."""
    owners = stack.of(owner.aws)
    beside = [other for other in owners if other.ancestors == companion.ancestors] or owners
    if owner not in beside:
        return False
    if len(beside) == 1:
        return True
    if companion.ancestors and companion.ancestors[-1].startswith(GOLDEN_PATH):
        named = [other for other in beside if companion.name.startswith(f"{other.name}-")]
        return bool(named) and max(named, key=lambda other: len(other.name)) is owner
    return None
