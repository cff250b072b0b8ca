"""Text of a file of settings: each name that it sets, and to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from idp_components.rules.regex import regex

_Settings = Iterator[tuple[str, str]]
_LINE = regex(
    r"(?:export\s+)?[\"']?(?:[\w-]+\.)*(?P<name>[\w-]+)[\"']?\s*(?:=>?|:|\s)\s*(?:(?P<quote>[\"'])(?P<quoted>.*?)(?P=quote).*|(?P<value>.*))"
)
_TEMPLATES = (".tpl", ".tmpl", ".template", ".j2")
"""Endings of files that a program fills in; the one before says what they become."""
_FEWEST_WORDS = 3
"""A value of so many is a sentence, such as a label of a form."""
_ROOT = 4
"""Letters that a word has in common with the same one in a neighbouring language."""
_CODE = regex(
    r"(?:\bdefine\(\s{0,3}[\"'](?P<constant>\w{1,80})[\"']\s{0,3},|(?<![\w.$-])(?P<name>[A-Za-z_][\w.$-]{0,80}+)[\"']?\]?\s{0,8}(?:=>?|:)(?!=))"
    r"\s{0,8}(?P<quote>[\"'])(?P<value>[^\"'\\\n]{1,300}+)(?P=quote)"
)
"""A name and a text that a program gives it; PHP defines constants by a call."""
_XML = (
    regex(r"<(?P<name>[\w.:-]{1,80}+)(?:\s[^<>]{0,300}+)?>(?P<value>[^<>]{1,300}+)</"),
    regex(r"\s(?P<name>[\w.:-]{1,80}+)\s?=\s?(?P<quote>[\"'])(?P<value>[^\"'<>]{1,300}+)(?P=quote)"),
    # <name>…</name> <value>…</value> of Hadoop, and <add key="…" value="…"/> of .NET
    regex(
        r"(?:name|key)(?:>|=[\"'])(?P<name>[\w.:-]{1,120}+)(?:</(?:name|key)>\s{0,99}<value>|[\"']\s{1,9}value=[\"'])(?P<value>[^\"'<>]{1,300}+)"
    ),
)
_PASSWORDS = {
    "pgpass": regex(r"(?m)^(?!#)(?:[^:\n]{1,200}:){4}(?P<value>[^:\s]{1,200})$"),
    "netrc": regex(r"\spassword\s{1,9}(?P<value>\S{1,200})"),
    "userlist.txt": regex(r"(?m)^\"[^\"\n]{1,99}\"[ \t]{1,9}\"(?P<value>[^\"\n]{1,200})\""),  # of PgBouncer
    "acl": regex(r"(?m)^user[ \t][^\n]{0,300}?[ \t]>(?P<value>[^\s]{1,200})"),  # of Redis
    "conf": regex(r"(?m)^\s{0,9}sentinel[ \t]{1,9}auth-pass[ \t]{1,9}\S{1,99}[ \t]{1,9}(?P<value>\S{1,200})"),
    "cfg": regex(r"(?m)^\s{0,99}stats[ \t]{1,9}auth[ \t]{1,9}[^\s:]{1,99}:(?P<value>\S{1,200})"),  # of HAProxy
}
"""Files that have passwords at a place of their own, by name or ending."""


def settings(name: str, text: str) -> _Settings:
    """Each setting of a file, by the ending of its name; nothing where it can't be read as that, or is of another sort."""
    for template in _TEMPLATES:
        name = name.removesuffix(template)
    ending = name.rpartition(".")[2] if "." in name else ""
    if passwords := _PASSWORDS.get(name) or _PASSWORDS.get(ending or name):
        yield from (("password", match["value"]) for match in passwords.finditer(text))
    if read := _READERS.get(ending):
        yield from ((key, value) for key, value in read(text) if len(value.split()) < _FEWEST_WORDS and not _is_label(key, value))


def _of_lines(text: str) -> _Settings:
    """`name = value`, `name: value`, or as Redis has it `name value`."""
    for line in map(str.strip, text.splitlines()):
        if found := _LINE.fullmatch(line):
            yield found["name"], found["value"] if found["quoted"] is None else found["quoted"]


def _of_code(text: str) -> _Settings:
    for match in _CODE.finditer(text):
        name, value = match["constant"] or match["name"], match["value"]
        if name.casefold() != value.casefold():  # the word itself: PASSWORD = "password"
            yield name, value


def _of_xml(text: str) -> _Settings:
    for form in _XML:
        yield from ((match["name"], match["value"].strip()) for match in form.finditer(text))


def _of_tree(text: str) -> _Settings:
    """What YAML or JSON sets; an entry without an ending, or with `config`, may be of another sort."""
    if text.lstrip()[:1] == "<":
        return _of_xml(text)
    tree = _tree(text)
    return _of_lines(text) if tree is None else _leaves(tree)


def _tree(text: str) -> Any:
    """What a text is as YAML or JSON; none for anything else."""
    # Here, since the parser of YAML takes its time to load.
    from idp_components.rules.sources.document import SourceError
    from idp_components.rules.sources.text import parse

    try:
        documents = [entry.data for entry in parse(text.encode(errors="replace"), "")]
    except SourceError:
        return None
    return documents if any(isinstance(document, dict | list) for document in documents) else None


def _leaves(tree: Any) -> _Settings:
    """Each text in a tree with the name that it stands under. What aliases repeat is read once."""
    open_, seen = [("", tree)], set[int]()
    while open_:
        name, value = open_.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, dict):
                open_ += [(str(key), member) for key, member in value.items()]
                if isinstance(value.get("name"), str):  # a variable of a container
                    open_.append((value["name"], value.get("value")))
            else:
                open_ += [(name, member) for member in value]


def _is_label(name: str, value: str) -> bool:
    """Whether a value is what a form calls the field of this name: `password=Passwort`."""
    return value.istitle() and value.isalpha() and len(value) > _ROOT and value[:_ROOT].lower() in name.lower()


_READERS: dict[str, Callable[[str], _Settings]] = {
    **dict.fromkeys(("env", "ini", "properties", "toml", "conf", "cfg", "cnf"), _of_lines),
    **dict.fromkeys(("yaml", "yml", "json", "config", ""), _of_tree),
    **dict.fromkeys(("py", "php", "rb", "lua", "groovy", "hcl", "js", "mjs", "cjs", "ts"), _of_code),
    "xml": _of_xml,
}
"""What reads a file, by its ending; an entry without any is often YAML or JSON (`alertmanager`, `oidc.config`)."""
