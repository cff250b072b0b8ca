"""Which actions IAM can't narrow to a resource, so that a statement about them has to say `*`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from idp_components.rules.aws.policy_document import matches
from idp_components.rules.aws.tables import table

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
def by_service() -> dict[str, tuple[str, ...]]:
    """Patterns of such actions, by service."""
    return table(FILE)


def is_unscoped(action: Any) -> bool:
    """Whether all that an entry of `Action` grants is such.

    Reading what there is gets the benefit of the doubt: `ec2:Describe*`, whose few exceptions tell nobody more than the others,
    and lists and descriptions of services that the table hasn't.
    """
    service, _, name = action.lower().partition(":") if isinstance(action, str) else ("", "", "")
    if service not in by_service():
        return name.startswith(("describe", "list"))
    if any(matches(pattern, name) for pattern in (*by_service()[service], *ASKED_WITHOUT.get(service, ()))):
        return True
    return name.startswith("describe") and any(matches(name, pattern.rstrip("*")) for pattern in by_service()[service])
