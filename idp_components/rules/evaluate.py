"""Evaluation: rules over resources, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from idp_components.rules.field import Problem
from idp_components.rules.model import Finding, Options, Resource, Rule

NO_OPTIONS: Mapping[str, Options] = MappingProxyType({})


class Judge:
    """Rules and their options (keyed by the rule's id), ready for any number of resources."""

    def __init__(self, rules: Iterable[Rule], options: Mapping[str, Options] = NO_OPTIONS) -> None:
        self._rules = tuple(rules)
        self._options = options
        self._by_type: dict[str, tuple[Rule, ...]] = {}

    def rules_for(self, token: str) -> tuple[Rule, ...]:
        """The rules that have something to say about a type. Of a list type: about its elements."""
        if token not in self._by_type:
            element = token.removesuffix("List")
            self._by_type[token] = tuple(rule for rule in self._rules if rule.applies(element))
        return self._by_type[token]

    def findings(self, resource: Resource) -> Iterator[Finding]:
        """What the rules find, in their order; of a list, element by element."""
        for part in resource.parts():
            for rule in self.rules_for(part.type):
                yield from _judged(rule, part, self._options.get(rule.id, NO_OPTIONS))


def _judged(rule: Rule, resource: Resource, options: Options) -> Iterator[Finding]:
    """The findings of one rule. What can't be judged is said once, however many places depend on it."""
    undecided = False
    for problem in rule.check(resource, options):
        if problem.undecided:
            if not undecided:
                undecided = True
                yield _finding(rule, resource, problem, "can't be judged yet: a value that decides is only known after the update")
        elif not (resource.partial and problem.missing):
            yield _finding(rule, resource, problem, problem.message)


def _finding(rule: Rule, resource: Resource, problem: Problem, message: str) -> Finding:
    place = problem.field.place(below=resource.pod.spec)
    return Finding(rule, resource, problem.field.keys, f"{resource.label}: {place} {message}", problem.undecided)
