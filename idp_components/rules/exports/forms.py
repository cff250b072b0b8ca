"""The forms of a rule outside of Python, and why one has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any

import yaml

from idp_components.core import labels, quantity
from idp_components.rules import lifetime
from idp_components.rules.aws import production_data
from idp_components.rules.cost import disks
from idp_components.rules.kubernetes import (
    bindings,
    credentials,
    ephemeral,
    image,
    ingress,
    network_policy,
    pod_security_baseline,
    pod_security_restricted,
    probes,
    resources,
    rights,
    roles,
    service,
    service_account,
)
from idp_components.rules.model import ResourceRule, Rule
from idp_components.rules.organisation import kubernetes as organisation
from idp_components.rules.pod import ROLLOUT, TEMPLATES

FOLDER = Path(__file__).parent
NAMES: Mapping[ModuleType, str] = {
    labels: "TEAM ENVIRONMENT COST_CENTRE NAME COMPONENT EPHEMERAL EXPIRES_AFTER EXPIRES_AT OWNER",
    pod_security_baseline: "DEFAULT_CAPABILITIES SAFE_SYSCTLS CONTAINER_SELINUX_TYPES CONFINED_PROFILES APPARMOR_ANNOTATION",
    pod_security_restricted: "VOLUME_TYPES FORBIDDEN_DEFAULTS",
    rights: "RBAC WRITE",
    roles: "READ ROLE_KINDS IDENTITIES IMPERSONATE CERTIFICATE_GROUP REQUESTS OWN_SIGNERS SERVING ADMISSION AGGREGATE_TO_VIEW",
    bindings: "NOBODY AUTHENTICATED ACCOUNTS ACCOUNT_USER DISCOVERY",
    credentials: "TOKEN_TYPE BOOTSTRAP_TYPE",
    image: "MOVING",
    service: "INTERNAL INTERNAL_CLASSES SCHEME",
    ingress: "CERTIFICATE_OPTIONS ISTIO_PLAIN PLAIN_HTTP PASSTHROUGH CERTIFICATES LISTEN_PORTS SNIPPETS CERTIFICATE_MAP",
    network_policy: "WIDEST_PREFIX ALL_PORTS NAMESPACE_NAME",
    service_account: "API_AUDIENCES DAY_SECONDS",
    probes: "ENDING WORKER HANDLERS",
    resources: "LEAST_BYTES MOST_CORES",
    organisation: "SYSTEM",
    ephemeral: "HISTORY HOOK HOOK_DELETION HOOK_ENDS",
    production_data: "SOURCES",
    disks: "EBS_DRIVERS IN_TREE OLD",
}
"""Names that the forms take from each module. None means two things: the later would silently win."""
KUBERNETES = ("system:apiserver", "system:serviceaccount:kube-system:clusterrole-aggregation-controller")
"""Who keeps Kubernetes' own roles: cluster-admin, and those that are gathered from others. An API server that is kept from it doesn't
become ready (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation)."""
VALUES: Mapping[str, Any] = {
    **{name: getattr(module, name) for module, names in NAMES.items() for name in names.split()},
    "KUBERNETES": KUBERNETES,
    "ROLLOUT": "/".join(ROLLOUT),
    "TEMPLATES": {"/".join(group_kind): path for group_kind, path in TEMPLATES.items()},
    "VALUE": f"^(?:{organisation.VALUE.pattern})$",
    "PREVIEW": f"^(?:{ephemeral.PREVIEW.pattern})$",
    "HOURS": f"^(?:{lifetime.HOURS.pattern})$",
    "QUANTITY": f"^(?:{quantity.PATTERN.pattern})$",
    "ADDRESS": production_data.ADDRESS.pattern,
    "STORE": production_data.STORE.pattern,
    "PRODUCTION": production_data.PRODUCTION.pattern,
    "NOT_PRODUCTION": production_data.NOT_PRODUCTION.pattern,
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
    return "what it is about never reaches an API server of Kubernetes; the engine and `idp check` judge it"


def _filled(text: str) -> str:
    return Template(text).safe_substitute({name: _json(value) for name, value in VALUES.items()})


def _json(value: Any) -> str:
    """Without what isn't text: CEL's lists hold one type, and null is said by the forms themselves."""
    if isinstance(value, tuple | list):
        value = [element for element in value if isinstance(element, str)]
    return json.dumps(value)
