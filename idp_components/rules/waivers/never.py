"""Rules that no waiver excuses, and why."""

from collections.abc import Mapping

NEVER: Mapping[str, str] = {
    "kubernetes-privileged-container": "a privileged container is root on its node, and so on every pod there",
    **dict.fromkeys(
        (
            "waiver-expired",
            "waiver-invalid",
            "waiver-never",
            "waiver-too-wide",
            "waiver-unknown-reference",
            "waiver-unused",
        ),
        "a waiver can't excuse itself",
    ),
}
"""The reason, by the rule's id."""
