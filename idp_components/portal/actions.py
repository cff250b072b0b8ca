"""Signing in and out, looking at a proposal, making it a branch."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp_components.backstage.templates import class_name
from idp_components.core.naming import PLATFORM
from idp_components.core.spec import SpecError, check_name
from idp_components.portal import proposal
from idp_components.portal.action import TOKEN, Action, action, address_of
from idp_components.portal.branch import BranchError
from idp_components.portal.defaults import defaults
from idp_components.portal.form import ROOT, Field, Filled, Posted, fill, form
from idp_components.portal.guard import TooMuch, posted
from idp_components.portal.identity import SESSION, SESSION_SECONDS, ByToken, comes_from_here, teams_of
from idp_components.portal.proposal import Asked, Preview
from idp_components.portal.site import Site, site_of

TEAM, NAME, ENVIRONMENT, USES = "team", "name", "environment", "uses"


def sign_in_page(request: Request) -> Response:
    """Where the token goes."""
    return site_of(request).page(request, "sign_in.html", title="Sign in", wrong=False)


async def sign_in(request: Request) -> Response:
    """A session for who has the token."""
    site = site_of(request)
    identity = site.identity
    if not isinstance(identity, ByToken):
        raise HTTPException(404, "People sign in at the proxy in front of this portal.")
    try:
        fields = await posted(request)
    except TooMuch:
        fields = {}
    return await run_in_threadpool(_signed_in, site, identity, request, fields.get("token", ""))


def _signed_in(site: Site, identity: ByToken, request: Request, token: str) -> Response:
    with site.audit.entry("sign-in", "", address_of(request)) as entry:
        session = identity.sign_in(token) if comes_from_here(request) else None
        if session is None:
            entry.outcome, entry.reason = "refused", "the token is not the one that this run of the portal printed"
            return site.page(request, "sign_in.html", status=403, title="Sign in", wrong=True)
        entry.outcome, entry.who = "done", identity.name
    answer = RedirectResponse("/", 303)
    answer.set_cookie(SESSION, session, SESSION_SECONDS, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


async def sign_out(request: Request) -> Response:
    """The session ends."""

    def run(asked: Action) -> Response:
        if isinstance(asked.site.identity, ByToken):
            asked.site.identity.sign_out(request)
        asked.entry.outcome = "done"
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(SESSION)
        return answer

    return await action("sign-out", request, run)


def paths(request: Request) -> Response:
    """What can be asked for."""
    about = {path: (class_name(path), form(path).help) for path in proposal.PATHS}
    return site_of(request).page(request, "new.html", title="New", about=about, by_platform=proposal.BY_PLATFORM)


def form_page(request: Request) -> Response:
    """The form of a golden path."""
    path = _path(request)
    asked = request.query_params
    environment = asked.get(ENVIRONMENT, proposal.ENVIRONMENTS[0])
    fields = {TEAM: asked.get(TEAM, ""), ENVIRONMENT: environment if environment in proposal.ENVIRONMENTS else proposal.ENVIRONMENTS[0]}
    return _form(site_of(request), request, path, fields, Filled(), submitted=False)


async def submit(request: Request) -> Response:
    """A filled form: what it would make, or a branch."""
    path = _path(request)
    proposes = request.query_params.get("do") == "propose"
    return await action("propose" if proposes else "preview", request, lambda asked: _submitted(asked, path, proposes=proposes))


def _submitted(asked: Action, path: str, *, proposes: bool) -> Response:
    entry, fields = asked.entry, asked.fields
    subject = PLATFORM if path == "pipeline-issuer" else fields.get(NAME, "") if path == "team" else fields.get(TEAM, "")
    entry.path, entry.name, entry.environment = path, fields.get(NAME, ""), fields.get(ENVIRONMENT, "")
    asked.require_team(PLATFORM if path in proposal.BY_PLATFORM else subject)
    filled = fill(path, fields)
    uses = _checked_head(path, fields, subject, filled)
    if filled.spec is None or filled.errors:
        entry.outcome, entry.reason = "refused", f"{sum(map(len, filled.errors.values()))} messages at the fields"
        return _form(asked.site, asked.request, path, fields, filled, submitted=True)
    wanted = Asked(path, subject, fields[NAME], fields[ENVIRONMENT], filled.spec, uses)
    try:
        shown = proposal.preview(wanted, asked.site.repository)
        if not proposes:
            entry.outcome = "done"
            return _preview(asked, wanted, shown)
        commit = proposal.propose(wanted, shown, asked.site.repository, asked.person.name)
    except (SpecError, BranchError) as error:
        entry.outcome, entry.reason = "refused", str(error)
        filled.errors[ROOT] = list(error.problems) if isinstance(error, SpecError) else [str(error)]
        return _form(asked.site, asked.request, path, fields, filled, submitted=True)
    sent = proposal.send(wanted, shown, asked.site.repository, asked.person.name)
    entry.outcome, entry.branch, entry.commit, entry.pull_request, entry.reason = "done", wanted.branch, commit, sent.url, sent.problem
    return asked.site.page(asked.request, "done.html", title="Proposed", asked=wanted, commit=commit, shown=shown, sent=sent)


def _checked_head(path: str, fields: Posted, subject: str, filled: Filled) -> tuple[tuple[str, str], ...]:
    """What a form says besides the spec: its connections. What is wrong is added to the messages at the fields."""
    for key, value in ((NAME, fields.get(NAME, "")), (TEAM, subject)):
        try:
            check_name(value, key)
        except SpecError as error:
            filled.errors.setdefault(NAME if path == "team" else key, list(error.problems))
    if fields.get(ENVIRONMENT) not in proposal.ENVIRONMENTS:
        filled.errors[ENVIRONMENT] = [f"environment: use {', '.join(proposal.ENVIRONMENTS)}, for example {proposal.ENVIRONMENTS[0]}"]
    try:
        return proposal.uses_of(fields.get(USES, "")) if path in proposal.WITH_USES else ()
    except SpecError as error:
        filled.errors[USES] = list(error.problems)
        return ()


def _form(site: Site, request: Request, path: str, fields: Posted, filled: Filled, *, submitted: bool) -> Response:
    """The form, as it was filled in, with the messages at its fields."""
    catalog = site.source.snapshot().catalog
    own = [each for each in teams_of(site.identity.person(request), catalog) if path not in proposal.BY_PLATFORM]
    everyone = sorted({each.name for each in catalog.teams} - {PLATFORM})
    environment = fields.get(ENVIRONMENT, "")
    return site.page(
        request,
        "form.html",
        status=422 if filled.errors else 200,
        title=f"New {class_name(path)}",
        kind=path,
        form=form(path),
        fields=fields,
        errors=filled.errors,
        submitted=submitted,
        teams=everyone if path == "pipeline-role" else [each for each in own if each != PLATFORM],
        needs_team=path not in ("team", "pipeline-issuer"),
        with_uses=path in proposal.WITH_USES,
        environments=proposal.ENVIRONMENTS,
        environment=environment,
        defaults=defaults(path),
        opened={each.name for each in form(path).walk() if any(_is_said(inner, fields, filled) for inner in each.walk())},
        labels={each.name: each.label for each in form(path).walk()},
        ids={each.name: each.id for each in form(path).walk()},
    )


def _is_said(each: Field, fields: Posted, filled: Filled) -> bool:
    return bool(fields.get(each.name) or fields.get(f"{each.name}?")) or each.name in filled.errors


def _preview(asked: Action, wanted: Asked, shown: Preview) -> Response:
    kept = {key: value for key, value in asked.fields.items() if key != TOKEN}
    title = f"{class_name(wanted.path)} {wanted.name}"
    return asked.site.page(asked.request, "preview.html", title=title, asked=wanted, shown=shown, kept=kept)


def _path(request: Request) -> str:
    path: str = request.path_params["path"]
    if path not in proposal.PATHS:
        raise HTTPException(404, f"There is no golden path {path!r} with a form.")
    return path


ROUTES = [
    Route("/sign-in", sign_in_page, name="sign_in"),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/new", paths, name="new"),
    Route("/new/{path}", form_page, name="form"),
    Route("/new/{path}", submit, methods=["POST"]),
]
