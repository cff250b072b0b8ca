"""Operations of AWS services at the sandbox's endpoint."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist")
"""Parts of the error codes by which services say that a resource isn't there; S3 also says 404 alone."""
TAKEN = ("AlreadyExist", "AlreadyOwnedByYou", "ResourceExists", "NameExists")
"""Parts of the error codes by which services say that a name is taken."""
ATTEMPTS = 5
"""Tries of a call that the service throttles or fails at."""
SECONDS_TO_ANSWER = 60


class AwsError(Exception):
    """A service refused; the message is its own."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_gone(self) -> bool:
        """Whether it says that the resource isn't there."""
        return self.code == "404" or any(part in self.code for part in GONE)

    @property
    def is_taken(self) -> bool:
        """Whether it says that the name is taken."""
        return any(part in self.code for part in TAKEN)


_loader = Loader()
_models: dict[str, ServiceModel] = {}


def model(service: str) -> ServiceModel:
    """botocore's description of a service."""
    if service not in _models:
        _models[service] = ServiceModel(_loader.load_service_model(service, "service-2"), service)
    return _models[service]


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's configuration: whatever isn't text comes as JSON (Pulumi: provider configuration)."""
    found = {}
    for name, value in config.items():
        try:
            nested = isinstance(value, str) and value[:1] in ("{", "[")
            found[name] = json.loads(value) if nested else value
        except ValueError:
            found[name] = value
    return found


class Api:
    """One account and region. Clients are made on first use: each costs some 50 ms."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.region = str(settings.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1")
        self._settings = settings
        self._endpoints = {name: url for block in settings.get("endpoints") or [] for name, url in block.items() if url}
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def call(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        """The answer of one operation. Raises AwsError."""
        client = self._client(service)
        try:
            answer: dict[str, Any] = client._make_api_call(operation, members)
        except ClientError as error:
            code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
            raise AwsError(f"{service} {operation}: {code}: {message}", code) from None
        except BotoCoreError as error:
            raise AwsError(f"{service} {operation}: {error}") from None
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str) -> Any:
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def _new_client(self, service: str) -> Any:
        endpoint = self._endpoints.get(service.replace("-", "")) or os.environ.get("AWS_ENDPOINT_URL")
        if not endpoint:
            raise AwsError(
                "no AWS endpoint: the offline provider only works with a sandbox (`idp sandbox env`); "
                "for an AWS account install the official plugin: pulumi plugin install resource aws"
            )
        return botocore.session.Session().create_client(
            service,
            region_name=self.region,
            endpoint_url=endpoint,
            aws_access_key_id=self._settings.get("accessKey"),
            aws_secret_access_key=self._settings.get("secretKey"),
            aws_session_token=self._settings.get("token"),
            config=Config(retries={"max_attempts": ATTEMPTS}, read_timeout=SECONDS_TO_ANSWER),
        )
