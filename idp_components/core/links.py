"""Where people read more about a thing: its documentation, and what to do when it fails."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from idp_components.core.spec import Spec

MAX_LENGTH = 500
"""Characters of an address."""
ADDRESS = r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/?=&%+#:@!,;-]*)?$"
"""An https address without user, password, quotes or spaces: it becomes a link on pages, in tables and in Markdown."""

Address = Annotated[str, StringConstraints(pattern=ADDRESS, max_length=MAX_LENGTH)]


class Links(Spec):
    """Addresses that the catalogue, the portal and Backstage show with a component."""

    docs: Address | None = Field(default=None, examples=["https://docs.example.com/cart"])
    """Documentation; by default the golden path's own page in Backstage."""
    runbook: Address | None = Field(default=None, examples=["https://wiki.example.com/runbooks/cart"])
    """What whoever is on call does when it fails."""
