"""One comment on a pull request: written once, then changed in place."""

from __future__ import annotations

from typing import Literal

from idp_components.comment.hosts import Comment, Host
from idp_components.comment.text import marker

Done = Literal["written", "changed", "unchanged"]


def publish(host: Host, name: str, text: str) -> Done:
    """Write the comment of the environment `name`, or change the one that is there. Raises HostError."""

    def once() -> Done:
        """What failed may have been written all the same: each try looks first."""
        ours = own(host, name)
        if ours is None:
            host.write(text)
            return "written"
        if ours.body.strip() == text.strip():
            return "unchanged"
        host.change(ours, text)
        return "changed"

    return host.api.patiently(once)


def own(host: Host, name: str) -> Comment | None:
    """The comment of the environment `name`; none where there is none. Raises HostError."""
    return next((comment for comment in host.comments() if comment.body.startswith(marker(name))), None)
