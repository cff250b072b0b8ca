"""An action: checked on the server, done, and written down once, also where it goes on after its page was answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from idp_components.core.spec import SpecError
from idp_components.portal.audit import Entry
from idp_components.portal.form import Posted
from idp_components.portal.guard import TooMuch, posted
from idp_components.portal.identity import Person, Refused, is_own_form
from idp_components.portal.jobs import Busy, NotDone, Say
from idp_components.portal.site import Site, site_of
from idp_components.portal.view import without_passwords

LOG = logging.getLogger(__name__)
TOKEN = "form_token"  # noqa: S105  the name of a field


@dataclass(frozen=True)
class Action:
    """What somebody wants to do, with all that decides whether they may."""

    site: Site
    request: Request
    person: Person
    fields: Posted
    entry: Entry
    closing: ExitStack
    """What writes the entry down when it ends."""

    def require_team(self, team: str) -> None:
        """Raises Refused for who may not act for the team."""
        self.entry.team = team
        if not self.person.may_propose(team, self.site.source.snapshot().catalog):
            raise Refused(f"{self.person.name} is neither a developer of team {team} nor on call for it")

    def begin(self, name: str, doing: str, work: Callable[[Say], str]) -> None:
        """Do it in the background, as the job of an environment; it is written down when it ends. Raises Refused where one runs already."""
        held = self.closing.pop_all()

        def run(say: Say) -> str:
            with held:
                try:
                    said = work(say)
                except (SpecError, Refused) as error:
                    self.entry.outcome, self.entry.reason = "refused", without_passwords(str(error))
                    raise NotDone(str(error)) from error
                except NotDone as error:
                    self.entry.reason = without_passwords(str(error))
                    raise
                finally:
                    self._look_again()
                self.entry.outcome = "done"
                return said

        try:
            self.site.jobs.start(name, doing, run)
        except Busy as error:
            self.closing.enter_context(held)
            raise Refused(str(error)) from error

    def _look_again(self) -> None:
        """So that the page that says that it is done shows what became of it."""
        try:
            self.site.source.refresh(anew=True)
        except Exception:  # the background's next look says on every page what is the matter
            LOG.exception("the catalogue can't be read after an action")


async def action(name: str, request: Request, run: Callable[[Action], Response]) -> Response:
    """Check who asks and whether one of our own forms asks for them, do it, and write down once what became of it."""
    site, fields, too_much = site_of(request), {}, ""
    try:
        fields = await posted(request)
    except TooMuch as error:
        too_much = str(error)

    def checked() -> Response:
        with ExitStack() as closing:
            person = site.identity.person(request)
            entry = closing.enter_context(site.audit.entry(name, person.name if person else "", address_of(request)))
            try:
                if person is None:
                    raise Refused("nobody is signed in, and without identity nothing can be done")
                if not is_own_form(site.identity, request, fields.get(TOKEN, "")):
                    raise Refused(too_much or "the form isn't one that this portal gave to you in this session: load the page anew")
                return run(Action(site, request, person, fields, entry, closing))
            except Refused as error:
                entry.outcome, entry.reason = "refused", str(error)
                return site.page(request, "error.html", status=403, title="Refused", message=str(error))

    return await run_in_threadpool(checked)


def address_of(request: Request) -> str:
    """Where a request came from."""
    return request.client.host if request.client else ""
