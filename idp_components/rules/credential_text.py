"""Text: whether a value is a credential, by its name or by what it looks like."""

from __future__ import annotations

import re
from typing import Any

from idp_components.rules.credential_forms import COMMANDS, FORMS, NO_VALUE, TOKEN, forms
from idp_components.rules.credential_name import is_secret_name, may_name_a_whole_secret, speaks_of_credentials
from idp_components.rules.field import SecretText
from idp_components.rules.regex import regex

_NOTHING = regex(
    r"(?i:true|false|yes|no|on|off|none|null|nil|undefined|optional|required|disabled|enabled|[01]"
    r"|include|omit|same-origin)?"  # what a browser does with the ones it has
    r"|\[.*\]|<.*>|\*+|x{3,}|\.{3}|__\w+__|@\w+@"  # left out, or to be filled in
    r"|[$%#]\w*(?:\(.*\)|\{.*\})s?|@\{[\w.:-]+\}|`.+`|\$[A-Za-z_][\w.:-]*|\{\{.*\}\}|%\w+%"  # another variable
    r"|!(?i:env(?:_var)?|file|getatt|importvalue|include|ref|secret|var|vault)\s.*"  # a tag of YAML that fetches it
    r"|(?:process\.env|os\.environ|ENV)[.\[].*|[A-Za-z_]{3}(?:[A-Za-z_.:]*|\w*\.[\w.]*)\(.*"  # an expression of a program
    r"|(?:arn|vault|ref|ref\+\w+|op|sm|ssm|awssm|gcpsm|gcp:secretmanager|secretref|file|env):.*"  # where it lies
    r"|[\w-]+@azurekeyvault(?:\?.*)?|projects/[^/]+/secrets/.*"
    r"|\.{0,2}(?:/[\w.-]+)+/?"  # a path
    r"|AQ[IE]CAH.*|ENC[(\[].*[)\]]|\{cipher\}.*|\{[\w+/=.-]+\}"  # encrypted: by KMS, Jasypt, SOPS, Spring, Maven
    r"|-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-----.*|pk(?:\.eyJ|_live_|_test_).*",  # for everybody to see
    re.DOTALL,
)
_PATH_OF_WORDS = regex(r"[a-z]+(?:[_-][a-z0-9]+)*(?:/[a-z]+(?:[_-][a-z0-9]+)*)+")
"""As Secrets Manager's secrets are called: `prod/shop/db`."""
_NAMED = regex(
    # gcloud, docker and podman are told by `--secret` which one is meant.
    r"(?<![^\s;,?&\"'=:])(?P<flag>-{1,2}(?!secret[\s=]))?(?P<name>[A-Za-z_][\w.-]{1,80}+)"
    r"(?:\\?[\"']?(?:=|:[ \t]|:(?=\\?[\"']))|(?(flag)[ \t]{1,3}(?!-)|(?!)))"
    r"(?=[ \t]?(?P<quote>\\?[\"']|)(?![$`{\[|>&*!<%=]|" + NO_VALUE + r")(?P<value>[^\s\"';,\\]{1,500}+)(?P=quote))"
)
"""A name and its value in a line of shell, in a file that it writes or the JSON that it sends: `TOKEN=…`, `--token …`, `"token": "…"`."""


def is_credential(name: Any, value: Any) -> bool:
    """Whether a value under this name is a credential, by the name or by what stands in it."""
    return isinstance(value, SecretText) or has_credential_line(value) or is_credential_by_name(name, value)


def is_credential_by_name(name: Any, value: Any) -> bool:
    """Whether the name is one of a credential, and the value neither empty nor only says where to find it."""
    if not isinstance(value, str) or not is_secret_name(name) or _is_nothing(value) or _is_address(value):
        return False
    return not (may_name_a_whole_secret(name) and _PATH_OF_WORDS.fullmatch(value))


def has_credential(text: Any) -> bool:
    """Whether a text, of a program too, holds a key or token of a known form, or a password as addresses, SQL and commands have it."""
    if not isinstance(text, str):
        return False
    return TOKEN.search(text) is not None or any(not _is_nothing(match["password"]) for match in forms(text, FORMS + COMMANDS))


def has_credential_line(text: Any) -> bool:
    """Whether a script, or a value that has names and values in it, holds a credential: anywhere, or under its name (`export TOKEN=…`)."""
    if not isinstance(text, str):
        return False
    return has_credential(text) or (
        speaks_of_credentials(text) and any(is_credential_by_name(match["name"], match["value"]) for match in _NAMED.finditer(text))
    )


def ends_in_credential(before: str, argument: Any) -> bool:
    """Whether an argument has the password of a command whose earlier arguments stand before it: `curl -u` `admin:hunter2`."""
    if not isinstance(argument, str):
        return False
    return any(match.end() > len(before) and not _is_nothing(match["password"]) for match in forms(f"{before} {argument}", COMMANDS))


def _is_nothing(value: str) -> bool:
    return _NOTHING.fullmatch(value.strip(" \t\r\n\"',")) is not None


def _is_address(value: str) -> bool:
    """Whether it only says where to ask: what a URL holds that could be secret was looked for before."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value) is not None
