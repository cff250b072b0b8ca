"""Quantities in all their spellings."""

from typing import Any

import pytest

from idp_components.rules import Resource, findings
from idp_components.rules.cases import base
from idp_components.rules.kubernetes import workload


def ids(amount: Any) -> list[str]:
    manifest = base("Deployment", {"spec.template.spec.containers[0].resources.limits.memory": amount})
    return [finding.rule.id for finding in findings([Resource.from_manifest(manifest)], workload.RULES)]


@pytest.mark.parametrize("amount", ["1", "1.", "250m", "0.5", ".5", "128Mi", "1e3", "1E3", "1e-3", "12E", 1, 0.5, 1e22, 10**30, "+1Gi"])
def test_an_amount_above_zero_counts(amount: Any) -> None:
    assert ids(amount) == []


@pytest.mark.parametrize(
    "amount",
    ["0", "0m", "0Mi", "0.0", ".0", "00", "0e3", "-1", "", ".", "Mi", "1MB", "1 Gi", "0x1", "many", 0, 0.0, -1, True, [], {}, None],
)
def test_nothing_or_nonsense_is_no_amount(amount: Any) -> None:
    assert ids(amount) == ["kubernetes-memory-limit"]
