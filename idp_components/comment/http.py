"""Requests to the API of a repository's host: JSON in and out, tries again where that helps, and the token goes to that host alone."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
TIMEOUT_SECONDS = 30
TRIES = 4
LONGEST_WAIT_SECONDS = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class HostError(Exception):
    """The host refused, or can't be reached; the message never holds the token."""


class Passing(HostError):
    """It may work later."""

    def __init__(self, message: str, wait_seconds: float | None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Answer:
    """What the host answered."""

    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Api:
    """The API of one host."""

    base: str
    """Address that paths are added to."""
    headers: Mapping[str, str] = field(repr=False)
    """Headers of each request, the token among them."""
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise HostError(f"{self.base}: a token is only sent by https")

    def patiently(self, action: Callable[[], T]) -> T:
        """Do something that may be done twice, again and again while the host only asks for patience. Raises HostError."""
        for attempt in range(TRIES - 1):
            try:
                return action()
            except Passing as error:
                self.sleep(min(2.0**attempt if error.wait_seconds is None else error.wait_seconds, LONGEST_WAIT_SECONDS))
        return action()

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """One request, to a path below the base or to an address of the same host. Raises HostError."""
        address = path if "://" in path else f"{self.base.rstrip('/')}{path}"
        if urlsplit(address)[:2] != urlsplit(self.base)[:2]:
            raise HostError(f"the host leads elsewhere, to {urlsplit(address).netloc}; the token stays here")
        where = f"{method} {urlsplit(address).path}"
        data = None if body is None else json.dumps(body).encode()
        headers = {"User-Agent": "idp", "Accept": "application/json", "Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310  its scheme was checked
        try:
            with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as response:
                return Answer(json.loads(response.read() or b"null"), response.headers)
        except urllib.error.HTTPError as error:
            message = f"{where}: the host answers {error.code}: {_reason(error)}"
            wait = _wait(error.headers)
            if error.code == 429 or error.code >= 500 or (error.code == 403 and wait is not None):
                raise Passing(message, wait) from None
            raise HostError(message) from None
        except (OSError, HTTPException, ValueError) as error:
            raise Passing(f"{where}: the host can't be reached, or answers no JSON: {error}", None) from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The standard library would send the token along to wherever it is led."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects)


def _wait(headers: Message[str, str]) -> float | None:
    """Seconds that the host asks to wait (RFC 9110, "Retry-After")."""
    said = headers.get("Retry-After")
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0)
    except (TypeError, ValueError):
        return None


def _reason(error: urllib.error.HTTPError) -> str:
    """The host's own words, shortened."""
    try:
        said = json.loads(error.read())
        found = said.get("message") or said.get("error") or said
        return str(found.get("message") if isinstance(found, dict) and "message" in found else found)[:300]
    except (OSError, ValueError, AttributeError):
        return error.reason or "nothing more"
