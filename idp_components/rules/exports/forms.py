"""The forms of a rule outside of Python, and why one has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import yaml

from idp_components.rules.kubernetes import pod_security_baseline, pod_security_restricted
from idp_components.rules.model import ResourceRule, Rule
from idp_components.rules.pod import TEMPLATES

FOLDER = Path(__file__).parent
LISTS: Mapping[str, Any] = {
    **{
        name: getattr(pod_security_baseline, name)
        for name in ("DEFAULT_CAPABILITIES", "SAFE_SYSCTLS", "CONTAINER_SELINUX_TYPES", "CONFINED_PROFILES", "APPARMOR_ANNOTATION")
    },
    **{name: getattr(pod_security_restricted, name) for name in ("VOLUME_TYPES", "FORBIDDEN_DEFAULTS")},
    "TEMPLATES": {"/".join(group_kind): path for group_kind, path in TEMPLATES.items()},
}
"""What the forms take from Python by `$NAME`, written as JSON, which both languages read."""


@dataclass(frozen=True)
class Form:
    """A rule in Rego and CEL; empty where it has none."""

    rego: str = ""
    """Rules that fill the set `bad` with places."""
    cel: str = ""
    """True where the rule holds."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the CEL form."""
    not_rego: str = ""
    not_cel: str = ""
    """Why a form is missing."""


@cache
def forms() -> Mapping[str, Form]:
    """All forms, by the rule's id."""
    found: dict[str, Form] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for rule, entry in yaml.safe_load(_filled(path.read_text(encoding="utf-8"))).items():
            found[rule] = Form(**entry)
    return found


def library() -> str:
    """What the rules in Rego share."""
    return _filled((FOLDER / "idp.rego").read_text(encoding="utf-8"))


def form(rule: Rule) -> Form:
    """The forms of a rule."""
    return forms().get(rule.id, Form())


def not_exported(rule: Rule, language: str) -> str:
    """Why a rule has no form in a language, `rego` or `cel`; empty where it has one."""
    if getattr(form(rule), language):
        return ""
    if reason := getattr(form(rule), f"not_{language}"):
        return str(reason)
    if not isinstance(rule, ResourceRule):
        return "it judges a whole stack, and these gates see one object at a time"
    if rule.id.startswith("kubernetes-"):
        return "nobody has written it there yet; the engine and `idp check` judge it"
    return "it is not about objects of Kubernetes; the engine and `idp check` judge it"


def _filled(text: str) -> str:
    return Template(text).safe_substitute({name: _json(value) for name, value in LISTS.items()})


def _json(value: Any) -> str:
    """Without what isn't text: CEL's lists hold one type, and null is said by the forms themselves."""
    if isinstance(value, tuple | list):
        value = [element for element in value if isinstance(element, str)]
    return json.dumps(value)
