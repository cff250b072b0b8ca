"""Environments: a list, a page for each with what can be done there, and those actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp_components.catalog.model import Catalog, Environment
from idp_components.core.naming import PLATFORM, namespace
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import SpecError
from idp_components.core.stack_name import STACK_PATTERN
from idp_components.environments.lifetime import profile_of
from idp_components.ephemeral.manifests import bounded_hours
from idp_components.ephemeral.settings import FIELDS
from idp_components.ephemeral.spec import EphemeralEnvironmentSpec
from idp_components.portal.action import TOKEN, Action, action
from idp_components.portal.environments import DOINGS, May, team_of
from idp_components.portal.form import ROOT, Filled, Posted, fill, form
from idp_components.portal.identity import Person, Refused, teams_of
from idp_components.portal.jobs import NotDone
from idp_components.portal.pages import if_changed, table
from idp_components.portal.site import Site, site_of, stack_url
from idp_components.portal.source import Snapshot
from idp_components.portal.view import without_passwords

PATH = "ephemeral-environment"
OWNER, SOURCE = "spec.owner", "spec.derived_from"
SETTINGS = ("owner", "sourceUrl", "ttlHours", "awake", "sleepAfterHours", "isolation", "derivedFrom", "seed")
"""What can be said here."""
ASKED = tuple(f"spec.{FIELDS[key]}" for key in SETTINGS if key != "owner")
"""Fields of the form. Its owner is who asks."""
EXTENSIONS = (8, 24, 72, 168)
"""Hours that are offered."""


def environments(request: Request) -> Response:
    """Those that end, and how they are; those that stay."""
    site, known = site_of(request), site_of(request).source.snapshot()
    stay = [each for each in known.catalog.environments if each.stack not in known.ending]
    return site.page(request, "environments.html", title="Environments", ending=known.ending.values(), stay=stay, usd=known.usd)


def environment(request: Request) -> Response:
    """One environment: where it answers, until when it stays, what it costs, what is in it, and whom to ask."""
    site, known = site_of(request), site_of(request).source.snapshot()
    found = _found(request, known)
    return _page(site, request, known, found)


def _page(site: Site, request: Request, known: Snapshot, found: Environment, *, wrong: str = "") -> Response:
    shown = {
        "owner": next((each for each in known.catalog.teams if each.name == found.team), None),
        "remarks": [each for each in known.remarks if each.stack == found.stack],
        "urls": {each.name: each.url for each in known.catalog.items if each.stack == found.stack and each.url},
        "extensions": EXTENSIONS,
        "wrong": wrong,
        **_now(site, request, known, found),
        **table(request, known, team=found.team, environment=found.environment),
    }
    return site.page(request, "environment.html", status=422 if wrong else 200, title=found.stack, **shown)


def environment_now(request: Request) -> Response:
    """How it is at this moment, and how far a job is: for live status."""
    site, known = site_of(request), site_of(request).source.snapshot()
    return if_changed(request, site.page(request, "_environment_now.html", **_now(site, request, known, _found(request, known))))


def _now(site: Site, request: Request, known: Snapshot, found: Environment) -> dict[str, Any]:
    life = known.ending.get(found.stack)
    items = [each for each in known.catalog.items if each.stack == found.stack]
    return {
        "stack": found,
        "life": life,
        "usd": known.usd.get(found.stack),
        "pods": [each.pods for each in items if each.pods],
        "job": site.jobs.of(found.stack),
        "may": _allowed(site.identity.person(request), found, life, known),
    }


def _allowed(person: Person | None, found: Environment, life: Mapping[str, Any] | None, known: Snapshot) -> tuple[str, ...]:
    """What this person may do with it now."""
    if person is None or life is None:
        return ()
    owner, team = str(life.get("owner") or ""), found.team
    works, moves = person.may_work_on(owner, team, known.catalog), person.may_extend(owner, team, known.catalog)
    fits = {"sleep": life["state"] != "asleep", "wake": life["state"] == "asleep", "extend": life["state"] != "broken" and moves}
    return tuple(doing for doing in DOINGS if fits.get(doing, True) and (works or doing == "extend"))


def _found(request: Request, known: Snapshot) -> Environment:
    """Of the catalogue; else one that is being made, or was removed, or whose stack nobody has."""
    name = request.path_params["stack"]
    found = next((each for each in known.catalog.environments if each.stack == name), None)
    match = STACK_PATTERN.fullmatch(name)
    if found is None and match and (name in known.ending or site_of(request).jobs.of(name)):
        found = Environment(name, match["team"], match["environment"])
    if found is None:
        raise HTTPException(404, f"There is no environment {name!r}.")
    return found


def destroy_page(request: Request) -> Response:
    """What goes away, and whether that is meant."""
    site, known = site_of(request), site_of(request).source.snapshot()
    return _confirm(site, request, known, _found(request, known))


def _confirm(site: Site, request: Request, known: Snapshot, found: Environment, *, wrong: str = "") -> Response:
    title, items = f"Destroy {found.stack}", [each for each in known.catalog.items if each.stack == found.stack]
    shown = {"stack": found, "items": items, "wrong": wrong, "may": "destroy" in _now(site, request, known, found)["may"]}
    return site.page(request, "destroy.html", status=422 if wrong else 200, title=title, **shown)


def create_page(request: Request) -> Response:
    """The form of a new one."""
    site = site_of(request)
    person, asked = site.identity.person(request), request.query_params
    name = "".join(sign for sign in (person.name if person else "").partition("@")[0].lower() if sign.isascii() and sign.isalnum())
    fields = {"team": asked.get("team", ""), "environment": asked.get("environment", f"user-{name[:15]}" if name else "")}
    return _form(site, request, fields, Filled(), submitted=False)


def _form(site: Site, request: Request, fields: Posted, filled: Filled, *, submitted: bool) -> Response:
    person, catalog = site.identity.person(request), site.source.snapshot().catalog
    whole, profile = form(PATH), PROFILES["preview"]
    teams = [each for each in teams_of(person, catalog) if each != PLATFORM]
    stacks = tuple(sorted(each.stack for each in catalog.environments if each.team in teams))
    asked = [replace(each, options=stacks) if each.name == SOURCE else each for each in whole.children if each.name in ASKED]
    return site.page(
        request,
        "create.html",
        status=422 if filled.errors else 200,
        title="New environment",
        fields=fields,
        asked=asked,
        errors=filled.errors,
        submitted=submitted,
        teams=teams,
        ids={each.name: each.id for each in whole.walk()},
        profile=profile,
    )


async def create(request: Request) -> Response:
    """A filled form of a new one: what it would make; or, where that was seen, it is made."""
    makes = request.query_params.get("do") == "create"
    return await action("environment-create" if makes else "environment-plan", request, lambda asked: _submitted(asked, makes=makes))


def _submitted(asked: Action, *, makes: bool) -> Response:
    team, environment = asked.fields.get("team", ""), asked.fields.get("environment", "")
    name = namespace(team, environment)
    asked.entry.environment = name
    asked.require_team(team)
    filled = fill(PATH, {**{key: value for key, value in asked.fields.items() if key in ASKED}, OWNER: asked.person.name})
    if OWNER in filled.errors:
        filled.errors["environment"] = [f"owner: {each}" for each in filled.errors.pop(OWNER)]
    _check(team, name, asked.fields, filled, asked.site.source.snapshot().catalog)
    if filled.spec is None or filled.errors:
        asked.entry.outcome, asked.entry.reason = "refused", f"{sum(map(len, filled.errors.values()))} messages at the fields"
        return _form(asked.site, asked.request, asked.fields, filled, submitted=True)
    said = filled.spec.model_dump(exclude_defaults=True)
    settings = {key: str(said[FIELDS[key]]) for key in SETTINGS if FIELDS[key] in said}
    if not makes:
        return _planned(asked, name, settings, filled)
    asked.begin(name, "create", lambda say: asked.site.environments.create(name, settings, say))
    return RedirectResponse(stack_url(name), 303)


def _planned(asked: Action, name: str, settings: Mapping[str, str], filled: Filled) -> Response:
    try:
        planned = asked.site.environments.planned(name, settings)
    except (SpecError, NotDone) as error:
        asked.entry.outcome = "refused" if isinstance(error, SpecError) else "failed"
        asked.entry.reason = without_passwords(str(error))
        filled.errors[ROOT] = [without_passwords(each) for each in (error.problems if isinstance(error, SpecError) else [str(error)])]
        return _form(asked.site, asked.request, asked.fields, filled, submitted=True)
    asked.entry.outcome = "done"
    kept = {key: value for key, value in asked.fields.items() if key != TOKEN}
    return asked.site.page(asked.request, "plan.html", title=f"New environment {name}", planned=planned, kept=kept)


def _check(team: str, name: str, fields: Posted, filled: Filled, catalog: Catalog) -> None:
    """Adds what the spec can't know to the messages at the fields."""
    try:
        if team_of(name) != team:
            raise SpecError(f"{name!r} would be of team {team_of(name)!r}; choose another name")
    except SpecError as error:
        filled.errors.setdefault("environment", []).extend(error.problems)
        return
    if not isinstance(filled.spec, EphemeralEnvironmentSpec):
        return
    try:
        if filled.spec.ttl_hours:
            bounded_hours(name, filled.spec.ttl_hours, profile_of(fields["environment"]))
    except SpecError as error:
        filled.errors.setdefault("spec.ttl_hours", []).extend(error.problems)
    source, there = filled.spec.derived_from, [each.stack for each in catalog.environments if each.team == team and each.stack != name]
    if source and source not in there:
        said = f"{source!r} is no other stack of team {team}; there are: {', '.join(sorted(there)) or 'none'}"
        filled.errors.setdefault(SOURCE, []).append(said)


async def do(request: Request) -> Response:
    """Bring up to date, extend, put to sleep, wake, destroy."""
    doing = request.path_params["doing"]
    if doing not in DOINGS:
        raise HTTPException(404, "There is no such action.")
    return await action(f"environment-{doing}", request, lambda asked: _done(asked, doing))


def _done(asked: Action, doing: str) -> Response:
    site, name = asked.site, asked.request.path_params["stack"]
    known = site.source.snapshot()
    asked.entry.environment = name
    try:
        asked.entry.team = team = team_of(name)
    except SpecError as error:
        raise Refused(str(error)) from None
    may = _may(asked.person, doing, team, known)
    owner = str((known.ending.get(name) or {}).get("owner") or "")
    if not may(owner):
        who = "its owner or on call for its team" if doing == "extend" else f"its owner, a developer of team {team} or on call for it"
        raise Refused(f"{asked.person.name} is not {who}")
    found, hours = _found(asked.request, known), asked.fields.get("hours", "") if doing == "extend" else ""
    if doing == "destroy" and asked.fields.get("confirm", "").strip() != name:
        asked.entry.outcome, asked.entry.reason = "refused", "not confirmed"
        return _confirm(site, asked.request, known, found, wrong=f"To destroy it, type its name: {name}")
    if doing == "extend" and not (hours.isascii() and hours.isdecimal() and len(hours) <= 4):
        asked.entry.outcome, asked.entry.reason = "refused", "hours are no number"
        return _page(site, asked.request, known, found, wrong="hours: use a whole number, for example 24")
    # Who owns it is looked up once more when it begins: this page may be a minute old.
    asked.begin(name, doing, lambda say: site.environments.do(doing, name, int(hours or 0), may, say))
    return RedirectResponse(stack_url(name), 303)


def _may(person: Person, doing: str, team: str, known: Snapshot) -> May:
    check = person.may_extend if doing == "extend" else person.may_work_on
    return lambda owner: check(owner, team, known.catalog)


ROUTES = [
    Route("/environments", environments, name="environments"),
    Route("/environments/new", create_page, name="create_environment"),
    Route("/environments/new", create, methods=["POST"]),
    Route("/environments/{stack}", environment, name="environment"),
    Route("/environments/{stack}/now", environment_now, name="environment_now"),
    Route("/environments/{stack}/destroy", destroy_page, name="destroy_environment"),
    Route("/environments/{stack}/{doing}", do, methods=["POST"]),
]
