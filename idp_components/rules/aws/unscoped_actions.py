"""Which actions IAM can't narrow to a resource, so that a statement about them has to say `*`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from idp_components.rules.aws.policy_document import matches

FILE = Path(__file__).with_suffix(".txt")
ASKED_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "ce": ("GetCost*", "GetDimensionValues", "GetTags", "GetUsageForecast"),
    "comprehend": ("BatchDetect*", "Detect*"),
    "polly": ("StartSpeechSynthesisTask", "SynthesizeSpeech"),
    "rekognition": ("DetectModerationLabels",),
    "translate": ("TranslateDocument", "TranslateText"),
}
"""Actions that can name a view of the bill, a lexicon or a model of one's own, and are allowed by `*` alone where they name none."""


@cache
def table() -> dict[str, tuple[str, ...]]:
    """Patterns of such actions, by service."""
    lines = [line.partition(":") for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {service: tuple(patterns.split()) for service, _, patterns in lines}


def is_unscoped(action: Any) -> bool:
    """Whether all that an entry of `Action` grants is such.

    Reading what there is gets the benefit of the doubt: `ec2:Describe*`, whose few exceptions tell nobody more than the others,
    and lists and descriptions of services that the table hasn't.
    """
    service, _, name = action.lower().partition(":") if isinstance(action, str) else ("", "", "")
    if service not in table():
        return name.startswith(("describe", "list"))
    if any(matches(pattern, name) for pattern in (*table()[service], *ASKED_WITHOUT.get(service, ()))):
        return True
    return name.startswith("describe") and any(matches(name, pattern.rstrip("*")) for pattern in table()[service])
