"""Make, find, change and remove one resource, as its line of the table says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jmespath

from idp_sandbox.plugins.aws import requests
from idp_sandbox.plugins.aws.api import AwsError
from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State
from idp_sandbox.plugins.aws.shapes import from_pairs

PAUSE = 1.0
"""Seconds between two looks at a resource that isn't ready yet."""


class NotReady(Exception):
    """The resource is there, but didn't get ready in time."""


@dataclass(frozen=True)
class Resource:
    """A type at an account."""

    kind: Kind
    api: Caller
    region: str
    say: Callable[[str], None] = lambda _: None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def make(self, inputs: State) -> State:
        """A new resource, which `settle` completes. Raises AwsError."""
        create = self.kind.creation(inputs)
        made = requests.answered(create, self._call(create, inputs), inputs) or {}
        return {**inputs, **requests.properties_of(self.kind, made)}

    def left_behind(self, inputs: State, seconds: float) -> State | None:
        """What an update that was killed made and could not record, as the inputs want it: it has their name and their tags.

        None where it is somebody else's, or can't become what the inputs want. Raises AwsError, NotReady.
        """
        keys = {name: inputs.get(name, inputs.get(self.kind.named)) for name in self.kind.identity}  # a secret is found by its name too
        try:
            found = self.read(keys) if all(keys.values()) else None
        except AwsError:
            return None
        if found is None or not inputs.get("tagsAll") or found.get("tagsAll") != inputs["tagsAll"]:
            return None
        settable = {name: value for name, value in found.items() if name in requests.inputs_of(self.kind)}
        if requests.replaced(self.kind, {name for name, value in settable.items() if inputs.get(name, value) != value}):
            return None
        return self.update(found, settable, inputs, seconds)

    def settle(self, state: State, seconds: float) -> State:
        """Everything that creation doesn't take, until the resource is ready. Raises AwsError, NotReady."""
        for call in self.kind.update:
            later = (requests.sent(self.kind, call) & requests.inputs_of(self.kind)) - requests.sent(self.kind, self.kind.creation(state))
            if any(state.get(name) is not None for name in later):
                self._send(call, state)
        if not self._tagged_at_creation():
            self._tag({}, state)
        return self._finish({}, state, seconds)

    def read(self, known: State) -> State | None:
        """What there is, or None. Raises AwsError."""
        answer: dict[str, Any] = {}
        for call in self.kind.read:
            try:
                keys = {**known, **requests.properties_of(self.kind, answer)}
                response = self._call(call, keys, whole=False)
            except AwsError as error:
                if error.is_gone:
                    return None
                raise
            found = requests.answered(call, response, known)
            if found is None:
                return None
            answer |= found
        live = requests.properties_of(self.kind, answer)
        state = {**self._kept(known), **requests.ordered(known, live), "region": self.region}
        if self.kind.tags:
            state |= self._tags(state, known)
        return requests.composed(self.kind, state)

    def update(self, old: State, old_inputs: State, inputs: State, seconds: float) -> State:
        """The resource with other inputs. Raises AwsError, NotReady."""
        state = {**old, **dict.fromkeys(old_inputs), **inputs}
        changed = {name for name in {*inputs, *old_inputs} if old_inputs.get(name) != inputs.get(name)}
        for call in self.kind.update:
            if changed & requests.sent(self.kind, call):
                self._send(call, state)
        self._tag(old, state)
        return self._finish(old, state, seconds)

    def delete(self, state: State, seconds: float) -> None:
        """Remove it; that it is gone already is fine. Raises AwsError, NotReady."""
        try:
            if self.kind.before_delete:
                self.kind.before_delete(self.api, state, {})
            if self.kind.delete is None:
                return
            self._call(self.kind.delete, state)
        except AwsError as error:
            if not error.is_gone:
                raise
        for _ in range(int(seconds / PAUSE)):
            if self.read(state) is None:
                return
            self._pause("being deleted")
        raise NotReady(f"still there after {seconds:.0f} s")

    def known(self, state: State, text: str) -> State:
        """A state that leads to the resource: where a killed update recorded only what it asked for, the id says the rest."""
        if all(name in state for name in self.kind.identity):
            return state
        try:
            return {**self.identified(text), **state}
        except ValueError:
            return state

    def identified(self, text: str) -> State:
        """The properties that an import's id tells. Raises ValueError."""
        parts = text.split("/", len(self.kind.identity) - 1) if len(self.kind.identity) > 1 else [text]
        if len(parts) != len(self.kind.identity):
            raise ValueError(f"{text!r} is refused: use {'/'.join(name.upper() for name in self.kind.identity)}")
        return dict(zip(self.kind.identity, parts, strict=True))

    def identity(self, state: State) -> str:
        """The resource's id."""
        names = (self.kind.id,) if self.kind.id else self.kind.identity
        return "/".join(str(state[name]) for name in names)

    def _finish(self, old: State, state: State, seconds: float) -> State:
        if self.kind.after:
            self.kind.after(self.api, old, state)
        state = {name: value for name, value in state.items() if value is not None}
        for _ in range(int(seconds / PAUSE)):
            found = self.read(state)
            if found is None:
                raise NotReady("gone right after it was made")
            if not self.kind.ready or jmespath.search(self.kind.ready, found):
                return {**state, **found}
            self._pause("getting ready")
        raise NotReady(f"not ready after {seconds:.0f} s")

    def _pause(self, what: str) -> None:
        self.say(f"{what} at AWS")
        if self.cancelled.wait(PAUSE):
            raise NotReady("cancelled")

    def _call(self, call: Call, properties: State, *, whole: bool = True) -> dict[str, Any]:
        return self.api.call(self.kind.service, call.operation, **requests.request(self.kind, call, properties, whole=whole))

    def _send(self, call: Call, state: State) -> None:
        if not call.each:
            self._call(call, state)
            return
        shaped = requests.request(self.kind, self.kind.create, state).get(call.each, {})
        for name, value in shaped.items():
            finding = requests.request(self.kind, call, state, whole=False)
            self.api.call(self.kind.service, call.operation, **finding, AttributeName=name, AttributeValue=value)

    def _tagged_at_creation(self) -> bool:
        return any(member.lower() in requests.TAGS for member in requests.operation(self.kind, self.kind.create).members)

    def _tag(self, old: State, state: State) -> None:
        if not self.kind.tags:
            return
        before, after = old.get("tagsAll") or {}, state.get("tagsAll") or {}
        removed = {key: value for key, value in before.items() if key not in after}
        for call, tags in ((self.kind.tags.untag, removed), (self.kind.tags.tag, after)):
            if tags and before != after:
                finding = requests.request(self.kind, call, state, whole=False)
                self.api.call(self.kind.service, call.operation, **finding, **requests.tag_members(self.kind, call, tags))

    def _tags(self, state: State, known: State) -> State:
        """`tagsAll` is what the resource has; `tags` those of the program."""
        call = self.kind.tags.list if self.kind.tags else None
        if call is None:
            return {}
        try:
            found = jmespath.search(call.answer, self._call(call, state, whole=False))
        except AwsError as error:
            if not error.is_gone:  # S3 says of a bucket without tags that there is no set of them
                raise
            found = {}
        tags = {key: value for key, value in from_pairs(found).items() if not key.startswith("aws:")}
        inherited = {key for key in known.get("tagsAll") or {} if key not in (known.get("tags") or {})}
        own = {key: value for key, value in tags.items() if key not in inherited}
        return {**({"tags": own} if own else {}), **({"tagsAll": tags} if tags else {})}

    def _kept(self, known: State) -> State:
        """What no answer tells: inputs of the provider alone, values that AWS takes but never shows, and what finds the resource."""
        kept = {*self.kind.local, *self.kind.hidden, *self.kind.secret, *self.kind.identity, self.kind.id}
        return {name: value for name, value in known.items() if name in kept}
