"""Controls of AWS Foundational Security Best Practices, and where AWS describes them."""

from __future__ import annotations

from typing import Any

GUIDE = "https://docs.aws.amazon.com/securityhub/latest/userguide"


def fsbp(first: str, *more: str) -> dict[str, Any]:
    """Source and tags of a rule that follows some controls: `fsbp("RDS.3", "RDS.27")`. The source is the page of the first."""
    return {"source": _page(first), "tags": tuple(f"fsbp:{control}" for control in (first, *more))}


def security_hub(first: str, *more: str) -> dict[str, Any]:
    """The same for controls of Security Hub that aren't among the best practices, but in other standards."""
    return {"source": _page(first), "tags": tuple(f"security-hub:{control}" for control in (first, *more)), "framework": None}


def _page(control: str) -> str:
    service = control.partition(".")[0].lower()
    return f"{GUIDE}/{service}-controls.html#{control.lower().replace('.', '-')}"
