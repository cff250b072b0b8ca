"""The sandbox's AWS endpoint: moto, and what the golden paths need that moto doesn't have.

Run by the sandbox as `python -m idp_sandbox.aws_endpoint`, with the options of moto's own server. What is added here keeps what it is
told and refuses what AWS would refuse, as moto does: groups of users and of parameters of ElastiCache, changing and deleting what moto
only makes, and queues that say whose dead-letter queue they are.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from moto import server
from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache import urls
from moto.elasticache.exceptions import ElastiCacheException, UserNotFound
from moto.elasticache.models import CacheSubnetGroup
from moto.elasticache.responses import ElastiCacheResponse
from moto.sqs.models import Queue

TAGGABLE = re.compile(r"^arn:aws:elasticache:[^:]*:[0-9]*:(cluster|parametergroup|replicationgroup|snapshot|subnetgroup|user|usergroup):")
Made = dict[str, Any]


class Refused(ElastiCacheException):  # type: ignore[misc]  # moto has no types
    """What the service refuses, with its own code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ElastiCache(ElastiCacheResponse):  # type: ignore[misc]
    """moto's ElastiCache, completed."""

    @property
    def elasticache_backend(self) -> Any:
        backend = super().elasticache_backend
        backend.arn_regex = TAGGABLE
        return backend

    def modify_user(self) -> ActionResult:
        given = self._get_params()
        (user,) = self.elasticache_backend.describe_users(given["UserId"])
        user.access_string = given.get("AccessString", user.access_string)
        user.passwords = given.get("AuthenticationMode", {}).get("Passwords", user.passwords)
        return ActionResult(user)

    def create_user_group(self) -> ActionResult:
        given = self._get_params()
        groups, name = self._made("user_groups"), given["UserGroupId"]
        if name in groups:
            raise Refused("UserGroupAlreadyExists", f"User group {name} already exists.")
        for user in given.get("UserIds", []):
            self._check_member(user, given["Engine"])
        arn = self._tagged(f"usergroup:{name}")
        groups[name] = {"UserGroupId": name, "Engine": given["Engine"], "UserIds": given.get("UserIds", []), "Status": "active", "ARN": arn}
        return ActionResult(groups[name])

    def describe_user_groups(self) -> ActionResult:
        return ActionResult({"UserGroups": self._described("user_groups", "UserGroupId", "UserGroupNotFound")})

    def modify_user_group(self) -> ActionResult:
        given = self._get_params()
        (group,) = self._described("user_groups", "UserGroupId", "UserGroupNotFound")
        for user in given.get("UserIdsToAdd", []):
            self._check_member(user, group["Engine"])
        kept = [user for user in group["UserIds"] if user not in given.get("UserIdsToRemove", [])]
        group["UserIds"] = list(dict.fromkeys([*kept, *given.get("UserIdsToAdd", [])]))
        return ActionResult(group)

    def delete_user_group(self) -> ActionResult:
        (group,) = self._described("user_groups", "UserGroupId", "UserGroupNotFound")
        self._check_unused("user_group_ids", group["UserGroupId"], "InvalidUserGroupState")
        return ActionResult(self._made("user_groups").pop(group["UserGroupId"]))

    def create_cache_parameter_group(self) -> ActionResult:
        given = self._get_params()
        groups, name = self._made("parameter_groups"), given["CacheParameterGroupName"]
        if name in groups:
            raise Refused("CacheParameterGroupAlreadyExists", f"CacheParameterGroup {name} already exists.")
        groups[name] = {key: given[key] for key in ("CacheParameterGroupName", "CacheParameterGroupFamily", "Description")}
        groups[name] |= {"ARN": self._tagged(f"parametergroup:{name}"), "Parameters": {}}
        return ActionResult({"CacheParameterGroup": groups[name]})

    def describe_cache_parameter_groups(self) -> ActionResult:
        return ActionResult({"CacheParameterGroups": self._parameter_groups()})

    def describe_cache_parameters(self) -> ActionResult:
        (group,) = self._parameter_groups()
        return ActionResult({"Parameters": [{"ParameterName": key, "ParameterValue": value} for key, value in group["Parameters"].items()]})

    def modify_cache_parameter_group(self) -> ActionResult:
        (group,) = self._parameter_groups()
        given = self._get_params().get("ParameterNameValues", [])
        group["Parameters"] |= {each["ParameterName"]: each["ParameterValue"] for each in given}
        return ActionResult(group)

    def delete_cache_parameter_group(self) -> EmptyResult:
        (group,) = self._parameter_groups()
        name = group["CacheParameterGroupName"]
        self._check_unused("cache_parameter_group_name", name, "InvalidCacheParameterGroupState")
        del self._made("parameter_groups")[name]
        return EmptyResult()

    def modify_cache_subnet_group(self) -> ActionResult:
        given = self._get_params()
        groups, name = self.elasticache_backend.cache_subnet_groups, given["CacheSubnetGroupName"]
        (old,) = self.elasticache_backend.describe_cache_subnet_groups(name)
        description = given.get("CacheSubnetGroupDescription", old.cache_subnet_group_description)
        groups[name] = CacheSubnetGroup(self.current_account, self.region, name, description, given.get("SubnetIds", old.subnet_ids), None)
        return ActionResult({"CacheSubnetGroup": groups[name]})

    def delete_cache_subnet_group(self) -> EmptyResult:
        name = self._get_param("CacheSubnetGroupName")
        self.elasticache_backend.describe_cache_subnet_groups(name)
        self._check_unused("cache_subnet_group_name", name, "CacheSubnetGroupInUse")
        del self.elasticache_backend.cache_subnet_groups[name]
        return EmptyResult()

    def create_replication_group(self) -> ActionResult:
        for name in self._get_params().get("UserGroupIds", []):
            self._found("user_groups", name, "UserGroupNotFound")
        return super().create_replication_group()

    def delete_replication_group(self) -> ActionResult:
        """moto keeps a deleted one for ever, and its name with it."""
        name, snapshot = self._get_param("ReplicationGroupId"), self._get_param("FinalSnapshotIdentifier")
        if snapshot:
            self.elasticache_backend.create_snapshot(snapshot, name, None, None, None)
        answer = super().delete_replication_group()
        del self.elasticache_backend.replication_groups[name]
        return answer

    def _made(self, what: str) -> Made:
        """What this account has of a kind that moto doesn't know; `reset` of moto forgets it too."""
        found: Made = vars(self.elasticache_backend).setdefault(what, {})
        return found

    def _found(self, what: str, name: str, code: str) -> Made:
        if name not in self._made(what):
            raise Refused(code, f"{name} not found.")
        found: Made = self._made(what)[name]
        return found

    def _described(self, what: str, key: str, code: str) -> list[Made]:
        name = self._get_param(key)
        return [self._found(what, name, code)] if name else list(self._made(what).values())

    def _parameter_groups(self) -> list[Made]:
        return self._described("parameter_groups", "CacheParameterGroupName", "CacheParameterGroupNotFound")

    def _check_member(self, user_id: str, engine: str) -> None:
        user = self.elasticache_backend.users.get(user_id)
        if user is None:
            raise UserNotFound(user_id)
        if engine == "valkey" and user.no_password_required:
            raise Refused("InvalidParameterCombination", "A user group of the engine valkey takes no users without a password.")

    def _check_unused(self, attribute: str, name: str, code: str) -> None:
        for group in self.elasticache_backend.replication_groups.values():
            used = getattr(group, attribute)
            if name in (used if isinstance(used, list) else [used]):
                raise Refused(code, f"{name} is in use by {group.replication_group_id}.")

    def _tagged(self, resource: str) -> str:
        """The ARN of a new resource, tagged as it was asked for."""
        arn = f"arn:aws:elasticache:{self.region}:{self.current_account}:{resource}"
        if tags := self._get_params().get("Tags"):
            self.elasticache_backend.add_tags_to_resource(arn, tags)
        return arn


def complete() -> None:
    """Put the additions into moto."""
    urls.url_paths["{0}/$"] = ElastiCache.dispatch
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
    Queue.redrive_allow_policy = None
    set_all = Queue._set_attributes

    def set_those(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
        """moto forgets the policy of a queue when anything else of it is set."""
        kept = getattr(queue, "policy", None)
        set_all(queue, {**({"Policy": kept} if kept else {}), **attributes}, now)

    Queue._set_attributes = set_those


if __name__ == "__main__":
    complete()
    server.main(sys.argv[1:])
