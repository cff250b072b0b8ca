"""The name of a stack: `<team>-<environment>`. Apart from the rest, for policy packs, which must start quickly."""

import re

_ENVIRONMENT = r"(?P<environment>dev|staging|production|preview|pr-[0-9]{1,10}|user-(?!(?:dev|staging|production|preview)$)[a-z0-9]{1,15})"
"""A user's name is no environment's: `shop-user-dev` is the stack of a team `shop-user`. Its length fits MAX_DOMAIN_LENGTH."""
STACK_PATTERN = re.compile(rf"(?P<team>.+?)-{_ENVIRONMENT}")
_WITH_OR_WITHOUT_TEAM = re.compile(rf"(?:.+?-)?{_ENVIRONMENT}")


def parts_of_urn(urn: str) -> re.Match[str] | None:
    """Team and environment of the stack that a resource's URN names."""
    return STACK_PATTERN.fullmatch(urn.removeprefix("urn:pulumi:").partition("::")[0])


def environment_in(stack: str) -> str:
    """The environment that a stack's name ends with (`dev`, `pr-42`, `user-alice`), also without a team; empty where there is none."""
    match = _WITH_OR_WITHOUT_TEAM.fullmatch(stack.rpartition("/")[2])
    return match["environment"] if match else ""
