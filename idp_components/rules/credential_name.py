"""Names: whether one is that of a credential."""

from __future__ import annotations

import re
from typing import Any

from idp_components.rules.regex import regex

_WORDS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_TELLING = ("pass", "pw", "secret", "token", "key", "credential", "bearer", "auth", "jwt", "cookie", "connection", "honeycomb")
"""Each name of a credential has one of these in it, so that most texts needn't be read any closer."""
_SECRET = regex(
    r"^(?:.*_)?(?:[a-z]*passw(?:or)?ds?|[a-z]*passphrase|[a-z]*secret"
    r"|(?:db|pg|my|mysql|redis|root|user|admin|smtp|ldap|ssh|proxy|key|store)?(?:(?:pass|pw)(?=$)|pwd)"
    r"|(?:access|api|auth|bearer|bot|refresh)?token|(?:access|api|auth|bearer|bot|refresh)_tokens|apikey|authkey|secretkey|accesskey|privatekey"
    r"|(?:access|account|admin|api|app|application|auth|azure_batch|client|cookie|encryption|fernet|hmac|license|master|private|secret|shared|signing|ssh"
    r"|storage|write)_keys?"
    r"|credentials?|bearer|connection_string|basic_auth|neo_4_j_auth|x_honeycomb_team|erlang_cookie|jwt|requirepass|masterauth)(?P<after>(?:_.*)?)$"
)
"""The last word counts that can name one: `TOKEN_SERVICE_PASSWORD` is a password."""
_ABOUT = regex(
    # What only speaks about a credential: where it lies, how it is called, how long it lives, what a form says of it.
    r"_(?:(?:age|alg|algorithm|alias|arn|attempts|attribute|audience|auth|authentication|backend|bucket|cache|check|claim|class|cmd|column|command"
    r"|cookie"
    r"|count|days|dir|directory|enabled|encryption|endpoint|engine|env|exchange|expires|expiry|expiration|field|file|format|generator|hasher"
    r"|header|hint|history|host|hours|id|interval|issuer|iterations|key_id|key_name|label|leeway|length|lifetime|limit|location|manager|max|min|mode"
    r"|mount|name|namespace|param|path|placeholder|policy|port|prefix|provider|queue|rate|ref|reference|region|required|reset|role|rotation"
    r"|rounds|scope|scopes|seconds|server|service|size|skew|source|stage|stdin|store|strategy|strength|table|time|timeout|topic|ttl|type|uri|url|use"
    r"|user|username|validation|validity|var|variable|version)(?:_[a-z0-9]+)?"
    # What handles or describes one, as the last word only: `PASSWORD_DOMAIN_ADMIN` is a password.
    r"|(?:"
    r"adapter|analyzer|annotation|binding|builder|caption|chain|characters|charset|checker|client|codec|comparator"
    r"|complexity|constraint|controller|converter|customizer|decoder|decorator|delimiter|description|detector|digits|domain"
    r"|driver|duration|encoder|encoding|entropy|error|evaluator|expression|extension|extractor|factory|filter|flow|formatter"
    r"|function|grant|group|guard|handler|helper|hook|impl|implementation|inspector|instructions|interceptor|introspection"
    r"|introspector|lifecycle|lifespan|listener|loader|lookup|lowercase|mapper|mapping|mechanism|message|method|middleware"
    r"|module|parser|pattern|plugin|processor|prompt|protocol|quality|reader|realm|regex|regexp|renewal|repository"
    r"|requirement|resolver|retention|retries|rule|sanitizer|scanner|schema|scheme|selector|separator|serialization"
    r"|serializer|signer|status|storage|subject|suffix|supplier|support|symbols|template|threshold|title|tooltip|transformer"
    r"|translator|transport|uppercase|validator|verification|verifier|warning|window|wrapper|writer"
    r")s?)$"
)
_SWITCH = regex(
    r"^(?:allow|disable|enable|has|is|no|require|requires|skip|use|with)_"
    r"|(?:^|_)(?:(?:cert|credentials?|existing|password|pull|tls)_secret$|existing_secret_|password_(?:secret_)?key$|public_(?:key|token)(?:_|$))"
    r"|^airflow_.*_secret$"  # a path in its secrets backend
)
"""What is a switch, the name of a Secret or of a key in it, or made for everybody to see."""
_WHOLE = regex(r"(?:secret|credential)s?$", re.IGNORECASE)


def speaks_of_credentials(text: str) -> bool:
    """Whether any name of a credential can stand in a text, which is quickly asked."""
    small = text.lower()
    return any(word in small for word in _TELLING)


def is_secret_name(name: Any) -> bool:
    """Whether a name (`DB_PASSWORD`, `apiKey`, `PGPASSWORD`) is one of a credential, and not of something about it (`TOKEN_TTL`)."""
    if not isinstance(name, str) or len(name) > 253 or not speaks_of_credentials(name):
        return False
    # What stands before a colon is a namespace, or an issuer: token.actions.githubusercontent.com:aud
    snake = "_".join(_WORDS.findall(name.rpartition(":")[2])).lower()
    match = _SECRET.search(snake)
    return match is not None and not _ABOUT.search(match["after"]) and not _SWITCH.search(snake)


def may_name_a_whole_secret(name: Any) -> bool:
    """Whether what stands under a name (`DB_SECRET`, `rdsCredentials`) may be how a secret is called, and not only what is in it."""
    return isinstance(name, str) and _WHOLE.search(name) is not None
