"""Evaluation: rules over resources, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from idp_components.rules.field import Problem
from idp_components.rules.model import Finding, Options, Resource, ResourceRule, Rule, Stack, StackRule

NO_OPTIONS: Mapping[str, Options] = MappingProxyType({})


class Judge:
    """Rules and their options (keyed by the rule's id), ready for any number of resources.

    Rules that compare with the clock find `now` (an aware datetime) among their options, as text; without it they don't compare.
    """

    def __init__(self, rules: Iterable[Rule], options: Mapping[str, Options] = NO_OPTIONS, now: datetime | None = None) -> None:
        chosen = tuple(rules)
        clock = {"now": now.isoformat()} if now else {}
        self._rules = tuple(rule for rule in chosen if isinstance(rule, ResourceRule))
        self._stack_rules = tuple(rule for rule in chosen if isinstance(rule, StackRule))
        self._options = {rule.id: {**rule.defaults, **options.get(rule.id, NO_OPTIONS), **clock} for rule in chosen}
        self._by_type: dict[str, tuple[ResourceRule, ...]] = {}

    def rules_for(self, token: str) -> tuple[ResourceRule, ...]:
        """The rules that have something to say about a type. A list has none: its elements are judged."""
        if token not in self._by_type:
            self._by_type[token] = tuple(rule for rule in self._rules if rule.applies(token))
        return self._by_type[token]

    @property
    def judges_stacks(self) -> bool:
        """Whether there is a rule about whole stacks."""
        return bool(self._stack_rules)

    def options_of(self, rule: Rule) -> Options:
        """What is configured for a rule, or its defaults."""
        return self._options.get(rule.id, rule.defaults)

    def findings(self, resource: Resource) -> Iterator[Finding]:
        """What the rules find, in their order; of a list, element by element."""
        for part in resource.parts():
            for rule in self.rules_for(part.type):
                yield from self.of_rule(rule, part)

    def of_rule(self, rule: ResourceRule, resource: Resource) -> Iterator[Finding]:
        """What one rule finds in a resource that is no list."""
        if resource.by_reference:
            return
        undecided: set[int] = set()
        for problem in rule.check(resource, self.options_of(rule)):
            yield from _judged(rule, resource, problem, undecided)

    def stack_findings(self, stack: Stack) -> Iterator[Finding]:
        """What the rules about whole stacks find, in their order."""
        for rule in self._stack_rules:
            undecided: set[int] = set()
            for resource, problem in rule.check(stack, self.options_of(rule)):
                yield from _judged(rule, resource, problem, undecided)


def _judged(rule: Rule, resource: Resource, problem: Problem, undecided: set[int]) -> Iterator[Finding]:
    """The finding of one problem. What can't be judged is said once for each resource, however many places depend on it."""
    if problem.undecided:
        if id(resource) not in undecided:
            undecided.add(id(resource))
            yield _finding(rule, resource, problem, "can't be judged yet: a value that decides is only known after the update")
    elif not (resource.partial and problem.missing):
        yield _finding(rule, resource, problem, problem.message)


def _finding(rule: Rule, resource: Resource, problem: Problem, message: str) -> Finding:
    place = problem.field.place(below=resource.pod.spec)
    text = " ".join(part for part in (f"{resource.label}:", place, message) if part)
    return Finding(rule, resource, problem.field.keys, text, problem.undecided)
