"""Calls the AWS provider as the engine does, without one: a request in, plain values out."""

from __future__ import annotations

from typing import Any

from idp_sandbox.plugins import values
from idp_sandbox.plugins.aws.provider import AwsProvider
from idp_sandbox.plugins.proto import provider_pb2


class Refused(Exception):
    """The provider answered with an error."""


class Context:
    """The server's side of a call."""

    def abort(self, _code: object, message: str) -> None:
        raise Refused(message)

    def set_trailing_metadata(self, _metadata: object) -> None:
        """What a partial failure tells the engine beside its message."""


class Engine:
    """One provider, configured."""

    def __init__(self, token: str, name: str, **settings: Any) -> None:
        self.token, self.name = token, name
        self.urn = f"urn:pulumi:dev::shop::{token}::{name}"
        self.provider = AwsProvider()
        self.provider.Configure(provider_pb2.ConfigureRequest(args=values.encode(settings)), Context())

    def check(self, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> tuple[dict[str, Any], list[str]]:
        """Checked inputs, and what is wrong with them."""
        answer = self._ask("Check", provider_pb2.CheckRequest(news=values.encode(inputs), olds=values.encode(olds or {}), name=self.name))
        return values.decode(answer.inputs), [failure.reason for failure in answer.failures]

    def diff(self, old: dict[str, Any], new: dict[str, Any]) -> Any:
        """The provider's answer, as it is."""
        return self._ask("Diff", provider_pb2.DiffRequest(old_inputs=values.encode(old), news=values.encode(new)))

    def create(self, inputs: dict[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        """Id and properties."""
        answer = self._ask("Create", provider_pb2.CreateRequest(properties=values.encode(inputs), preview=preview, timeout=20))
        return answer.id, values.decode(answer.properties)

    def read(
        self, identity: str, state: dict[str, Any] | None = None, inputs: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id, properties and inputs; an empty id where nothing is."""
        request = provider_pb2.ReadRequest(id=identity, properties=values.encode(state or {}), inputs=values.encode(inputs or {}))
        answer = self._ask("Read", request)
        return answer.id, values.decode(answer.properties), values.decode(answer.inputs)

    def update(self, identity: str, state: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Properties afterwards."""
        request = provider_pb2.UpdateRequest(
            id=identity, olds=values.encode(state), old_inputs=values.encode(old), news=values.encode(new), timeout=20
        )
        return values.decode(self._ask("Update", request).properties)

    def delete(self, identity: str, state: dict[str, Any]) -> None:
        """Until it is gone."""
        self._ask("Delete", provider_pb2.DeleteRequest(id=identity, properties=values.encode(state), timeout=20))

    def _ask(self, method: str, request: Any) -> Any:
        request.urn, request.type = self.urn, self.token
        return getattr(self.provider, method)(request, Context())
