"""An index: the few objects of a stack that may belong to another, so that a stack of a thousand services is judged in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from idp_components.rules.field import Field
from idp_components.rules.model import Resource, Stack
from idp_components.rules.selectors import agree, every, same, selects, some
from idp_components.rules.stack.matching import labels_beside, labels_of, may_be_given, workloads

Key = tuple[str, ...]
Match = tuple[Resource, bool | None]
"""A resource, and whether it belongs: yes, or `None` where an unknown value decides. What surely doesn't belong isn't listed."""


def key(*values: object) -> Key | None:
    """A key; none where a part of it isn't known, or is no text."""
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(values) else None


class Index:
    """Resources by their keys. One with a key that isn't known is found under every key."""

    def __init__(self, resources: Iterable[Resource], keys_of: Callable[[Resource], list[Key | None]]) -> None:
        self._all = list(resources)
        self._known: dict[Key, list[int]] = {}
        self._unsure: list[int] = []
        for position, resource in enumerate(self._all):
            for found in set(keys_of(resource)):
                (self._unsure if found is None else self._known.setdefault(found, [])).append(position)

    def get(self, *keys: Key | None) -> list[Resource]:
        """In the stack's order all that may have these keys, and perhaps some that have only one of them."""
        if None in keys:
            return self._all
        rarest = min((self._known.get(each, []) for each in keys if each), key=len)
        return [self._all[position] for position in sorted({*rarest, *self._unsure})]


def has(stack: Stack, namespace: object, kinds: Iterable[tuple[str, str]]) -> bool:
    """Whether a namespace has, or may have, an object of these kinds."""
    return surely_has(stack, namespace, kinds) is not False


def surely_has(stack: Stack, namespace: object, kinds: Iterable[tuple[str, str]]) -> bool | None:
    """The same in three values."""
    wanted = key(namespace)
    found = [where for kind in kinds if (where := stack.once(namespaces_by_kind).get(kind))]
    if wanted is None:
        return None if found else False
    return some(True if wanted in where else None if None in where else False for where in found)


def namespaces_by_kind(stack: Stack) -> dict[tuple[str, str], set[Key | None]]:
    """Where the stack has objects of each kind."""
    found: dict[tuple[str, str], set[Key | None]] = {}
    for resource in stack.resources:
        if not resource.partial and not resource.aws:
            found.setdefault(resource.group_kind, set()).add(key(resource.home))
    return found


def pods(stack: Stack) -> Index:
    """Workloads by their namespace, and by each label of their pods in it."""
    return Index(workloads(stack), _places)


def _places(workload: Resource) -> list[Key | None]:
    namespace, labels = workload.home, labels_of(workload)
    return [key(namespace), *(key(namespace, str(pair.key), pair.value) for pair in labels.entries())]


def selected(stack: Stack, resource: Resource, selector: Field, *, later: bool = False) -> Iterator[Match]:
    """The workloads that an object's label selector selects in its namespace; `later` also those that a program labels while it runs."""
    return _matching(stack, resource, selector.get("matchLabels"), lambda labels: selects(selector, labels), later)


def agreeing(stack: Stack, resource: Resource, wanted: Field, *, later: bool = False) -> Iterator[Match]:
    """The workloads that have all labels of a plain selector, as a Service's."""
    return _matching(stack, resource, wanted, lambda labels: agree(wanted, labels), later)


def _matching(stack: Stack, resource: Resource, wanted: Field, matches: Callable[[Field], bool | None], later: bool) -> Iterator[Match]:
    namespace = resource.home
    pairs = (key(namespace, str(pair.key), pair.value) for pair in wanted.entries() if not may_be_given(pair))
    for workload in stack.once(pods).get(key(namespace), *(pair for pair in pairs if pair)):
        verdict = every((same(namespace, workload.home), matches(labels_beside(workload, wanted, later))))
        if verdict is not False:
            yield workload, verdict


def turned(matches: Iterable[tuple[Resource, Iterable[Match]]]) -> dict[int, list[Match]]:
    """The other way round: by a workload's `id()`, what selects it."""
    found: dict[int, list[Match]] = {}
    for resource, chosen in matches:
        for workload, verdict in chosen:
            found.setdefault(id(workload), []).append((resource, verdict))
    return found
