"""A policy pack: rules, each with its level per environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idp_components.rules.levels import Level, Levels
from idp_components.rules.model import Rule


@dataclass(frozen=True)
class Pack:
    """What a policy pack selects."""

    name: str
    description: str
    levels: Mapping[Rule, Levels]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(self.levels)

    def level(self, rule: Rule, environment: str) -> Level:
        """The level of one of its rules in an environment."""
        return self.levels[rule][environment]


def each(rules: Iterable[Rule], levels: Levels) -> dict[Rule, Levels]:
    """The same levels for several rules."""
    return dict.fromkeys(rules, levels)
