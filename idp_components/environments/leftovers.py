"""What AWS has of environments whose stack is gone: found by its tags, in IAM too, and removed one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from idp_components.core import labels, naming
from idp_components.environments.account import Account, AccountError
from idp_components.environments.aws_kinds import KINDS, Kind
from idp_components.environments.inventory import Leftover, is_ephemeral

SIDE_BY_SIDE = 8
"""Questions to AWS at once."""
GONE = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist")
"""In the codes by which services answer that something isn't there."""
OVER = ("deleting", "PendingDeletion")
"""States of what goes by itself from here on."""


def found(account: Account, wanted: Callable[[str], bool]) -> tuple[dict[str, tuple[Leftover, ...]], str]:
    """What is there, by the name of the environment in its tags, of those whose name is `wanted`; and what AWS let nobody list.

    The Tagging API may list what was deleted a moment ago: only what its service still knows counts.
    """
    by_arn: dict[str, str] = {}
    refused = []
    for listed in (_tagged, _in_iam):
        try:
            by_arn |= {arn: whose for arn, whose in listed(account) if is_ephemeral(whose) and wanted(whose)}
        except AccountError as error:
            refused.append(str(error))
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        there = [each for each in pool.map(lambda arn: _looked_at(account, arn), by_arn) if each]
    environments = {by_arn[each.arn] for each in there}
    return {whose: tuple(each for each in there if by_arn[each.arn] == whose) for whose in environments}, "; ".join(refused)


def remove(account: Account, leftovers: Iterable[Leftover]) -> None:
    """Remove them, again and again while that gets further: some go only after others. Raises AccountError with what stays, and why."""
    waiting = [leftover.arn for leftover in leftovers]
    while waiting:
        refused = {arn: why for arn in waiting if (why := _refused(account, arn))}
        if len(refused) == len(waiting):
            raise AccountError("; ".join(f"{arn}: {why}" for arn, why in refused.items()))
        waiting = list(refused)


def _tagged(account: Account) -> Iterator[tuple[str, str]]:
    pages = account.ask("resourcegroupstaggingapi", "get_resources", pages=True, TagFilters=[{"Key": labels.ENVIRONMENT}])
    for page in pages:
        for each in page["ResourceTagMappingList"]:
            yield each["ResourceARN"], _whose(each["Tags"])


def _in_iam(account: Account) -> Iterator[tuple[str, str]]:
    """Roles, policies and instance profiles, which the Tagging API doesn't list, or only elsewhere (IAM, "Tagging IAM resources")."""
    for page in account.ask("iam", "get_account_authorization_details", pages=True, Filter=["Role"]):
        for each in page["RoleDetailList"]:
            yield each["Arn"], _whose(each.get("Tags") or ())
    policies = [each for page in account.ask("iam", "list_policies", pages=True, Scope="Local") for each in page["Policies"]]
    profiles = [each for page in account.ask("iam", "list_instance_profiles", pages=True) for each in page["InstanceProfiles"]]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:  # a list has no tags
        described = pool.map(lambda each: (each["Arn"], _described(account, each["Arn"]) or {}), [*policies, *profiles])
    for arn, each in described:
        yield arn, _whose(each.get("Tags") or ())


def _whose(tags: Iterable[dict[str, str]]) -> str:
    """Name of the environment that the tags name."""
    said = {tag["Key"]: tag["Value"] for tag in tags}
    return naming.namespace(said.get(labels.TEAM, ""), said.get(labels.ENVIRONMENT, ""))


def _looked_at(account: Account, arn: str) -> Leftover | None:
    """The resource; none where it is gone, or about to be."""
    kind = _kind(arn)
    if kind is None:
        return Leftover(arn, None)  # nobody here knows whether it is still there: somebody has to look
    try:
        described = _described(account, arn)
    except AccountError:
        return Leftover(arn, None)  # the same
    if described is None or described.get(kind[0].state) in OVER or described.get("DeletedDate"):
        return None
    return Leftover(arn, _moment(described.get(kind[0].made)))


def _described(account: Account, arn: str) -> dict[str, Any] | None:
    """What its service says of a resource; none where it is gone. Raises AccountError."""
    kind = _kind(arn)
    try:
        return dict(kind[0].look(account.ask, kind[1])) if kind else None
    except LookupError:
        return None
    except AccountError as error:
        if GONE.search(error.code):
            return None
        raise


def _refused(account: Account, arn: str) -> str:
    """Why a resource isn't removed; empty where it is."""
    kind = _kind(arn)
    if kind is None:
        return "nobody here knows how to remove that; do it by hand"
    try:
        kind[0].remove(account.ask, kind[1])
    except AccountError as error:
        return "" if GONE.search(error.code) else str(error)
    return ""


def _kind(arn: str) -> tuple[Kind, str] | None:
    """Its kind, and what the operations of its service take."""
    _, _, service, _, _, resource = arn.split(":", 5)
    for pattern, kind in KINDS.items():
        if match := re.fullmatch(pattern, f"{service}:{resource}"):
            return kind, match[1] if match.groups() else arn
    return None


def _moment(said: Any) -> datetime | None:
    """A moment as AWS says it: with a time zone, or in seconds."""
    if isinstance(said, datetime):
        return said.astimezone(UTC)
    return datetime.fromtimestamp(float(said), UTC) if isinstance(said, str) else None
