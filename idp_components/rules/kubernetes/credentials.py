"""Rules about credentials that are written where anybody can read them: variables, arguments, ConfigMaps, tokens that never end."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from idp_components.rules.credential_name import is_secret_name
from idp_components.rules.credential_text import (
    ends_in_credential,
    has_credential,
    has_credential_line,
    is_credential,
    is_credential_by_name,
)
from idp_components.rules.field import UNKNOWN, Problem, SecretText
from idp_components.rules.kubernetes.object_rule import object_rule
from idp_components.rules.kubernetes.pod_rule import pod_rule
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.pod import Pod
from idp_components.rules.settings_text import settings

GOOD_PRACTICES = "https://kubernetes.io/docs/concepts/security/secrets-good-practices/"
COMMANDS = (
    (("command",), ("args",)),
    *(((probe, "exec", "command"),) for probe in ("livenessProbe", "readinessProbe", "startupProbe")),
    *((("lifecycle", hook, "exec", "command"),) for hook in ("postStart", "preStop")),
)
"""Where a container says what is run in it; an entry's lists are one command."""
FARTHEST = 400
"""Characters that a command and its password are apart at most."""
SCRIPTS = (".sh", ".bash")
TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105  a type
BOOTSTRAP_TYPE = "bootstrap.kubernetes.io/token"
"""With such a token a node joins the cluster (Kubernetes, "Authenticating with Bootstrap Tokens")."""


@pod_rule(
    "kubernetes-secret-in-env",
    title="No environment variable has a credential as its plain value.",
    severity=Severity.CRITICAL,
    rationale="A value in a manifest is read by everyone who may see the repository, the state or the pod, and outlives every change.",
    fix="Take the value from a Secret: pass it to the golden path as secrets, or write valueFrom.secretKeyRef.",
    source=f"{GOOD_PRACTICES}#use-secrets",
    tags=("cis-k8s-1.10:5.4.1",),
)
def secret_in_env(pod: Pod) -> Iterator[Problem]:
    for container in pod.containers:
        for variable in container.get("env").items():
            name, value = variable.get("name"), variable.get("value")
            # A variable with an ordinary name that isn't known yet is judged by its value as soon as there is one.
            known_name = "password" if name.value is UNKNOWN else name.value
            unknown = value.value is UNKNOWN and is_secret_name(known_name)
            sure = has_credential_line(value.value)
            if unknown or sure or is_credential(known_name, value.value):
                yield value.problem("is a credential in plain text; use valueFrom.secretKeyRef", *(() if sure else (name,)))


@pod_rule(
    "kubernetes-secret-in-arguments",
    title="No container gets a credential as an argument.",
    severity=Severity.CRITICAL,
    rationale="Arguments stand in the manifest, and in the node's list of processes too.",
    fix="Put the credential into a Secret, and name its variable in the argument: --password=$(DB_PASSWORD).",
    source=f"{GOOD_PRACTICES}#use-secrets",
)
def secret_in_arguments(pod: Pod) -> Iterator[Problem]:
    for container in pod.containers:
        for places in COMMANDS:
            flag, before = "", ""
            for arguments in (container.get(*place) for place in places):
                for argument in arguments.items():
                    unknown = argument.value is UNKNOWN and (arguments.value is UNKNOWN or is_secret_name(flag))
                    if unknown or _is_credential_argument(flag, argument.value) or ends_in_credential(before, argument.value):
                        yield argument.problem("is a credential in plain text; take it from a variable that a Secret fills")
                    flag, before = _open_flag(argument.value), f"{before} {argument.value}"[-FARTHEST:]


def _open_flag(argument: Any) -> str:
    """The name of a flag whose value is the next argument: `--password`, or `-password` of programs in Go."""
    is_flag = isinstance(argument, str) and argument.startswith("-") and "=" not in argument
    return argument.lstrip("-") if is_flag else ""


def _is_credential_argument(flag: str, argument: Any) -> bool:
    if not isinstance(argument, str):
        return False
    name, _, value = argument.lstrip("-").partition("=") if argument.startswith("-") else (flag, "", argument)
    return is_credential_by_name(name, value) or is_credential("", argument)


@object_rule(
    "kubernetes-secret-in-config-map",
    {("core", "ConfigMap")},
    title="A ConfigMap holds no credential.",
    severity=Severity.CRITICAL,
    rationale="Whoever may read the namespace reads its ConfigMaps; nothing encrypts or audits them like Secrets.",
    fix="Put the value into a Secret: pass it to the golden path as secrets, or use the platform's vault.",
    source="https://kubernetes.io/docs/concepts/configuration/configmap/",
)
def secret_in_config_map(resource: Resource, _options: Options) -> Iterator[Problem]:
    for data, read in ((resource.root.get("data"), _same), (resource.root.get("binaryData"), _decoded)):
        for entry in data.entries():
            unknown = entry.value is UNKNOWN and (entry.key == data.key or is_secret_name(entry.key))
            if unknown or isinstance(entry.value, SecretText) or _holds_credential(str(entry.key), read(entry.value)):
                yield entry.problem("holds a credential; put it into a Secret")


def _same(value: Any) -> Any:
    return value


def _decoded(value: Any) -> Any:
    """What Base64 says; nothing where it is no text."""
    try:
        return base64.b64decode(value).decode() if isinstance(value, str) else None
    except ValueError:
        return None


def _holds_credential(key: str, text: Any) -> bool:
    """Whether an entry is a credential, or as a file sets one."""
    if not isinstance(text, str) or not ("\n" in text or "." in key or text.startswith("{")):
        return is_credential(key, text)
    if key.endswith(SCRIPTS):
        return has_credential_line(text)
    # Some servers have their settings within braces.
    by_form = has_credential_line(text) if key.endswith(".conf") else has_credential(text)
    return by_form or any(is_credential_by_name(name, value) for name, value in settings(key, text))


@object_rule(
    "kubernetes-long-lived-token",
    {("core", "Secret")},
    title="No Secret keeps a token of the Kubernetes API that never ends.",
    severity=Severity.HIGH,
    rationale="Such a token works until somebody deletes it, from anywhere, for whoever copied it.",
    fix="Remove the Secret; pods get short-lived tokens by themselves, and people and pipelines sign in with OIDC.",
    source="https://kubernetes.io/docs/concepts/security/service-accounts/#get-a-token",
)
def long_lived_token(resource: Resource, _options: Options) -> Iterator[Problem]:
    kind = resource.root.get("type")
    if kind.value in (TOKEN_TYPE, UNKNOWN):
        yield kind.problem("makes a token that never ends; remove the Secret and use short-lived tokens")
    ends = [resource.root.get(data, "expiration") for data in ("data", "stringData")]
    if kind.value == BOOTSTRAP_TYPE and all(end.value in (None, "", UNKNOWN) for end in ends):
        yield kind.problem("makes a token that never ends; add expiration, a moment of some hours from now", *ends)


RULES = (secret_in_env, secret_in_arguments, secret_in_config_map, long_lived_token)
