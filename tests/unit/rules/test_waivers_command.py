"""`idp waivers` as a person and a pipeline use it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp_components.cli.waivers import waivers


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "Pulumi.yaml").write_text("name: idp\nruntime: python\nmain: stacks\n")
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, entries: Any = None) -> Result:
        if entries is not None:
            text = entries if isinstance(entries, str) else json.dumps(entries)
            (tmp_path / "policies" / "waivers.yaml").write_text(text)
        return CliRunner().invoke(waivers, arguments)

    return invoke


def entry(name: str, first: int, last: int, **changes: Any) -> dict[str, Any]:
    """A waiver from so many days from today to so many."""
    today = datetime.now(UTC).date()
    return {
        "id": name,
        "rules": ["kubernetes-host-path"],
        "match": {"stack": "checkout-dev", "type": "kubernetes:apps/v1:DaemonSet"},
        "owner": "team-x",
        "reason": "reads /var/log",
        "created": str(today + timedelta(days=first)),
        "expires": str(today + timedelta(days=last)),
    } | changes


ENTRIES = [entry("EX-1", -10, 100), entry("EX-2", -10, 14, container="agent"), entry("EX-3", -10, -1), entry("EX-4", 1, 10)]


def test_the_list_shows_which_hold_and_which_end_soon(run: Any) -> None:
    lines = run("list", entries=ENTRIES).output.splitlines()
    assert [line[:12].strip() for line in lines[:-1]] == ["expired", "not yet", "expires soon", "active"]
    assert (
        "EX-2  kubernetes-host-path  stack=checkout-dev type=kubernetes:apps/v1:DaemonSet container=agent  team-x  reads /var/log"
        in lines[2]
    )
    assert lines[-1] == "2 active, 1 of them for 14 days at most."


def test_machines_get_all_of_it(run: Any) -> None:
    found = json.loads(run("list", "--json", entries=ENTRIES).output)
    assert [(each["id"], each["state"]) for each in found] == [
        ("EX-3", "expired"),
        ("EX-4", "not yet"),
        ("EX-2", "expires soon"),
        ("EX-1", "active"),
    ]
    assert found[3]["match"] == {"project": "*", "stack": "checkout-dev", "type": "kubernetes:apps/v1:DaemonSet", "name": "*"}


def test_a_file_in_order_or_none_at_all_passes(run: Any) -> None:
    assert run("check").exit_code == 0
    done = run("check", entries=ENTRIES[:2])
    assert (done.exit_code, done.output) == (0, "waivers.yaml: 2 waivers, nothing found.\n")


@pytest.mark.parametrize(
    ("entries", "rule"),
    [
        (ENTRIES, "waiver-expired"),
        ([entry("EX-1", 0, 181)], "waiver-invalid"),
        ([entry("EX-1", 0, 1, rules=["kubernetes-hostpath"])], "waiver-invalid"),
        ([entry("EX-1", 0, 1, rules=["kubernetes-privileged-container"])], "waiver-never"),
        ([entry("EX-1", 0, 1, match={"stack": "checkout-dev"})], "waiver-too-wide"),
        ("- {", "waiver-invalid"),
    ],
)
def test_what_is_wrong_with_the_file_fails_the_check(run: Any, entries: Any, rule: str) -> None:
    done = run("check", entries=entries)
    assert done.exit_code == 1
    assert done.output.startswith(f"{rule}  Waivers waivers.yaml: ")


def test_an_unreadable_file_cannot_be_listed(run: Any) -> None:
    done = run("list", entries="- {")
    assert done.exit_code == 1
    assert "while parsing" in done.output
