"""Forms that a credential is written in: keys and tokens that tell themselves apart, and what stands around a password."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from idp_components.rules.regex import regex

_Form = tuple[str, re.Pattern[str]]
"""What must stand in a text, in small letters, before it is worth the search; and how the password stands in it."""

TOKEN = regex(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}"  # GitHub, GitLab
    r"|xox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+"  # Slack
    r"|discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}|webhook\.office\.com/webhookb2/[\w@-]{20,}"  # Discord, Teams
    r"|(?:sk|rk)_(?:live|test)_\w{16,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"  # Stripe, Google, SendGrid
    r"|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{20,}|hv[sb]\.[\w-]{20,}|dop_v1_[a-f0-9]{64}|pul-[a-f0-9]{40}"  # registries, Vault, clouds
    r"|sk-(?:ant-|proj-)?[\w-]{32,}"  # OpenAI, Anthropic
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})"  # a signed JSON Web Token
    r"|-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY"
)
NO_VALUE = (
    r"(?:\(?(?:\\{1,4}[dDsSwW]|\.[*+]|\[[^\]\s]{1,80}\](?:[*+{\"'\s]|$))|\(\?[:<P]|\*\*"  # a regular expression and a mask: `\S+`, `***`
    r"|[\w.]{1,80}\[[:\"']|`[^`]{1,300}`)"  # what a program looks up, and a shell runs: `reply["password"]`
)
"""How begins what stands in a password's place, but is none."""
FORMS: tuple[_Form, ...] = (
    ("://", regex(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@?#]{0,200}:(?P<password>[^\s/@]{1,200})@")),
    # As Go's driver of MySQL reads it: `user:password@tcp(host:3306)/database`.
    ("@", regex(r"(?:^|[\s\"'])[^\s:@/]{1,64}:(?P<password>[^\s@:/]{1,200})@(?:tcp|unix)\(")),
    # An address that Azure has signed: whoever has it is let in.
    ("&sig=", regex(r"[?&]s[epvr]=[^\s\"'#]{1,300}?&sig=(?P<password>[\w%+/=-]{8,200})")),
    (
        "authorization",
        regex(
            r"(?i:authorization)[\"']?(?:\s{0,3}[:=]\s{0,3}[\"']?|[\s,]{1,3}[\"'])(?i:bearer|basic|token)(?:\s{1,3}|%20)"
            r"(?P<password>[\w.~+/=-]{8,})"
        ),
    ),
    # The whole of such a header; a word alone is none.
    *(
        (word, regex(rf"^(?i:{word})\s{{1,3}}(?=\S{{0,200}}(?:[0-9=]|[a-z][A-Z]))(?P<password>[\w.~+/=-]{{8,}})\Z"))
        for word in ("bearer", "basic")
    ),
    (
        "=",
        regex(
            r"(?:^|[;\s?&\"'])(?:-D[\w.]{0,60}?|[\w-]{0,60}?)(?:password|pwd|accountkey|sharedaccesskey)\s{0,3}=\s{0,3}"
            r"(?!(?:\\?[\"'])?(?:[$%{<#=>]|" + NO_VALUE + r")"
            r"|[\w.]+\))(?P<password>[^;&\s]+)",  # of a call the last argument is a variable
            re.IGNORECASE,
        ),
    ),
    # What a shell takes where a variable is unset.
    (
        "${",
        regex(r"\$\{\w{0,60}?(?:password|passwd|passphrase):[=-][\"']?(?P<password>[^\s\"'${}`]{1,200})[\"']?\}", re.IGNORECASE),
    ),
    # As SQL gives a role its password.
    (
        "'",
        regex(
            r"\b(?:password|identified(?:\s{1,9}with\s{1,9}\w{1,40})?\s{1,9}by)\s{1,9}'(?![$%:*?])(?P<password>[^'\s]{1,200})'",
            re.IGNORECASE,
        ),
    ),
    # A login to a registry of images, as Docker keeps it.
    ('"auths"', regex(r'"auth"\s{0,9}:\s{0,9}"(?P<password>[A-Za-z0-9+/]{8,}={0,2})"')),
)
_ARGUMENT = r"[\"']?(?P<password>(?![$`%])[^\s\"'`|;&]{1,200})"
COMMANDS: tuple[_Form, ...] = tuple(
    (word, regex(before + _ARGUMENT))
    for word, before in (
        ("curl", r"\bcurl\b[^\n|;&]{0,300}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"'$]{1,64}:"),
        ("mysql", r"\bmysql[\w-]{0,12}[^\n|;&]{0,300}?\s-p(?=\S)"),
        ("mariadb", r"\bmariadb[\w-]{0,12}[^\n|;&]{0,300}?\s-p(?=\S)"),
        ("redis-cli", r"\bredis-cli\b[^\n|;&]{0,300}?\s-a\s{1,3}"),
        ("mongo", r"\bmongo[a-z]{0,9}\b[^\n|;&]{0,300}?\s-p\s{1,3}(?!-)"),
        ("sqlcmd", r"\bsqlcmd\b[^\n|;&]{0,300}?\s-P\s{0,3}"),
        ("sshpass", r"\bsshpass\s{1,3}-p\s{0,3}"),
        ("login", r"\b(?:docker|podman|nerdctl|az|oc|helm registry)\s{1,3}login\b[^\n|;&]{0,300}?\s-p\s{1,3}"),
        ("configure set", r"\bconfigure set\s{1,3}[\w.-]{0,40}?aws_secret_access_key\s{1,3}"),
        ("htpasswd", r"\bhtpasswd\s[^\n|;&]{0,99}?-\w{0,4}b\w{0,4}\s{1,3}(?:[/.]\S{1,200}\s{1,3})?[^\s/-]\S{0,64}\s{1,3}"),
        ("openssl", r"\bopenssl\b[^\n|;&]{0,300}?\s-pass(?:in|out)?\s{1,3}pass:"),
        ("ldap", r"\bldap[a-z]{3,9}\b[^\n|;&]{0,300}?\s-w\s{0,3}"),
        ("rabbitmqadmin", r"\brabbitmqadmin\b[^\n|;&]{0,300}?\s-p\s{1,3}"),
        (
            "rabbitmqctl",
            r"\brabbitmqctl\b[^\n|;&]{0,99}?\s(?:add_user|authenticate_user|change_password)"
            r"[ \t]{1,3}[^\s|;&-][^\s|;&]{0,63}[ \t]{1,3}(?![-<>]|\d>)",
        ),
        ("mc", r"\bmc\b[^\n|;&]{0,99}?\s(?:alias set|config host add)(?:[ \t]{1,3}[^\s|;&-][^\s|;&]{0,200}){3}[ \t]{1,3}(?!-)"),
        ("net user", r"\bnet user\s{1,3}[^\s/]{1,64}\s{1,3}(?![/*])"),
        ("convertto-securestring", r"(?i:\bConvertTo-SecureString)\s{1,3}(?i:-String\s{1,3})?(?!-)"),
        # A list of users in cloud-init; `RANDOM` lets it draw a password.
        ("chpasswd", r"\bchpasswd:\s{0,9}\{?[\w\s:]{0,60}?\blist:[\s|\"'\[-]{0,20}[\w.-]{1,64}:(?!R(?:ANDOM)?\b)"),
    )
) + tuple(
    # `echo user:password | chpasswd`
    (reader, regex(r"\becho\s{1,3}(?:-n\s{1,3})?[\"']?(?P<password>[^\s\"'`|;&$]{1,200})[\"']?\s{0,3}\|[^\n|;&]{0,200}?" + reader))
    for reader in ("chpasswd", "passwd --stdin", "--password-stdin")
)
"""Passwords as commands take them."""


def forms(text: str, known: Iterable[_Form]) -> Iterator[re.Match[str]]:
    """Where a text has one of the forms."""
    small = text.lower()
    for word, pattern in known:
        if word in small:
            yield from pattern.finditer(text)
