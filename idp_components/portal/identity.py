"""Who is asking: a person whom a proxy vouches for, or whoever holds the token that was printed at the start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from starlette.requests import Request

from idp_components.catalog.model import Catalog
from idp_components.core.naming import PLATFORM

Network = IPv4Network | IPv6Network
PROPOSERS = ("developer", "on-call")
"""Roles of a team whose members may propose changes to its stacks (`idp_components/team/roles.py`)."""
SESSION = "idp-session"
SESSION_SECONDS = 12 * 3600
MOST_SESSIONS = 100
SECRET_HEADER = "x-idp-proxy-secret"  # noqa: S105  a name
USER_HEADER = "x-forwarded-user"
GROUPS_HEADER = "x-forwarded-groups"


class Refused(Exception):
    """Not allowed."""


@dataclass(frozen=True)
class Person:
    """Somebody who is known."""

    name: str
    groups: frozenset[str] = frozenset()
    is_operator: bool = False
    """Whether it is who runs the portal: the checkout is theirs anyway, so they may act for every team."""

    def may_propose(self, team: str, catalog: Catalog) -> bool:
        """Whether they are a developer, or on call, in that team."""
        return self.is_operator or bool(self.groups & groups_of(team, PROPOSERS, catalog))

    def may_work_on(self, owner: str, team: str, catalog: Catalog) -> bool:
        """Whether they may change, put to sleep, wake and destroy an environment: its owner has a developer's rights in it."""
        return self.name == owner or self.may_propose(team, catalog)

    def may_extend(self, owner: str, team: str, catalog: Catalog) -> bool:
        """Whether they may move its end, as the rights on its Lease say: its owner, and who is on call."""
        return self.is_operator or self.name == owner or bool(self.groups & groups_of(team, ("on-call",), catalog))


def groups_of(team: str, roles: Iterable[str], catalog: Catalog) -> set[str]:
    """Groups of the identity provider whose members have one of these roles in a team."""
    said = next((each.groups for each in catalog.teams if each.name == team), {})
    return {said.get(role.replace("-", "_")) or f"idp:{team}:{role}" for role in roles}


def teams_of(person: Person | None, catalog: Catalog) -> list[str]:
    """The teams that a person may propose changes for."""
    names = {PLATFORM, *(team.name for team in catalog.teams)}
    return sorted(team for team in names if person is not None and person.may_propose(team, catalog))


class Identity(Protocol):
    """A way to know who is asking."""

    signs_in: bool
    """Whether people sign in here, rather than at a proxy."""

    def person(self, request: Request) -> Person | None:
        """Who is asking; none where nobody vouches for them."""

    def form_token(self, request: Request) -> str:
        """What a form of this person carries, which no other site can know."""


def is_own_form(identity: Identity, request: Request, token: str) -> bool:
    """Whether a form was sent by a page of this portal that this person has open."""
    expected = identity.form_token(request)
    return bool(expected) and comes_from_here(request) and hmac.compare_digest(expected.encode(), token.encode())


def comes_from_here(request: Request) -> bool:
    """Whether the browser says that one of this portal's own pages sent it; what is no browser says nothing."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


@dataclass
class ByProxy:
    """People whom an OIDC proxy in front of the portal has signed in. Its headers count only from its addresses and with its secret."""

    networks: Collection[Network]
    secret: str = field(repr=False)
    user_header: str = USER_HEADER
    groups_header: str = GROUPS_HEADER
    signs_in: bool = False
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def person(self, request: Request) -> Person | None:
        """Who is asking. A header that is there twice is nobody's: one of the two may not be the proxy's."""
        if not self._is_proxy(request):
            return None
        users, groups = request.headers.getlist(self.user_header), request.headers.getlist(self.groups_header)
        if len(users) != 1 or not (name := users[0].strip()) or len(groups) > 1 or not name.isprintable():
            return None
        return Person(name, frozenset(_listed(groups)))

    def form_token(self, request: Request) -> str:
        """Bound to the person and to this run of the portal."""
        person = self.person(request)
        return _bound(self._key, person.name) if person else ""

    def _is_proxy(self, request: Request) -> bool:
        given = request.headers.getlist(SECRET_HEADER)
        if request.client is None or len(given) != 1 or not self.secret:
            return False
        try:
            address = ip_address(request.client.host)
        except ValueError:
            return False
        return any(address in network for network in self.networks) and hmac.compare_digest(given[0].encode(), self.secret.encode())


@dataclass
class ByToken:
    """Whoever holds the token that this run of the portal printed: the person who started it."""

    name: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    signs_in: bool = True
    clock: Callable[[], float] = time.monotonic
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _sessions: dict[str, float] = field(default_factory=dict, repr=False)
    """When each began, oldest first."""

    def person(self, request: Request) -> Person | None:
        """Who is asking."""
        return Person(self.name, is_operator=True) if self._session(request) else None

    def form_token(self, request: Request) -> str:
        """Bound to the session."""
        session = self._session(request)
        return _bound(self._key, session) if session else ""

    def sign_in(self, token: str) -> str | None:
        """A new session for the right token."""
        if not hmac.compare_digest(token.strip().encode(), self.token.encode()):
            return None
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        session = secrets.token_urlsafe(32)
        self._sessions[_digest(session)] = self.clock()
        return session

    def sign_out(self, request: Request) -> None:
        """End the session."""
        self._sessions.pop(_digest(request.cookies.get(SESSION, "")), None)

    def _session(self, request: Request) -> str:
        session = request.cookies.get(SESSION, "")
        began = self._sessions.get(_digest(session))
        return session if began is not None and self.clock() - began < SESSION_SECONDS else ""


def _listed(headers: Iterable[str]) -> list[str]:
    return [name.strip() for header in headers for name in header.split(",") if name.strip()]


def _bound(key: bytes, to: str) -> str:
    return hmac.new(key, to.encode(), hashlib.sha256).hexdigest()


def _digest(session: str) -> str:
    """Sessions are looked up by this, so that how long a look-up takes says nothing about them."""
    return hashlib.sha256(session.encode()).hexdigest()
