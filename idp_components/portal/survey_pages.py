"""The survey as a form. Who sends it must be known, and is forgotten: neither the box nor the audit log has a word about it."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from idp_components.core.spec import SpecError
from idp_components.portal.action import TOKEN
from idp_components.portal.form import Posted
from idp_components.portal.guard import TooMuch, posted
from idp_components.portal.identity import is_own_form
from idp_components.portal.site import Site, site_of
from idp_components.survey.answers import FIELDS, Answer, answer
from idp_components.survey.questionnaire import RESERVED

WHOLE = "answer"
"""Messages about the whole answer."""
AREAS = {
    "docs": "Docs",
    "environments": "Environments",
    "data": "Data",
    "access": "Access",
    "pipelines": "Pipelines",
    "on_call": "On-call",
}


def questions(request: Request) -> Response:
    """The form."""
    return _form(site_of(request), request, {}, {})


async def answered(request: Request) -> Response:
    """A filled form, into the box."""
    try:
        fields = await posted(request)
    except TooMuch:
        fields = {}
    return await run_in_threadpool(_put, site_of(request), request, fields)


def _put(site: Site, request: Request, fields: Posted) -> Response:
    if site.identity.person(request) is None or not is_own_form(site.identity, request, fields.get(TOKEN, "")):
        message = "The form isn't one that this portal gave to you in this session: sign in and load the page anew."
        return site.page(request, "error.html", status=403, title="Refused", message=message)
    found, errors = _read(site, fields)
    if found is not None:
        try:
            site.box.put(found)
            return site.page(request, "thanks.html", title="Thank you", box=site.box)
        except SpecError as error:
            errors[WHOLE] = list(error.problems)
    return _form(site, request, fields, errors)


def _read(site: Site, fields: Posted) -> tuple[Answer | None, dict[str, list[str]]]:
    """The answer; none, and what is wrong by the question's id, where something is."""
    asked, errors = site.box.questionnaire, dict[str, list[str]]()
    said: dict[str, Any] = {key: fields[key] for key in RESERVED if fields.get(key)}
    for question in asked.questions:
        reply = {field: text for field in FIELDS if (text := fields.get(f"{question.id}.{field}", "").strip())}
        try:
            answer({question.id: reply}, WHOLE, asked)
            said |= {question.id: reply} if reply else {}
        except SpecError as error:
            errors[question.id] = [each.removeprefix(f"{WHOLE}.{question.id}.") for each in error.problems]
    try:
        found = answer(said, WHOLE, asked)
    except SpecError as error:
        return None, {**errors, WHOLE: list(error.problems)}
    if not errors and not found.replies and not found.comment:
        errors[WHOLE] = ["answer at least one question, or write a comment"]
    return (None if errors else found), errors


def _form(site: Site, request: Request, fields: Posted, errors: dict[str, list[str]]) -> Response:
    shown = {"box": site.box, "asked": site.box.questionnaire, "fields": fields, "errors": errors, "areas": AREAS}
    return site.page(request, "survey.html", status=422 if errors else 200, title="Survey", **shown)


ROUTES = [
    Route("/survey", questions, name="survey"),
    Route("/survey", answered, methods=["POST"]),
]
