"""Backend, cluster and account together: what a reaper needs of them, and what people's commands do through them."""

from __future__ import annotations

import dataclasses
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from idp_components.core import labels
from idp_components.deploy import abandoned, locks
from idp_components.environments import account, leftovers, sleep, unfinished
from idp_components.environments.account import Account, AccountError
from idp_components.environments.backend import Backend, BackendError
from idp_components.environments.cluster import PAUSES, Cluster, ClusterError
from idp_components.environments.inventory import Environment, Leftover, Stack, is_ephemeral, join
from idp_components.environments.record import moment, tag
from idp_components.environments.seeds import SELECTOR, seeds

Say = Callable[[str], None]
SIDE_BY_SIDE = 8
"""Requests to the backend at once."""
LOCK_TIME = re.compile(r" at (\d{4}-\d\d-\d\dT\S+?)[;,.]?(?=\s|$)")
LOCK_HOURS = 24
"""Age at which a lock that another host left in the backend counts as abandoned: pipelines end their jobs long before."""


class Refused(Exception):
    """What may not be removed; the message says why."""


class Busy(Exception):
    """Another process works on it; the message says which."""


Failed = (BackendError, ClusterError, AccountError)
"""What can go wrong on the way out: the environment keeps its record, and the next run tries again."""


class World:
    """Everything that environments consist of, by the environment variables in `env`; `pauses` are those of `Cluster`."""

    def __init__(self, env: Mapping[str, str], pauses: Sequence[float] = PAUSES) -> None:
        self.env = env
        self.backend = Backend(env)
        self.cluster = Cluster(env, pauses)
        self.account = Account(env)
        self.unseen = ""
        """Why a look didn't see what AWS has; empty where it did, or where there is no account to ask."""

    def look(self, name: str | None = None, *, at_aws: bool = True) -> list[Environment]:
        """All environments that end, or the one of that name. Raises BackendError, ClusterError.

        The account is asked where it is known, unless what is left there doesn't matter. What it refuses to answer hides no environment
        that has a stack or a namespace; `unseen` has the reason.
        """
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            asked = pool.submit(self.cluster.rooms, name)
            listed = [stack for stack in self.backend.stacks() if name in (None, stack.name)]
            rooms = asked.result()
            there = {room.name for room in rooms}
            stacks = [found for found in pool.map(lambda stack: stack if stack.name in there else self._tagged(stack), listed) if found]
        known = {stack.name for stack in stacks}
        if not at_aws or (name is not None and (stacks or rooms)):
            return join(stacks, rooms)
        return join(stacks, rooms, self._leftovers(lambda whose: name in (None, whose) and whose not in known))

    def find(self, name: str, *, at_aws: bool = True) -> Environment | None:
        """The environment of that name. Raises BackendError, ClusterError."""
        return next((found for found in self.look(name, at_aws=at_aws) if found.name == name), None)

    def sleep(self, environment: Environment, now: datetime) -> list[str]:
        """Put it to sleep; what was, as `kind/name`. Raises BackendError, ClusterError, AccountError."""
        done = sleep.sleep(self.cluster, environment.name, now) if environment.room else []
        return done + [f"database/{name}" for name in self.account.stop(self._databases(environment))]

    def wake(self, environment: Environment, now: datetime) -> list[str]:
        """Wake it; what was, as `kind/name`. Raises BackendError, ClusterError, AccountError."""
        started = self.account.start(self._databases(environment))
        done = sleep.wake(self.cluster, environment.name, now) if environment.room else []
        return [f"database/{name}" for name in started] + done

    def write(self, environment: Environment, annotations: Mapping[str, str], now: datetime) -> None:
        """Write later ends: on the Lease, where the API server says who may, then on the stack, for when there is no namespace.

        Raises ClusterError, BackendError.
        """
        if environment.room and environment.room.lease:
            self.cluster.annotate_lease(environment.name, annotations, now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        elif environment.room:
            raise ClusterError(f"{environment.name}: it has no Lease {labels.LEASE!r} to write on; run 'pulumi up' for it once more")
        if environment.stack:
            self.backend.tag(environment.stack.qualified, {tag(key): value for key, value in annotations.items()})

    def destroy(self, environment: Environment, say: Say) -> None:
        """Remove everything of an environment, from the state of its stack. Raises Refused, Busy and what is in `Failed`."""
        if len(environment.stacks) > 1:
            raise Refused(environment.broken)
        try:
            if environment.stack:
                self._destroy_stack(environment.stack, say)
            if environment.room:
                self.cluster.delete_namespace(environment.name, environment.room.uid)
            leftovers.remove(self.account, environment.leftovers)
            if environment.stack:
                self.backend.remove(environment.stack)
        except BackendError as error:
            if error.is_locked:
                raise Busy(f"another update works on it: {error}") from None
            raise

    def state(self, environment: Environment) -> dict[str, Any]:
        """The exported state of its stack, empty where it has none; what is secret stays encrypted. Raises BackendError."""
        return self.backend.export(environment.stack.qualified) if environment.stack else {}

    def seeds(self, environment: Environment) -> list[dict[str, str]]:
        """What became of the Jobs that fill its databases. A virtual cluster's are inside of it, and not seen here. Raises ClusterError."""
        if not environment.room:
            return []
        return seeds(self.cluster.get("jobs.batch,pods", "--namespace", environment.name, "--selector", SELECTOR))

    def tagged(self, environment: Environment, state: Mapping[str, Any]) -> list[str]:
        """ARNs of what the account has under an environment's tags; nobody asks where its state has nothing of AWS.

        Raises AccountError.
        """
        if environment.leftovers:
            return [each.arn for each in environment.leftovers]
        if not environment.team or not account.of_aws(state):
            return []
        return self.account.tagged(environment.team, environment.environment)

    def _leftovers(self, wanted: Callable[[str], bool]) -> dict[str, tuple[Leftover, ...]]:
        if not self.account.is_known:
            return {}
        found, refused = leftovers.found(self.account, wanted)
        self.unseen = self.unseen or refused
        return found

    def _tagged(self, stack: Stack) -> Stack | None:
        """The stack with its tags, if it is one that ends; none where it went in the meantime."""
        if not is_ephemeral(stack.name):
            return stack
        try:
            return dataclasses.replace(stack, tags=self.backend.tags(stack.qualified))
        except BackendError as error:
            if error.is_gone:
                return None
            raise

    def _databases(self, environment: Environment) -> list[str]:
        return account.databases(self.state(environment))

    def _destroy_stack(self, stack: Stack, say: Say) -> None:
        try:
            self._empty(stack, say)
        except BackendError as error:
            if error.is_gone:
                return
            if not error.is_locked or not is_abandoned(str(error), datetime.now(UTC)):
                raise
            say(f"a lock older than {LOCK_HOURS} hours is taken away: {error}")
            self.backend.cancel(stack)
            self._empty(stack, say)

    def _empty(self, stack: Stack, say: Say) -> None:
        """Destroy what the state has, and what a killed update made without recording it."""
        if locks.release_abandoned(self.backend.url, stack.name, socket.gethostname()):
            say("an earlier run was killed and left its lock; it is released")
        state = self.backend.export(stack.qualified)
        if names := unfinished.protected(state):
            raise Refused(f"it holds protected data: {', '.join(names)}; unprotect it on purpose: pulumi state unprotect")
        if (state.get("deployment") or {}).get("pending_operations"):
            for leftover in abandoned.remove(state, self.env):
                say(f"a killed update left {leftover}; it is removed")
            whole, added = unfinished.adopted(state, self.account.find)
            say(f"a killed update may have left {len(added)} objects that it didn't record; they go with the others")
            self.backend.import_(stack, whole)
        self.backend.destroy(stack)


def is_abandoned(message: str, now: datetime) -> bool:
    """Whether all locks that an error of Pulumi names are older than any update.

    Pulumi writes `created by user@host (pid 1) at 2026-01-31T12:00:00Z` (pkg/backend/diy/lock.go).
    """
    made = [moment(said) for said in LOCK_TIME.findall(message)]
    return bool(made) and all(now - at > timedelta(hours=LOCK_HOURS) for at in made)
