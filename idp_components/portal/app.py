"""The portal as an ASGI application."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from idp_components.portal import actions, environment_pages, pages, survey_pages
from idp_components.portal.guard import Guard
from idp_components.portal.site import STATIC, Site, site_of

ROUTES = (*pages.ROUTES, *actions.ROUTES, *environment_pages.ROUTES, *survey_pages.ROUTES)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names by which a browser on this machine asks for the portal; any other could be a stranger's that leads here (DNS rebinding)."""


def app(site: Site, hosts: Sequence[str] = ()) -> Guard:
    """The application. `hosts`: names besides those of this machine that the portal answers to."""
    made = Starlette(
        routes=[*ROUTES, Mount("/static", StaticFiles(directory=STATIC), name="static")],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *hosts], www_redirect=False)],
        exception_handlers={HTTPException: _not_found, Exception: _failed},
    )
    made.state.site = site
    return Guard(made)  # outside of everything, so that the answer to a failure has its headers too


def _not_found(request: Request, error: Exception) -> Response:
    status, message = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    shown = message if message != "Not Found" else "There is no such page."
    return site_of(request).page(request, "error.html", status=status, title="Not found" if status == 404 else "Refused", message=shown)


def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001  its text may hold anything: it is for the log alone
    message = "Something went wrong here; the portal's log says what."
    return site_of(request).page(request, "error.html", status=500, title="Failed", message=message)
