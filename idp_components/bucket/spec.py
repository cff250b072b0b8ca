"""What a team may say about a bucket."""

from __future__ import annotations

from pydantic import Field

from idp_components.core.links import Links
from idp_components.core.spec import Spec


class BucketSpec(Spec):
    """A place for files."""

    versions_kept_days: int = Field(default=30, ge=1, le=3650, examples=[30])
    """Days that an overwritten or deleted file can be brought back."""
    expire_after_days: int | None = Field(default=None, ge=1, le=36_500, examples=[365])
    """Days after which a file is deleted; none keeps it."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/receipts"}])
    """Documentation and runbook, shown in the catalogue."""
