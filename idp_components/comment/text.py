"""The comment's text: Markdown that GitHub, GitLab and Bitbucket show alike, and that no value can break out of."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TypeVar

from idp_components.comment.facts import Facts

T = TypeVar("T")
SAFE_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/?=&%+-]*)?")
MOST = 50
"""Entries of a list; a comment of GitHub holds 65,536 characters."""


def marker(name: str) -> str:
    """What the comment is found again by. It is a link's definition, which Markdown shows nowhere; Bitbucket would show an HTML comment."""
    return f"[//]: # (idp:environment:{name})"


def text(facts: Facts, now: datetime) -> str:
    """The comment of an environment that is there."""
    lines = [marker(facts.name), "", f"### Environment {code(facts.name)} is {_word(facts.state)}", ""]
    lines += [f"- {code(name)}: {_link(url)}" for name, url in _first(sorted(facts.urls.items()))] or [
        "Nothing of it is reachable from outside."
    ]
    lines += ["", *_inside(facts), *_life(facts, now), *_cost(facts), ""]
    lines += [
        "To keep it longer or to remove it:",
        "",
        "```sh",
        f"idp env extend {facts.name} --hours 24",
        f"idp env destroy {facts.name}",
        "```",
        "",
    ]
    return "\n".join(lines)


def gone(name: str) -> str:
    """The comment of an environment that isn't there any more."""
    return "\n".join([marker(name), "", f"### Environment {code(name)} is gone", "", "Everything of it was removed.", ""])


def code(value: str) -> str:
    """Text as it is: in a span of code nothing is a mention, a link, HTML or Markdown (CommonMark, "Code spans")."""
    plain = " ".join("".join(" " if ord(char) < 32 or ord(char) == 127 else char for char in value).split()) or " "
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or not plain.strip() else ""
    return f"{fence}{space}{plain}{space}{fence}"


def _word(state: str) -> str:
    return state if re.fullmatch(r"[a-z ]{1,40}", state) else code(state)


def _link(url: str) -> str:
    return f"<{url}>" if SAFE_URL.fullmatch(url) else code(url)


def _inside(facts: Facts) -> list[str]:
    """What is inside, by kind."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for part in facts.components:
        kinds[part.kind].append(part.name)
    return [f"**{_word_of_kind(kind)}**: {', '.join(map(code, _first(sorted(names))))}  " for kind, names in sorted(kinds.items())]


def _word_of_kind(kind: str) -> str:
    return kind if re.fullmatch(r"[A-Za-z]+", kind) else code(kind)


def _life(facts: Facts, now: datetime) -> list[str]:
    found = [f"**Owner**: {code(facts.owner)}  "] if facts.owner else []
    if facts.ends_at is not None:
        left = facts.ends_at - now
        soon = f", in {_hours(left)}" if left > timedelta() else ", which is over"
        found.append(f"**Ends**: {facts.ends_at:%Y-%m-%d %H:%M} UTC{soon}  ")
    return found


def _hours(left: timedelta) -> str:
    hours = max(round(left / timedelta(hours=1)), 1)
    return f"{hours} hour{'' if hours == 1 else 's'}" if hours < 48 else f"{hours // 24} days"


def _cost(facts: Facts) -> list[str]:
    so_far, day = facts.usd_so_far, facts.usd_per_day
    known = [f"{so_far:.2f} US dollars so far"] if so_far is not None else []
    known += [f"{day:.2f} a day"] if day is not None else []
    missing = f"; {facts.unknown_costs} of its parts have no known price" if facts.unknown_costs else ""
    return [f"**Cost**: {', '.join(known) or 'not known'}{missing}  "]


def _first(entries: list[T]) -> list[T]:
    return entries[:MOST]
