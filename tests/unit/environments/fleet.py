"""Fleets of environments for tests: as the backend and the cluster would show them, and a place that counts what happens to them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from idp_components.environments.backend import BackendError
from idp_components.environments.inventory import Room, Stack, join
from idp_components.environments.record import text
from idp_components.environments.world import Busy, Refused

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


def namespace(name, *, created=0, labels=None, annotations=None):
    team, _, environment = name.partition("-")
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-of-{name}",
            "creationTimestamp": text(at(created)),
            "labels": {"idp/team": team, "idp/environment": environment, "idp/ephemeral": "namespace", **(labels or {})},
            "annotations": {"idp/owner": "alice", "idp/expires-after-hours": "24", **(annotations or {})},
        }
    }


def lease(annotations=None, renewed=None):
    return {
        "metadata": {"name": "lifetime", "annotations": annotations or {}},
        "spec": {"holderIdentity": "alice", **({"renewTime": text(at(renewed))} if renewed is not None else {})},
    }


def sleeper(state, since, kind="Deployment", name="web"):
    return {
        "kind": kind,
        "metadata": {
            "name": name,
            "creationTimestamp": text(START),
            "labels": {"idp/sleep": state},
            "annotations": {"idp/sleep-since": text(at(since))},
        },
    }


def stack(name, *, saved=0, resources=10, tags=None, project="idp"):
    return Stack(project, name, f"organization/{project}/{name}", at(saved), resources, tags or {})


def room(name, *, leased=None, sleepers=(), **fields):
    return Room(namespace(name, **fields), lease(leased), sleepers)


class Places:
    """Environments in memory, each behind a lock of its own, as the backend has one per stack."""

    unseen = ""

    def __init__(self, stacks, rooms, *, protected=(), failing=()):
        self.stacks, self.rooms = {each.name: each for each in stacks}, {each.name: each for each in rooms}
        self.protected, self.failing = set(protected), set(failing)
        self.destroyed, self.slept, self.woken = [], [], []
        self.locks = {name: threading.Lock() for name in (*self.stacks, *self.rooms)}

    def look(self, name=None):
        stacks, rooms = list(self.stacks.values()), list(self.rooms.values())
        return [found for found in join(stacks, rooms) if name in (None, found.name)]

    def destroy(self, environment, say):  # noqa: ARG002  as the world has it
        lock = self.locks[environment.name]
        if not lock.acquire(blocking=False):
            raise Busy("another update works on it")
        try:
            if environment.name in self.protected:
                raise Refused("it holds protected data")
            if environment.name in self.failing:
                raise BackendError("error: the cluster said no")
            if environment.name in self.stacks or environment.name in self.rooms:
                self.destroyed.append(environment.name)
                self.stacks.pop(environment.name, None)
                self.rooms.pop(environment.name, None)
        finally:
            lock.release()

    def sleep(self, environment, now):  # noqa: ARG002
        self.slept.append(environment.name)

    def wake(self, environment, now):  # noqa: ARG002
        self.woken.append(environment.name)
