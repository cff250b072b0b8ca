"""The reference: every rule with its levels, reasons and examples, as `policies/RULES.md` has it. The examples are test cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from idp_components.rules.cases import Case, cases, put, steps
from idp_components.rules.exports import not_exported
from idp_components.rules.field import UNKNOWN, SecretText
from idp_components.rules.levels import ENVIRONMENTS
from idp_components.rules.model import ResourceRule, Rule
from idp_components.rules.packs import PACKS, Pack
from idp_components.rules.waivers import NEVER

LANGUAGES = {"rego": "Rego (OPA, conftest, Gatekeeper)", "cel": "ValidatingAdmissionPolicy (CEL)"}
HEADER = """\
# Rules

Written by `idp rules --markdown`; the examples are cases of the rules' tests. `idp rules show ID` prints one of them.

A rule counts in each environment by its level: `mandatory` stops a preview, an update and `idp check`; `advisory` is said and stops
nothing; `disabled` is not judged. Levels and options are changed by `--policy-pack-config`, exceptions stand in `waivers.yaml`.
"""


def page() -> str:
    """The whole reference."""
    sections = (section for pack in PACKS for section in _pack(pack))
    return "\n".join([HEADER, *sections])


def described(rule: Rule, pack: Pack) -> str:
    """One rule."""
    return "\n".join(_rule(rule, pack)).rstrip() + "\n"


def facts(rule: Rule, pack: Pack) -> dict[str, Any]:
    """What is known of one rule, for machines: texts under their own names, `levels` by environment, `options` as JSON Schema.

    `not_waivable` and the languages of `not_exported` say why; both are empty where it is possible.
    """
    texts = {key: getattr(rule, key) for key in ("id", "title", "severity", "rationale", "fix", "source")}
    return texts | {
        "pack": pack.name,
        "standard": vars(rule.framework) if rule.framework else None,
        "tags": rule.tags,
        "levels": {environment: pack.level(rule, environment) for environment in ENVIRONMENTS},
        "options": rule.options,
        "remediates": isinstance(rule, ResourceRule) and rule.remedy is not None,
        "not_waivable": NEVER.get(rule.id, ""),
        "not_exported": {language: reason for language in LANGUAGES if (reason := not_exported(rule, language))},
    }


def pack_of(rule: Rule) -> Pack:
    return next(pack for pack in PACKS if rule in pack.levels)


def find(rule_id: str) -> Rule | None:
    return next((rule for pack in PACKS for rule in pack.rules if rule.id == rule_id), None)


def _pack(pack: Pack) -> Iterator[str]:
    yield f"## {pack.name}\n\n{pack.description}\n"
    if pack.rules:
        yield f"| rule | severity | {' | '.join(ENVIRONMENTS)} |"
        yield f"|---|---|{'---|' * len(ENVIRONMENTS)}"
        for rule in pack.rules:
            levels = " | ".join(pack.level(rule, environment) for environment in ENVIRONMENTS)
            yield f"| [{rule.id}](#{rule.id}) | {rule.severity} | {levels} |"
        yield ""
    for rule in pack.rules:
        yield from _rule(rule, pack)


def _rule(rule: Rule, pack: Pack) -> Iterator[str]:
    yield f"### {rule.id}\n\n{rule.title}\n\n{rule.rationale}\n\n**Fix:** {rule.fix}\n"
    standard = [rule.framework.name, rule.framework.version, rule.framework.specification] if rule.framework else []
    by_environment = {environment: pack.level(rule, environment) for environment in ENVIRONMENTS}
    same = set(by_environment.values())
    levels = f"{same.pop()} everywhere" if len(same) == 1 else ", ".join(f"{level} in {name}" for name, level in by_environment.items())
    facts = {
        "Pack": f"{pack.name}; {rule.severity}; {levels}",
        "Source": f"<{rule.source}>",
        "Standard": ", ".join([" ".join(filter(None, standard)), *rule.tags]).strip(", "),
        "Options": "; ".join(f"`{name}`: {schema.get('description', '')}" for name, schema in rule.options.items()),
        "Waivers": f"none is possible: {NEVER[rule.id]}" if rule.id in NEVER else "",
        "Exports": _exports(rule),
    }
    yield from (f"- {name}: {text}" for name, text in facts.items() if text)
    known = cases(rule.id)
    bad, good = (next((case for case in known if case.verdict == verdict), None) for verdict in ("bad", "good"))
    for example in filter(None, (bad, good)):
        yield from _example(example, bad)
    yield ""


def _exports(rule: Rule) -> str:
    missing = {language: not_exported(rule, language) for language in LANGUAGES}
    if len(set(missing.values())) == 1 and all(missing.values()):
        return f"none: {missing['rego']}"
    return "; ".join(f"{LANGUAGES[language]}{f': none, {reason}' if reason else ''}" for language, reason in missing.items())


def _example(case: Case, bad: Case | None) -> Iterator[str]:
    paths = list(case.changes or (bad.changes if bad and bad.base == case.base else ()))
    documents = [{"type": resource.type, **resource.props} if resource.aws else resource.props for resource in case.resources]
    shown = [_shown(_excerpt(document, paths) if paths and not case.whole else document) for document in documents]
    yield f"\n{case.verdict.capitalize()}: {_safe(case.title)}\n"
    yield f"```yaml\n{yaml.dump_all(shown, Dumper=_Dumper, sort_keys=False, width=120).rstrip()}\n```"
    if case.says:
        yield f"\n> {_safe(f'{case.resources[0].label}: {case.says}')}"


SMALL = 4
"""Members up to which an object is shown whole."""


def _excerpt(document: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Of an object only what stands at some paths, with what is right beside it where that is little."""
    found: dict[str, Any] = {key: document[key] for key in ("type", "apiVersion", "kind", "metadata") if key in document}
    for path in paths:
        *above, last = steps(path)
        value: Any = document
        for step in above:
            value = value[step] if _has(value, step) else None
        if isinstance(value, dict) and above and len(value) <= SMALL:
            put(found, _path(_from_zero(above)), value)
        elif _has(value, last):
            put(found, _path(_from_zero([*above, last])), value[last])
    return found


def _has(value: Any, step: str | int) -> bool:
    return step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int) and step < len(value)


def _from_zero(steps: Iterable[str | int]) -> list[str | int]:
    return [0 if isinstance(step, int) else step for step in steps]


def _path(steps: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f'["{step}"]' for step in steps)


class _Dumper(yaml.SafeDumper):
    """YAML that repeats a part instead of pointing at it."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _safe(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>])", r"\\\1", text)


def _shown(value: Any) -> Any:
    if value is UNKNOWN:
        return "[unknown]"
    if isinstance(value, SecretText):
        return "[secret]"
    if isinstance(value, dict):
        return {key: _shown(member) for key, member in value.items()}
    return [_shown(element) for element in value] if isinstance(value, list) else value
