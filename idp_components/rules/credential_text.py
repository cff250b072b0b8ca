"""Text: whether a name speaks of a credential, and whether a value is one."""

from __future__ import annotations

import re
from typing import Any

from idp_components.rules.field import SecretText

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET = re.compile(
    r"(?:^|_)(?:[a-z]*passw(?:or)?ds?|[a-z]*passphrase|[a-z]*secret|(?:db|pg|my|mysql|redis|root|user|admin|smtp|proxy)?pass(?=$)|pwd"
    r"|token|apikey|authkey|secretkey|accesskey|privatekey"
    r"|(?:api|access|account|app|auth|client|encryption|license|master|private|secret|shared|signing|ssh)_keys?"
    r"|credentials?|bearer|connection_string|basic_auth|jwt|requirepass|masterauth)(?P<after>(?:_.*)?)$"
)
_ABOUT = re.compile(
    # What only speaks about a credential: where it lies, how it is called, how long it lives.
    r"_(?:age|alg|algorithm|alias|arn|attempts|attribute|audience|auth|authentication|backend|bucket|cache|check|class|cookie|count|days|dir"
    r"|directory|enabled|encryption|endpoint|engine|exchange|expires|expiry|expiration|field|file|format|generator|hasher|header|host|hours"
    r"|id|interval|issuer|iterations|key_id|key_name|leeway|length|lifetime|limit|location|manager|max|min|mode|mount|name|namespace|param"
    r"|path|policy|port|prefix|provider|rate|ref|reference|region|required|reset|role|rotation|rounds|scope|scopes|seconds|server|service"
    r"|size|skew|source|store|strategy|strength|timeout|ttl|type|uri|url|user|username|validation|version)(?:_[a-z0-9]+)?$"
)
_SWITCH = re.compile(
    r"^(?:allow|disable|enable|has|is|no|require|requires|skip|use|with)_|(?:^|_)(?:cert|existing|password|pull|tls)_secret$"
)
"""What is a switch, or only the name of a Secret."""
_NOTHING = re.compile(
    r"(?i:true|false|yes|no|on|off|none|null|nil|undefined|optional|required|disabled|enabled)?"
    r"|\[.*\]|<.*>|\*+|x{3,}|\.{3}"  # left out, or to be filled in
    r"|\$\(.*\)|\$\{.*\}|\$[A-Za-z_][\w.:-]*|\{\{.*\}\}|%\w+%"  # another variable
    r"|(?:arn|vault|ref|ref\+\w+|op|sm|ssm|awssm|gcpsm|secretref|file):.*"  # where it lies
    r"|\.{0,2}(?:/[\w.-]+)+/?",  # a path
    re.DOTALL,
)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}"  # GitHub, GitLab
    r"|xox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+"  # Slack
    r"|(?:sk|rk)_(?:live|test)_\w{16,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"  # Stripe, Google, SendGrid
    r"|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{20,}|hv[sb]\.[\w-]{20,}|dop_v1_[a-f0-9]{64}|pul-[a-f0-9]{40}"  # registries, Vault, clouds
    r"|sk-(?:ant-|proj-)?[\w-]{32,}"  # OpenAI, Anthropic
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})"  # a signed JSON Web Token
    r"|-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY"
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@?#]{0,200}:(?P<password>[^\s/@]{1,200})@")
_DRIVER = re.compile(r"(?:^|[\s\"'])[^\s:@/]{1,64}:(?P<password>[^\s@:/]{1,200})@(?:tcp|unix)\(")
"""As Go's driver of MySQL reads it: `user:password@tcp(host:3306)/database`."""
_HEADER = re.compile(r"(?i:authorization)\s{0,3}:\s{0,3}(?i:bearer|basic|token)\s{1,3}(?P<password>[\w.~+/=-]{8,})")
_ASSIGNMENT = re.compile(
    r"(?m)(?:^|[\s;,])(?P<name>[A-Za-z_][\w.-]{1,60})(?:=|:[ \t])(?P<quote>[\"']?)(?![$`{\[|>&*!])(?P<value>[^\s\"';,]{1,500})(?P=quote)"
)
_COMMAND = re.compile(
    r"\b(?:curl\b[^\n|;&]{0,300}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"'$]{1,64}:|(?:mysql|mariadb)[\w-]{0,12}[^\n|;&]{0,300}?\s-p(?=\S)"
    r"|redis-cli\b[^\n|;&]{0,300}?\s-a\s{1,3}|sshpass\s{1,3}-p\s{0,3})[\"']?(?P<password>(?![$`])[^\s\"'`|;&]{1,200})"
)
"""A password as curl, the clients of MySQL and Redis, and sshpass take it."""
_PAIR = re.compile(
    r"(?:^|[;\s?&])-{0,2}\w{0,40}?(?:password|pwd|accountkey|sharedaccesskey)\s{0,3}=\s{0,3}(?![\"']?[$%{<])(?P<password>[^;&\s]+)",
    re.IGNORECASE,
)


def is_secret_name(name: Any) -> bool:
    """Whether a name (`DB_PASSWORD`, `apiKey`, `PGPASSWORD`) is one of a credential, and not of something about it (`TOKEN_TTL`)."""
    if not isinstance(name, str) or len(name) > 253:
        return False
    snake = "_".join(_WORDS.findall(name)).lower()
    match = _SECRET.search(snake)
    return match is not None and not _ABOUT.search(match["after"]) and not _SWITCH.search(snake)


def is_credential(name: Any, value: Any) -> bool:
    """Whether a value under this name is a credential, by the name or by what it looks like."""
    if not isinstance(value, str):
        return False
    if isinstance(value, SecretText) or has_credential(value):
        return True
    return is_secret_name(name) and not _NOTHING.fullmatch(value.strip()) and not _is_address(value)


def has_credential(text: Any) -> bool:
    """Whether a text holds a key or token of a known form, or a password within an address or a connection string."""
    if not isinstance(text, str):
        return False
    if _TOKEN.search(text):
        return True
    found = (match for pattern in (_URL, _PAIR, _DRIVER, _HEADER, _COMMAND) for match in pattern.finditer(text))
    return any(not _NOTHING.fullmatch(match["password"]) for match in found)


def has_credential_line(text: str) -> bool:
    """Whether a script or a file of settings holds a credential: anywhere, or as a value that a line gives a name (`export TOKEN=…`)."""
    return has_credential(text) or any(is_credential(match["name"], match["value"]) for match in _ASSIGNMENT.finditer(text))


def ends_in_credential(before: str, argument: Any) -> bool:
    """Whether an argument has the password of a command whose earlier arguments stand before it: `curl -u` `admin:hunter2`."""
    if not isinstance(argument, str):
        return False
    return any(
        match.end() > len(before) and not _NOTHING.fullmatch(match["password"]) for match in _COMMAND.finditer(f"{before} {argument}")
    )


def _is_address(value: str) -> bool:
    """Whether it only says where to ask: what a URL holds that could be secret was looked for before."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value) is not None
