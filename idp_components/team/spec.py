"""What the platform may say about a team."""

from pydantic import Field

from idp_components.core.spec import Spec


class TeamSpec(Spec):
    """Who a team is."""

    group: str | None = Field(default=None, pattern=r"^[\w.:@/-]{1,128}$", examples=["idp:checkout"])
    """Group of the identity provider whose members are the team; `idp:<team>` by default."""
