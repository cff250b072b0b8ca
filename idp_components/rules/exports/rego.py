"""Rego (OPA v1): for `opa eval`, for conftest, and in Gatekeeper's ConstraintTemplates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from string import Template
from typing import Any

from idp_components.rules.exports.forms import form, library
from idp_components.rules.exports.kinds import RESOURCES, kinds_of
from idp_components.rules.levels import Level
from idp_components.rules.model import Options, ResourceRule, Rule

MAIN = """\
# All rules over an object, or over the objects of a List: conftest and `opa eval` ask for deny and warn.
package main

deny contains result if some result in results("mandatory")

warn contains result if some result in results("advisory")

results(level) := {result |
	some found in objects
	some rule, _ in data.rules
	data.rules[rule].level == level
	some problem in data.rules[rule].violation with input as {"review": {"object": found}}
	result := {"msg": problem.msg, "rule": rule, "resource": problem.resource}
}

# Lists in lists are opened, too.
objects := [value |
	walk(input, [path, value])
	is_object(value)
	not value.items
	every index, key in path {
		expected(index, key)
	}
]

expected(index, key) if {
	index % 2 == 0
	key == "items"
}

expected(index, _) if index % 2 == 1
"""

HEAD = Template("""\
# $title
# $rationale
# $source
package rules[$rule]

import data.lib.idp

level := $level

parameters := $parameters

violation contains {"msg": msg, "resource": idp.label, "details": {"rule": $rule, "place": place}} if {
	not idp.by_kubernetes
	not idp.by_reference
	idp.group_kind in $kinds
	some place in bad
	msg := sprintf($message, [idp.get(idp.subject, ["kind"]), idp.label, place])
}

""")


def exported(rules: Iterable[Rule]) -> list[ResourceRule]:
    """The rules that have a form in Rego."""
    return [rule for rule in rules if isinstance(rule, ResourceRule) and form(rule).rego]


def files(levels: Mapping[Rule, Level], options: Mapping[str, Options]) -> dict[str, str]:
    """Files by name: the library, the entry, and each rule that isn't disabled."""
    found = {"idp.rego": library(), "main.rego": MAIN}
    for rule in exported(levels):
        if levels[rule] is not Level.DISABLED:
            level = Level.ADVISORY if levels[rule] is Level.ADVISORY else Level.MANDATORY
            found[f"{rule.id}.rego"] = module(rule, level, options.get(rule.id, {}))
    return found


def module(rule: ResourceRule, level: Level, options: Options) -> str:
    """One rule as a package of its own, of the shape that Gatekeeper asks for."""
    message = f"%s %s: %s: {_literal(rule.title)} Fix: {_literal(rule.fix)}"
    head = HEAD.substitute(
        title=rule.title,
        rationale=rule.rationale,
        source=rule.source,
        rule=json.dumps(rule.id),
        level=json.dumps(level),
        parameters=json.dumps({**rule.defaults, **options}),
        kinds=json.dumps(["/".join(kind) for kind in kinds_of(rule)]),
        message=json.dumps(message),
    )
    return head + form(rule).rego


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def gatekeeper(levels: Mapping[Rule, Level], options: Mapping[str, Options]) -> list[dict[str, Any]]:
    """A ConstraintTemplate and its Constraint for each rule that isn't disabled; Gatekeeper 3.19 or newer reads Rego v1."""
    found: list[dict[str, Any]] = []
    for rule in exported(levels):
        if levels[rule] is Level.DISABLED:
            continue
        kind = "Idp" + "".join(word.capitalize() for word in rule.id.split("-"))
        source = {"version": "v1", "rego": module(rule, levels[rule], options.get(rule.id, {})), "libs": [library()]}
        target = {"target": "admission.k8s.gatekeeper.sh", "code": [{"engine": "Rego", "source": source}]}
        template = {
            "apiVersion": "templates.gatekeeper.sh/v1",
            "kind": "ConstraintTemplate",
            "metadata": {"name": kind.lower(), "annotations": {"description": rule.title, "documentation": rule.source}},
            "spec": {"crd": {"spec": {"names": {"kind": kind}}}, "targets": [target]},
        }
        constraint = {
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": kind,
            "metadata": {"name": rule.id},
            "spec": {
                "enforcementAction": "warn" if levels[rule] is Level.ADVISORY else "deny",
                "match": {"kinds": _match(rule)},
            },
        }
        found += [template, constraint]
    return found


def _match(rule: ResourceRule) -> list[dict[str, list[str]]]:
    by_group: dict[str, list[str]] = {}
    for group, kind in kinds_of(rule):
        if (group, kind) in RESOURCES:
            by_group.setdefault("" if group == "core" else group, []).append(kind)
    return [{"apiGroups": [group], "kinds": kinds} for group, kinds in by_group.items()]
