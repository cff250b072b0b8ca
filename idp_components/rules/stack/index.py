"""An index: the few objects of a stack that may belong to another, so that a stack of a thousand services is judged in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from idp_components.rules.field import UNKNOWN, Field, Problem, shown
from idp_components.rules.model import Resource, Stack
from idp_components.rules.selectors import agree, doubts, every, same, selects, some
from idp_components.rules.stack.matching import labels_beside, labels_of, may_be_given, name_of, workloads

Key = tuple[str, ...]
Match = tuple[Resource, bool | None]
"""A resource, and whether it belongs: yes, or `None` where an unknown value decides. What surely doesn't belong isn't listed."""
Choice = Callable[[object], Iterable[Match]]
"""What an object would choose in a namespace."""


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
        return [self._all[position] for position in (sorted({*rarest, *self._unsure}) if self._unsure else rarest)]


def has(stack: Stack, namespace: object, kinds: Iterable[tuple[str, str]]) -> bool:
    """Whether a namespace has, or may have, an object of these kinds."""
    return surely_has(stack, namespace, kinds) is not False


def surely_has(stack: Stack, namespace: object, kinds: Iterable[tuple[str, str]]) -> bool | None:
    """The same in three values."""
    wanted = key(namespace)
    found = stack.once(namespaces_of, tuple(kinds))
    if wanted is None:
        return None if found else False
    return True if wanted in found else None if None in found else False


def namespaces_of(stack: Stack, kinds: tuple[tuple[str, str], ...]) -> set[Key | None]:
    """Where the stack has objects of these kinds."""
    by_kind = stack.once(namespaces_by_kind)
    return {place for kind in kinds for place in by_kind.get(kind, ())}


def namespaces_by_kind(stack: Stack) -> dict[tuple[str, str], set[Key | None]]:
    """Where the stack has objects of each kind."""
    found: dict[tuple[str, str], set[Key | None]] = {}
    for resource in stack.resources:
        if not (resource.partial or resource.by_reference or resource.aws):
            found.setdefault(resource.group_kind, set()).add(key(resource.home))
    return found


def pods(stack: Stack) -> Index:
    """Workloads by their namespace, and by each label of their pods in it."""
    return Index(workloads(stack), _places)


def _places(workload: Resource) -> list[Key | None]:
    namespace, labels = workload.home, labels_of(workload)
    return [key(namespace), *(key(namespace, str(pair.key), pair.value) for pair in labels.entries())]


def selected(stack: Stack, namespace: object, selector: Field, *, later: bool = False) -> Iterator[Match]:
    """The workloads that a label selector selects in a namespace; `later` also those that a program labels while it runs."""
    return _matching(stack, namespace, selector.get("matchLabels"), lambda labels: selects(selector, labels), later)


def _has_labels(selector: Field) -> bool:
    """Whether a label selector asks for a label with its value; by expressions alone it may select all but a few."""
    return selector.get("matchLabels").value not in (None, {})


def agreeing(stack: Stack, namespace: object, wanted: Field, *, later: bool = False) -> Iterator[Match]:
    """The workloads of a namespace that have all labels of a plain selector, as a Service's."""
    return _matching(stack, namespace, wanted, lambda labels: agree(wanted, labels), later)


def _matching(stack: Stack, namespace: object, wanted: Field, matches: Callable[[Field], bool | None], later: bool) -> Iterator[Match]:
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


class Miss(NamedTuple):
    """That an object chooses nothing in its namespace."""

    doubts: tuple[Field, ...] = ()
    elsewhere: str = ""
    """The other namespace in which it would choose something, where its own has nothing to choose from."""

    def message(self, what: str, advice: str) -> str:
        there = f"in namespace {shown(self.elsewhere)}" if shown(self.elsewhere) else "in another"
        return f"{what}, but would {there}; set metadata.namespace to that one" if self.elsewhere else f"{what}; {advice}"


def miss(stack: Stack, resource: Resource, kinds: Iterable[tuple[str, str]], choose: Choice) -> Miss | None:
    """Whether an object chooses none of the objects of these kinds. Where the stack has none of them in its namespace they may be another
    stack's: then only if it would choose one in another namespace."""
    there = surely_has(stack, resource.home, kinds)
    if there is False:
        return elsewhere(stack, resource, kinds, choose)
    verdicts = [verdict for _, verdict in choose(resource.home)]
    return None if True in verdicts else Miss(doubts([*verdicts, there]))


def none_selected(stack: Stack, resource: Resource, selector: Field, kinds: Iterable[tuple[str, str]], choose: Choice) -> Iterator[Problem]:
    """Objects to a label selector that selects nothing in its namespace."""
    missed = miss(stack, resource, kinds, choose)
    if missed and (_has_labels(selector) or not missed.elsewhere):
        message = missed.message("selects none of the namespace's pods", "use the labels of a pod template")
        yield selector.problem(message, *missed.doubts)


def _is_of_chart(resource: Resource) -> bool:
    """Whether Helm has brought it, or may have."""
    labels = resource.root.get("metadata", "labels")
    return labels.get("helm.sh/chart").value is not None or labels.get("app.kubernetes.io/managed-by").value in ("Helm", UNKNOWN)


def elsewhere(stack: Stack, resource: Resource, kinds: Iterable[tuple[str, str]], choose: Choice) -> Miss | None:
    """Whether an object would choose something in another namespace, unless one of its kind and name does so there already. What a chart
    leaves without a namespace goes into the release's, which nothing here says."""
    if _is_of_chart(resource) and resource.root.get("metadata", "namespace").value is None:
        return None
    for (place,) in sorted(filter(None, stack.once(namespaces_of, tuple(kinds)))):
        chosen = some(verdict for _, verdict in choose(place))
        if chosen is False:
            continue
        twin = some(every((same(place, each.home), same(name_of(each), name_of(resource)))) for each in stack.of(resource.group_kind))
        verdict = every((chosen, None if twin is None else not twin))
        if verdict is not False:
            return Miss(doubts([verdict]), place)
    return None
