"""Configuration of rules: the JSON that both `pulumi --policy-pack-config` and `idp check --config` take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idp_components.rules.levels import Level
from idp_components.rules.model import Options, Rule

LEVEL_KEY = "enforcementLevel"
EXAMPLE = '{"kubernetes-image-registry-allowed": {"enforcementLevel": "mandatory", "registries": ["ghcr.io/acme"]}}'


class ConfigurationError(ValueError):
    """A configuration that names what isn't there, or gives a value of the wrong kind."""


def configured(data: Any, levels: Mapping[Rule, Level]) -> tuple[dict[str, Level], dict[str, Options]]:
    """Levels and options by rule, after the configuration. `all` sets the level of every rule that has none of its own.

    Raises ConfigurationError for unknown rules, unknown options, and values of the wrong kind.
    """
    if not isinstance(data, dict):
        raise ConfigurationError(f"the configuration is no JSON object; write for example {EXAMPLE}")
    known = {rule.id: rule for rule in levels}
    result = {rule.id: level for rule, level in levels.items()}
    options: dict[str, Options] = {}
    for name, value in sorted(data.items(), key=lambda item: item[0] != "all"):
        settings = dict(value) if isinstance(value, dict) else {LEVEL_KEY: value}
        level = settings.pop(LEVEL_KEY, None)
        if message := misconfigured(name, settings, known):
            raise ConfigurationError(message)
        options[name] = settings
        if level is not None:
            result.update(dict.fromkeys(known if name == "all" else [name], _level(name, level)))
    return result, options


def misconfigured(name: str, options: Options, rules: Mapping[str, Rule]) -> str:
    """What is wrong with the options of one rule, in one sentence, or nothing."""
    if name == "all":
        return ""
    if name not in rules:
        return f'there is no rule "{name}"; there are {", ".join(sorted(rules))}'
    known = rules[name].options
    for option, value in options.items():
        if option not in known:
            allowed = f"use {', '.join(sorted(known))}" if known else "this rule has none"
            return f'rule {name} has no option "{option}"; {allowed}, for example {EXAMPLE}'
        fits, kind = _KINDS[known[option]["type"]]
        if not fits(value):
            return f"option {option} of rule {name} is no {kind}, for example {EXAMPLE}"
    return ""


_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "array": (lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value), "list of texts"),
    # The engine delivers every number as one with a point.
    "integer": (lambda value: type(value) in (int, float) and float(value).is_integer(), "whole number"),
    "string": (lambda value: isinstance(value, str), "text"),
}


def _level(name: str, value: Any) -> Level:
    # What could be repaired automatically in a stack is judged like any other mandatory rule in a file.
    text = Level.MANDATORY if value == "remediate" else value
    if text not in list(Level):
        raise ConfigurationError(f"{LEVEL_KEY} of {name} is {value!r}; use advisory, mandatory or disabled, for example {EXAMPLE}")
    return Level(text)
